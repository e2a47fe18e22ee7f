/**
 * Looks at one watched pull request: says to its task what is new there, or ends the watch. What is
 * said, and that it was said, is one write: a kill in between loses nothing and repeats nothing.
 */
import type { Caller } from "../../contract/caller.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { newsMessage, mostItems, shownAuthor } from "../../domain/pull-requests/news.ts";
import type { Comment, FailedCheck, News } from "../../domain/pull-requests/news.ts";
import { failsTooLong, heldLongEnough, isTooOld, mostAuthors, nextLookMs } from "../../domain/pull-requests/watch.ts";
import type { PullRequestWatch, WatchState } from "../../domain/pull-requests/watch.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { WatchPatch } from "../../store/sqlite/pull-request-watches.ts";
import { sendMessageWithin } from "../messages/send-message.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { GhProblem } from "../../git/gh.ts";
import type { RunGh } from "../../git/gh.ts";
import { PullRequestReader } from "./read-pull-request.ts";
import { endWatch } from "./watch-pull-request.ts";

/** Permissions of so many authors are asked for in one look; the others wait for the next. */
const mostLookUps = 20;
/** So many logs are fetched in one look. */
const mostLogs = 5;
/** One look takes at most this long. */
const lookLimitMs = 300_000;

export interface LookContext extends SubmitContext {
  readonly gh: RunGh;
}

/** What a look has found. */
interface Sight {
  readonly commit: string;
  readonly checks: readonly FailedCheck[];
  readonly comments: readonly Comment[];
  readonly leftOut: readonly Comment[];
  readonly pending: number;
  /** Why comments are missing, as a sentence; null: they are not. */
  readonly problem: string | null;
}

/** Does nothing where the watch has ended. @throws what keeps the store from being written. */
export async function lookAtPullRequest(context: LookContext, taskId: number, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const watch = store.pullRequestWatches.get(taskId);
  if (watch?.state !== "on") return;
  const task = store.tasks.row(taskId);
  const tooEarly = task === null || !isTerminal(task.status);
  const why = whyNotStill(context, watch);
  if (why !== null) return await end(context, watch, why.state, why.reason);
  // What it would say may be about work that changes just now.
  if (tooEarly) return await patch(context, watch, {});
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(lookLimitMs)]);
    const reader = new PullRequestReader(context.gh, watch.url, { signal: within });
    const { state, ...found } = await reader.state();
    if (state !== "open") return await end(context, watch, state, null);
    const sight = await lookFor(context, watch, reader, found);
    await act(context, watch, sight, reader);
  } catch (error) {
    if (!(error instanceof GhProblem)) throw error;
    // The server stops: that says nothing about the pull request.
    if (signal.aborted) return;
    await failed(context, watch, error.message);
  }
}

/** A message is a new request, and needs its right. Null: it is there, and the watch is young. */
function whyNotStill({ store, now }: LookContext, watch: PullRequestWatch): { state: WatchState; reason: string | null } | null {
  const moment = now();
  if (isTooOld(watch, moment)) return { state: "expired", reason: null };
  if (watch.tokenId === null) return null;
  const token = store.tokens.list().find(({ id }) => id === watch.tokenId);
  if (token === undefined) return { state: "forbidden", reason: "The token that asked for it was removed." };
  const isOver = token.expiresAt !== null && token.expiresAt <= moment;
  return isOver ? { state: "forbidden", reason: "The token that asked for it has expired." } : null;
}

async function lookFor(
  { store }: LookContext,
  { taskId }: PullRequestWatch,
  reader: PullRequestReader,
  { commit, failed: checks, pending }: { commit: string; failed: readonly FailedCheck[]; pending: number },
): Promise<Sight> {
  const said = await reader.comments();
  const seen = store.pullRequestWatches.seen(
    taskId,
    [...checks, ...said].map(({ key }) => key),
  );
  const isNew = ({ key }: { readonly key: string }): boolean => !seen.has(key);
  const rights = new Map<string, boolean | null>();
  let problem: string | null = null;
  const comments: Comment[] = [];
  const leftOut: Comment[] = [];
  for (const comment of said.filter(isNew)) {
    const { author } = comment;
    if (!rights.has(author)) {
      if (rights.size >= mostLookUps) continue;
      try {
        rights.set(author, await reader.mayWrite(author));
      } catch (error) {
        if (!(error instanceof GhProblem)) throw error;
        rights.set(author, null);
        problem ??= `Whether ${shownAuthor(author)} may write to the repository is not known, so that comments wait. ${error.message}`;
      }
    }
    const right = rights.get(author);
    if (right === true) comments.push(comment);
    else if (right === false) leftOut.push(comment);
  }
  return { commit, checks: checks.filter(isNew), comments, leftOut, pending, problem };
}

async function act(context: LookContext, watch: PullRequestWatch, sight: Sight, reader: PullRequestReader): Promise<void> {
  const { checks, comments, pending, problem } = sight;
  const now = context.now();
  if (checks.length + comments.length === 0) return await quiet(context, watch, sight);
  // Checks that finish later belong into the same message.
  const heldSince = watch.heldSince ?? now;
  if (pending > 0 && !heldLongEnough(heldSince, now)) return await patch(context, watch, { heldSince, problem, failures: 0 });
  const withLogs: FailedCheck[] = [];
  for (const [index, check] of checks.slice(0, mostItems).entries())
    withLogs.push(index < mostLogs ? { ...check, log: await reader.log(check.url) } : check);
  try {
    await say(context, watch, { ...sight, checks: withLogs });
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    if (error.code === "forbidden" || error.code === "untrusted_directory") return await end(context, watch, "forbidden", messageOf(error));
    if (error.code === "storage_full" || error.code === "storage_unusable" || error.code === "unavailable") throw error;
    await failed(context, watch, `The message was not sent. ${messageOf(error)}`);
  }
}

