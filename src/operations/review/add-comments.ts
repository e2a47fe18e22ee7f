/** Stores comments on lines of what a task changed. */
import type { Caller } from "../../contract/caller.ts";
import type { CommentsInput, NewComment } from "../../contract/operations/review.ts";
import type { NewEvent } from "../../domain/events/event.ts";
import { WorkerError } from "../../domain/errors.ts";
import { cutString } from "../../domain/text/cut-json.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { shownLines } from "../../domain/workspace/carry-lines.ts";
import type { Hunk } from "../../domain/workspace/diff.ts";
import { maxComments } from "../../domain/workspace/review-comment.ts";
import type { ReviewComment } from "../../domain/workspace/review-comment.ts";
import { isText } from "../../git/changed-files.ts";
import { changedFilesBetween } from "../../git/changed-paths.ts";
import type { ChangedFile } from "../../git/changed-paths.ts";
import { hunksOf } from "../../git/file-hunks.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { Objects } from "../../git/objects.ts";
import type { NewReviewComment } from "../../store/sqlite/review-comments.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { requireTask } from "../tasks/require-task.ts";
import { gitAnswer } from "../workspaces/git-answer.ts";
import { requireSides, requireSnapshots, sidesOf } from "../workspaces/task-diff.ts";

/** How much of one line, and of all lines of a comment, is kept. */
const lineCharacters = 1000;
const codeCharacters = 20_000;
/** How much of a comment's text an event has. */
const shownCharacters = 500;

export interface ReviewContext {
  readonly store: Store;
  readonly git: GitProgram;
  now(): number;
}

/**
 * @returns all of them, or none is stored.
 * @throws WorkerError not_found: no such task or checkpoint; conflict: there are no snapshots, or
 * too many comments; unprocessable: the diff does not show the file or the line; forbidden: an
 * agent, and a task that is not the agent's.
 */
export async function addComments(context: ReviewContext, id: number, input: CommentsInput, caller: Caller): Promise<ReviewComment[]> {
  const { store, git } = context;
  const admit = (): void => {
    const task = requireTask(store, id);
    if (isAgent(caller)) requireDelegated(store, task, caller);
  };
  admit();
  const { repository } = requireSnapshots(store, id);
  const { from, to } = sidesOf(store, id, input);
  const shown = await gitAnswer(async () => {
    const objects = new Objects(git, repository);
    await requireSides(objects, id, [from, to]);
    const paths = new Set(input.comments.map(({ path }) => path));
    const files = (await changedFilesBetween(objects, from.commit, to.commit)).filter(({ path }) => paths.has(path));
    const hunks = await hunksOf(objects, { from: from.commit, to: to.commit }, files);
    return new Map(files.map((file, at) => [file.path, { file, hunks: hunks[at]?.hunks ?? null, why: hunks[at]?.why ?? null }]));
  });
  const now = context.now();
  const places = input.comments.map((comment, at) => ({ ...placeOf(id, comment, at, shown.get(comment.path)), body: comment.body }));
  const common = {
    taskId: id,
    since: from.checkpoint,
    fromCommit: from.commit,
    checkpoint: to.checkpoint,
    toCommit: to.commit,
    writtenBy: caller.name,
    byAgent: isAgent(caller),
    createdAt: now,
  };
  return await store.write(() => {
    admit();
    const count = store.reviewComments.ofTask(id).length;
    if (count + places.length > maxComments)
      throw new WorkerError("conflict", `Task ${id} has ${count} comments, and may have ${maxComments}. Delete some that are handled.`);
    const stored = places.map((place) => store.reviewComments.insert({ ...place, ...common }));
    const events = stored.map((comment) => addedEvent(comment, caller));
    store.events.append(id, null, events);
    return stored;
  });
}

function addedEvent({ id, path, side, startLine, line, body, createdAt }: ReviewComment, caller: Caller): NewEvent {
  const { value: text, truncated } = cutString(body, shownCharacters);
  const place = { comment: id, path, side, start_line: startLine, line, text };
  return {
    type: "comment_added",
    at: createdAt,
    data: { ...doneBy(caller), ...place, ...(truncated ? { truncated: true as const } : {}) },
  };
}

type Place = Pick<NewReviewComment, "path" | "oldPath" | "side" | "startLine" | "line" | "code">;

interface ShownFile {
  readonly file: ChangedFile;
  readonly hunks: readonly Hunk[] | null;
  readonly why: string | null;
}

/** @throws WorkerError unprocessable. */
function placeOf(taskId: number, comment: NewComment, at: number, found: ShownFile | undefined): Place {
  const { path, side, line, start_line: start = line } = comment;
  const name = plainLine(path, 300);
  const refuse = (field: string, message: string): WorkerError =>
    new WorkerError("unprocessable", message, [{ pointer: `/comments/${at}/${field}`, detail: message }]);
  if (found === undefined)
    throw refuse("path", `The difference has no file ${name}. See its files: claude-worker diff ${taskId} --name-only`);
  if (!isText(found.file.bytes)) throw refuse("path", `${name} cannot have comments: its name is not UTF-8.`);
  if (found.hunks === null) throw refuse("path", `The lines of ${name} are not shown: the file ${found.why ?? "cannot be shown"}.`);
  const lines = shownLines(found.hunks, side, { start, end: line });
  if (lines.length < line - start + 1) {
    const missing = lines.find((each, index) => each.number !== start + index) === undefined ? start + lines.length : start;
    const of = side === "old" ? " of the file before the change" : "";
    throw refuse("line", `The difference does not show line ${missing}${of} of ${name}. See its lines: claude-worker review ${taskId}`);
  }
  return { path, oldPath: found.file.oldPath, side, startLine: start, line, code: keptCode(lines.map(({ text }) => text)) };
}

/** The first character of each line stays: it says whether the line was added or removed. */
function keptCode(lines: readonly string[]): string[] {
  const each = Math.max(80, Math.min(lineCharacters, Math.floor(codeCharacters / lines.length)));
  return lines.map((line) => {
    const { value, truncated } = cutString(line, each);
    return truncated ? `${value.slice(0, -1)}…` : value;
  });
}
