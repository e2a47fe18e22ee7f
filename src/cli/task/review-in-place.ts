/** Shows what a task changed on a terminal, hunk by hunk, and takes comments on its lines. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { DiffView, FileDiffView, HunkView } from "../../contract/views/diff.ts";
import type { ReviewCommentView, ReviewView } from "../../contract/views/review.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { lineReader } from "../terminal/confirm.ts";
import type { LineReader } from "../terminal/confirm.ts";
import type { Io } from "../terminal/io.ts";
import { commentBlock, fileHead, hunkPage, whereText } from "../terminal/render/review.ts";
import type { PlacedComment } from "../terminal/render/review.ts";
import { say } from "../terminal/render/wrap.ts";
import { commentNumber, commentOn, editIn } from "./review-words.ts";
import { sendComments } from "./send-comments.ts";

/** What is reviewed: the whole difference, and which one it is. */
export interface Reviewed {
  readonly id: TaskRef;
  readonly files: readonly FileDiffView[];
  readonly from: DiffView["from"];
  readonly to: DiffView["to"];
  /** As they were given; absent: the task's beginning and its newest checkpoint. */
  readonly sides: { readonly since?: number; readonly to?: number };
}

interface Step {
  readonly file: FileDiffView;
  readonly hunk: HunkView;
  /** Whether it is the file's first. */
  readonly isFirst: boolean;
}

const help = `12 text        comment on line 12
12-15 text     comment on lines 12 to 15
-12 text       comment on line 12 of the file before the change (the left numbers)
edit c7 text   give comment c7 another text · delete c7 · handled c7 · reopen c7
Enter          the next hunk · b: the one before · s: send what is open · q: end
`;

/** Shows all of it, without asking. */
export async function showReview({ files, ...reviewed }: Reviewed, review: ReviewView, io: Io): Promise<void> {
  const placed = placedIn(reviewed, review.comments);
  for (const file of files) {
    await io.stdout.flow(fileHead(file, io.stdout));
    for (const hunk of file.hunks ?? []) await io.stdout.flow(hunkPage(file, hunk, placed, io.stdout));
  }
  await showOthers(files, placed, review, io);
}

/** Ends with the last hunk, `q`, Ctrl-C or Ctrl-D. What was written stays. */
export async function reviewInPlace(client: WorkerClient, reviewed: Reviewed, first: ReviewView, io: Io): Promise<void> {
  const steps = reviewed.files.flatMap((file) => (file.hunks ?? []).map((hunk, at): Step => ({ file, hunk, isFirst: at === 0 })));
  const reader = lineReader(io);
  const session = new Session(client, reviewed, first, io);
  try {
    for (const file of reviewed.files) if ((file.hunks ?? []).length === 0) io.stdout.write(fileHead(file, io.stdout));
    await showOthers(reviewed.files, placedIn(reviewed, first.comments), first, io);
    let at: number | null = 0;
    while (at !== null && at < steps.length) at = await session.step(reader, steps, at);
    if (at !== null && !reader.isOver) await session.offer(reader);
  } finally {
    reader.close();
  }
  const { open, isSent } = session;
  if (open > 0 && !isSent)
    say(io.stdout, `${countText(open)} ${open === 1 ? "is" : "are"} open. Send: claude-worker review ${reviewed.id} --send`);
}

class Session {
  readonly #client: WorkerClient;
  readonly #reviewed: Reviewed;
  readonly #io: Io;
  #review: ReviewView;
  isSent = false;

  constructor(client: WorkerClient, reviewed: Reviewed, review: ReviewView, io: Io) {
    this.#client = client;
    this.#reviewed = reviewed;
    this.#review = review;
    this.#io = io;
  }

  get open(): number {
    return this.#review.comments.filter(({ state }) => state === "open").length;
  }

