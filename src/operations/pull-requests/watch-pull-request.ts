/** Begins, ends and lists the watches of pull requests. */
import type { Caller } from "../../contract/caller.ts";
import type { WatchPullRequestInput } from "../../contract/operations/pull-requests.ts";
import type { PullRequestWatchView } from "../../contract/views/pull-request.ts";
import { WorkerError } from "../../domain/errors.ts";
import { defaultMaxMessages, mostWatches, partsOf } from "../../domain/pull-requests/watch.ts";
import type { PullRequestWatch, WatchState } from "../../domain/pull-requests/watch.ts";
import { listedFields, mostListed, ownerOf, ownPullRequest } from "../../domain/pull-requests/own-pull-request.ts";
import type { Task } from "../../domain/task/task.ts";
import { GhProblem } from "../../git/gh.ts";
import type { RunGh } from "../../git/gh.ts";
import { Git } from "../../git/git.ts";
import type { Store } from "../../store/store.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import { requireTask } from "../tasks/require-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";
import { worktreeOf } from "../workspaces/losses.ts";
import { arrayIn } from "./read-pull-request.ts";

/** More than are ever on: the ended ones follow. */
const mostShown = 500;

export interface WatchContext extends SubmitContext {
  readonly gh: RunGh;
  /** Called when a look is due earlier than before. */
  watchesChanged(): void;
}

/**
 * @throws WorkerError not_found, forbidden (an agent, or no rights to the task),
 * untrusted_directory, too_many_requests; conflict: the task has no open pull request, or `gh`
 * cannot say.
 */
export async function watchPullRequest(
  context: WatchContext,
  id: number,
  { max_messages: maxMessages = defaultMaxMessages }: WatchPullRequestInput,
  caller: Caller,
): Promise<PullRequestWatchView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not watch pull requests. Ask the user to do it.");
  const { store } = context;
  const task = requireTask(store, id);
  requireRights(context, task, taskCallerOf(store, caller));
  const found = await openPullRequest(context, task);
  const watch = await store.write(() => {
    requireTask(store, id);
    const known = store.pullRequestWatches.get(id);
    if (known?.state !== "on" && store.pullRequestWatches.openCount() >= mostWatches)
      throw new WorkerError(
        "too_many_requests",
        `${mostWatches} pull requests are watched already. End another one: claude-worker pr watch`,
      );
    const now = context.now();
    const { name, scope, tokenId } = taskCallerOf(store, caller);
    const fresh: PullRequestWatch = {
      taskId: id,
      ...found,
      state: "on",
      callerName: name,
      callerScope: scope,
      tokenId,
      maxMessages,
      messages: 0,
      leftOut: 0,
      leftOutUnsaid: 0,
      leftOutAuthors: [],
      quiet: 0,
      failures: 0,
      problem: null,
      heldSince: null,
      lookedAt: null,
      lookAt: now,
      startedAt: now,
      endedAt: null,
    };
    store.pullRequestWatches.put(fresh);
    noteWatch(store, fresh, { at: now, by: name, reason: null });
    return fresh;
  });
  context.watchesChanged();
  return watchView(watch);
}

/** Ends a watch; one that has ended stays as it is. @throws WorkerError not_found, forbidden. */
export async function unwatchPullRequest(context: WatchContext, id: number, caller: Caller): Promise<PullRequestWatchView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not watch pull requests. Ask the user to do it.");
  const { store } = context;
  return await store.write(() => {
    requireTask(store, id);
    const watch = store.pullRequestWatches.get(id);
    if (watch === null) throw new WorkerError("not_found", `The pull request of task ${id} is not watched. See: claude-worker pr watch`);
    return watchView(watch.state === "on" ? endWatch(store, watch, "off", { at: context.now(), by: caller.name, reason: null }) : watch);
  });
}

export function listPullRequestWatches(store: Store): PullRequestWatchView[] {
  return store.pullRequestWatches.list(mostShown).map(watchView);
}

interface Ending {
  readonly at: number;
  /** Who ended it; absent: it ended by itself. */
  readonly by?: string;
  /** Why, as a sentence; null: the state says it. */
  readonly reason: string | null;
}

/** Inside `write`: ends the watch and says so in the task's story. */
export function endWatch(store: Store, watch: PullRequestWatch, state: WatchState, ending: Ending): PullRequestWatch {
  const ended: PullRequestWatch = { ...watch, state, problem: ending.reason, endedAt: ending.at };
  store.pullRequestWatches.put(ended);
  noteWatch(store, ended, ending);
  return ended;
}

function noteWatch(store: Store, { taskId, state, number, url }: PullRequestWatch, { at, by, reason }: Ending): void {
  const data = { state, number, url, ...(by === undefined ? {} : { by }), ...(reason === null ? {} : { reason }) };
  store.events.append(taskId, null, [{ type: "pull_request_watched", at, data }]);
}

/** @throws WorkerError conflict. */
async function openPullRequest({ store, gh, git }: WatchContext, { id }: Task): Promise<{ readonly url: string; readonly number: number }> {
  const worktree = worktreeOf(store, id);
  if (worktree === null) throw new WorkerError("conflict", `Task ${id} has no branch of its own. Submit tasks with --worktree for that.`);
  if (worktree.branch === null) throw new WorkerError("conflict", `The worktree of task ${id} is on no branch.`);
  const { branch, repository } = worktree;
  const args = ["pr", "list", `--head=${branch}`, "--state=open", `--json=${listedFields}`, `--limit=${mostListed}`];
  try {
    const listed = arrayIn(await gh(args, { repository }));
    const address = await new Git(git, repository)
      .find(["config", "--get", "remote.origin.url"], { isPlain: true, env: { GIT_DIR: repository } })
      .catch(() => null);
    const first = ownPullRequest(listed, ownerOf(address ?? ""));
    if (first === null) throw new WorkerError("conflict", `Task ${id} has no open pull request. Open one: claude-worker pr ${id}`);
    const { url } = first;
    const parts = partsOf(url);
    if (parts === null) throw new GhProblem("failed", "gh said something that cannot be read. Is it up to date? gh --version");
    return { url, number: parts.number };
  } catch (error) {
    throw error instanceof GhProblem ? new WorkerError("conflict", `The pull request is not watched. ${error.message}`) : error;
  }
}

export function watchView(watch: PullRequestWatch): PullRequestWatchView {
  return {
    task: watch.taskId,
    url: watch.url,
    number: watch.number,
    state: watch.state,
    problem: watch.problem,
    messages: watch.messages,
    max_messages: watch.maxMessages,
    left_out: watch.leftOut,
    left_out_authors: [...watch.leftOutAuthors],
    started_by: watch.callerName,
    started_at: rfc3339(watch.startedAt),
    looked_at: rfc3339OrNull(watch.lookedAt),
    next_look_at: watch.state === "on" ? rfc3339(watch.lookAt) : null,
    ended_at: rfc3339OrNull(watch.endedAt),
  };
}