/** One write: the message, what it says as seen, and the count. */
async function say(context: LookContext, watch: PullRequestWatch, sight: Sight): Promise<void> {
  const { store } = context;
  const { taskId } = watch;
  await store.write(() => {
    const now = context.now();
    const present = store.pullRequestWatches.get(taskId);
    const task = store.tasks.row(taskId);
    // A person may have ended it, or sent something else, while GitHub was asked.
    if (present?.state !== "on" || present.url !== watch.url || present.startedAt !== watch.startedAt) return;
    if (task === null || !isTerminal(task.status)) {
      putPatch(context, present, {});
      return;
    }
    const news = newsOf(context, present, sight);
    const { text, keys } = newsMessage(news);
    sendMessageWithin(context, taskId, { text, delivery: "after_turn", isData: true }, callerOf(present), now);
    store.pullRequestWatches.markSeen(taskId, [...keys, ...sight.leftOut.map(({ key }) => key)]);
    const messages = present.messages + 1;
    const said: PullRequestWatch = {
      ...present,
      ...leftOutOf(present, sight),
      leftOutUnsaid: 0,
      messages,
      quiet: 0,
      failures: 0,
      heldSince: null,
      problem: sight.problem,
    };
    if (messages >= said.maxMessages) endWatch(store, said, "used_up", { at: now, reason: null });
    else putPatch(context, said, {});
  });
}

function newsOf({ store }: LookContext, watch: PullRequestWatch, { commit, checks, comments, leftOut }: Sight): News {
  const { taskId, number, url } = watch;
  const seen = store.pullRequestWatches.seen(
    taskId,
    [...checks, ...comments, ...leftOut].map(({ key }) => key),
  );
  const counted = leftOutOf(watch, { leftOut: leftOut.filter(({ key }) => !seen.has(key)) });
  return {
    number,
    url,
    commit,
    checks: checks.filter(({ key }) => !seen.has(key)),
    comments: comments.filter(({ key }) => !seen.has(key)),
    leftOut: { count: counted.leftOutUnsaid, authors: counted.leftOutUnsaid === 0 ? [] : counted.leftOutAuthors },
  };
}

/** Nothing to say: what is left out is counted. */
async function quiet(context: LookContext, watch: PullRequestWatch, { leftOut, problem }: Sight): Promise<void> {
  const { store } = context;
  await store.write(() => {
    const present = store.pullRequestWatches.get(watch.taskId);
    if (present?.state !== "on") return;
    store.pullRequestWatches.markSeen(
      watch.taskId,
      leftOut.map(({ key }) => key),
    );
    putPatch(context, present, {
      ...leftOutOf(present, { leftOut }),
      quiet: present.quiet + 1,
      failures: problem === null ? 0 : present.failures + 1,
      heldSince: null,
      problem,
    });
  });
}

/** @param leftOut those that were not seen before. */
function leftOutOf(
  { leftOut: count, leftOutUnsaid: unsaid, leftOutAuthors: known }: PullRequestWatch,
  { leftOut }: Pick<Sight, "leftOut">,
): Pick<PullRequestWatch, "leftOut" | "leftOutUnsaid" | "leftOutAuthors"> {
  const authors = [...new Set([...leftOut.map(({ author }) => author).toReversed(), ...known])].slice(0, mostAuthors);
  return { leftOut: count + leftOut.length, leftOutUnsaid: unsaid + leftOut.length, leftOutAuthors: authors };
}

async function failed(context: LookContext, watch: PullRequestWatch, problem: string): Promise<void> {
  const failures = watch.failures + 1;
  if (failsTooLong(failures)) return await end(context, watch, "failed", problem);
  await patch(context, watch, { failures, problem });
}

async function end({ store, now }: LookContext, watch: PullRequestWatch, state: WatchState, reason: string | null): Promise<void> {
  await store.write(() => {
    const present = store.pullRequestWatches.get(watch.taskId);
    if (present?.state === "on" && present.startedAt === watch.startedAt) endWatch(store, present, state, { at: now(), reason });
  });
}

async function patch(context: LookContext, { taskId, startedAt }: PullRequestWatch, change: WatchPatch): Promise<void> {
  const { store } = context;
  await store.write(() => {
    const present = store.pullRequestWatches.get(taskId);
    if (present?.state === "on" && present.startedAt === startedAt) putPatch(context, present, change);
  });
}

/** Inside `write`: with the time of the next look. */
function putPatch({ store, settings, now }: LookContext, present: PullRequestWatch, change: WatchPatch): void {
  const next = { ...present, ...change };
  const moment = now();
  const lookAt = moment + nextLookMs(next, settings.pr_watch_interval_ms);
  store.pullRequestWatches.put({ ...next, lookedAt: moment, lookAt });
}

/** The message is the caller's who asked for the watch, with the rights of now. */
function callerOf({ callerName, callerScope, tokenId }: PullRequestWatch): Caller {
  return { name: callerName, scope: callerScope, ...(tokenId === null ? {} : { tokenId }) };
}