  /** @returns the number of the next step; null: the person ends. */
  async step(reader: LineReader, steps: readonly Step[], at: number): Promise<number | null> {
    const step = steps[at];
    if (step === undefined) return null;
    const { stdout } = this.#io;
    if (step.isFirst || at === 0) await stdout.flow(fileHead(step.file, stdout));
    await stdout.flow(hunkPage(step.file, step.hunk, placedIn(this.#reviewed, this.#review.comments), stdout));
    for (;;) {
      const line = await reader.ask(`${plainLine(step.file.path, 100)} ${at + 1}/${steps.length}, line and text, Enter or ?:`);
      if (reader.isOver || line === "q") return null;
      if (line === "") return at + 1;
      if (line === "b") return Math.max(0, at - 1);
      try {
        if (line === "s") {
          await this.#send();
          return null;
        }
        if (line === "?") stdout.exact(help);
        else await this.#act(step.file.path, line);
      } catch (error) {
        if (!(error instanceof WorkerError)) throw error;
        say(this.#io.stderr, messageOf(error));
      }
    }
  }

  /** Asks at the end whether what is open is sent. */
  async offer(reader: LineReader): Promise<void> {
    if (this.open === 0) return;
    // A pasted line is not an answer to what was not seen yet.
    reader.forget();
    const answer = await reader.ask(`Send ${countText(this.open)} to task ${this.#reviewed.id}? [y/N]`);
    if (/^y(es)?$/i.test(answer)) await this.#send();
  }

  async #send(): Promise<void> {
    await sendComments(this.#client, { id: this.#reviewed.id }, this.#io);
    this.isSent = true;
  }

  /** @throws WorkerError: what was typed means nothing, or cannot be done. */
  async #act(path: string, line: string): Promise<void> {
    const { id, sides } = this.#reviewed;
    const written = commentOn(path, line);
    if (written !== null) return this.#show(await this.#client.addReviewComments({ id, ...sides, comments: [written] }));
    const [, verb = "", rest = ""] = /^([a-z]+)\s+(.+)$/is.exec(line) ?? [];
    if (verb === "edit") {
      const { comment, body } = editIn(rest);
      return this.#show({ comments: [await this.#client.changeReviewComment({ id, comment, body })] });
    }
    if (verb === "handled" || verb === "reopen") {
      const state = verb === "handled" ? "handled" : "open";
      return this.#show({ comments: [await this.#client.changeReviewComment({ id, comment: commentNumber(rest), state })] });
    }
    if (verb !== "delete")
      throw new WorkerError("invalid_input", `"${plainLine(line, 100)}" is not understood. ? shows what can be typed.`);
    const comment = commentNumber(rest);
    await this.#client.removeReviewComment({ id, comment });
    this.#review = { ...this.#review, comments: this.#review.comments.filter((each) => each.id !== comment) };
    say(this.#io.stdout, `Comment c${comment} is deleted.`);
  }

  #show({ comments }: { readonly comments: readonly ReviewCommentView[] }): void {
    const changed = new Set(comments.map(({ id }) => id));
    this.#review = { ...this.#review, comments: [...this.#review.comments.filter(({ id }) => !changed.has(id)), ...comments] };
    for (const comment of comments) this.#io.stdout.write(commentBlock(comment, this.#io.stdout));
  }
}

/** The comments that are on lines of the shown difference. */
function placedIn({ from, to, sides }: Omit<Reviewed, "files">, comments: readonly ReviewCommentView[]): PlacedComment[] {
  return comments.flatMap((comment): PlacedComment[] => {
    const { side, path, line, position, since, checkpoint } = comment;
    if (side === "old" && since !== from.checkpoint) return [];
    if (sides.to !== undefined) return checkpoint === to.checkpoint ? [{ comment, path, line }] : [];
    return position === null ? [] : [{ comment, path: position.path, line: position.line }];
  });
}

/** Comments that no shown line has: outdated ones, and those of other differences. */
async function showOthers(files: readonly FileDiffView[], placed: readonly PlacedComment[], review: ReviewView, io: Io): Promise<void> {
  const isShown = ({ comment, path, line }: PlacedComment): boolean =>
    files.some((file) => file.path === path && (file.hunks ?? []).some((hunk) => hasLine(hunk, comment.side, line)));
  const shown = new Set(placed.filter(isShown).map(({ comment }) => comment.id));
  const others = review.comments.filter(({ id }) => !shown.has(id)).toSorted((a, b) => whereText(a).localeCompare(whereText(b)));
  if (others.length > 0) {
    say(io.stdout, "Comments on lines that are not shown:");
    for (const comment of others) await io.stdout.flow(commentBlock(comment, io.stdout));
  }
  if (review.problem !== null) say(io.stderr, `Where some comments are now is not known: ${plainLine(review.problem, 1000)}`);
}

function hasLine({ old_start, old_lines, new_start, new_lines }: HunkView, side: "old" | "new", line: number): boolean {
  const [start, count] = side === "old" ? [old_start, old_lines] : [new_start, new_lines];
  return line >= start && line < start + count;
}

function countText(count: number): string {
  return count === 1 ? "1 comment" : `${count} comments`;
}
