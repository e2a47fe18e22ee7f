/** `review`: comments on lines of what a task changed, and sends them to it. */
import { randomUUID } from "node:crypto";
import type { WorkerClient } from "../../../client/worker-client.ts";
import type { ReviewCommentView, ReviewSentView, ReviewView } from "../../../contract/views/review.ts";
import { WorkerError } from "../../../domain/errors.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { connectionOf, reading, withServer } from "../../server/connection.ts";
import { reviewInPlace, showReview } from "../../task/review-in-place.ts";
import { commentIn, commentNumber, editIn } from "../../task/review-words.ts";
import type { TypedComment } from "../../task/review-words.ts";
import { saySent } from "../../task/send-comments.ts";
import { actTaskId, readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { wholeDiff } from "../../task/whole-diff.ts";
import { canAsk } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { commentBlock, whereText } from "../../terminal/render/review.ts";
import { say } from "../../terminal/render/wrap.ts";

interface ReviewFlags {
  readonly comment?: readonly TypedComment[];
  readonly edit?: readonly { readonly comment: number; readonly body: string }[];
  readonly reopen?: readonly number[];
  readonly handled?: readonly number[];
  readonly delete?: readonly number[];
  readonly send?: boolean;
  readonly message?: string;
  readonly only?: readonly number[];
  readonly list?: boolean;
  readonly since?: number;
  readonly to?: number;
}

export const command = defineCommand<ReviewFlags>({
  name: "review",
  summary: "Comment on lines of what a task changed, and send the comments to it",
  details:
    "On a terminal: shows the difference hunk by hunk, with the comments below their lines, and takes new ones. A comment does nothing before it is sent: all that are open go as one message, and a task that has ended continues with it. Then a comment is handled, or outdated where its lines changed; it follows lines that only moved.\n\nWithout a terminal, and with --list: the comments; one a line, with tabs: number, state, place, sender, text.",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [
    {
      flags: "--comment <place: text>",
      description:
        "comment on a line (src/a.ts:12), on several (src/a.ts:12-15), or on one before the change (src/a.ts:-12); may be given several times",
      parse: commentIn,
      repeat: true,
    },
    { flags: "--send", description: "send the open comments to the task, as one message" },
    { flags: "--message <text>", description: "with --send: what to say beside them" },
    {
      flags: "--only <comment>",
      description: "with --send: only this one (c7); may be given several times",
      parse: commentNumber,
      repeat: true,
    },
    { flags: "--list", description: "list the comments with their states" },
    {
      flags: "--handled <comment>",
      description: "nothing is left to do about it (c7); may be given several times",
      parse: commentNumber,
      repeat: true,
    },
    {
      flags: "--reopen <comment>",
      description: "it is open again, also where its lines have changed; may be given several times",
      parse: commentNumber,
      repeat: true,
    },
    {
      flags: "--edit <comment: text>",
      description: "give an open comment another text (c7: …); may be given several times",
      parse: editIn,
      repeat: true,
    },
    { flags: "--delete <comment>", description: "delete it; may be given several times", parse: commentNumber, repeat: true },
    {
      flags: "--since <checkpoint>",
      description: "the difference begins with this checkpoint, not with the task",
      parse: wholeNumber("--since", { min: 1 }),
    },
    { flags: "--to <checkpoint>", description: "the difference ends with this checkpoint", parse: wholeNumber("--to", { min: 1 }) },
  ],
  fields: { comments: "--comment", path: "--comment", line: "--comment", body: "--comment", key: "--send", state: "--handled" },
  examples: [
    { command: "claude-worker review 42", does: "read what task 42 changed, and comment on it" },
    { command: 'claude-worker review 42 --comment "src/a.ts:12: Use the helper" --send', does: "in a script: comment, and send" },
    { command: "claude-worker review 42 --list --json | jq '.comments[] | select(.state == \"open\")'", does: "what is not sent" },
  ],
  async run({ words: [word], options, io }) {
    const { send, message, only, list, since, to, json } = options;
    if (send !== true && (message !== undefined || only !== undefined))
      throw new WorkerError("invalid_input", `${message === undefined ? "--only" : "--message"} belongs to --send.`);
    if (isChange(options)) {
      if (list === true) throw new WorkerError("invalid_input", "--list stands alone. See the comments after the change.");
      await change(word, options, io);
      return exitCodes.ok;
    }
    const sides = { ...(since === undefined ? {} : { since }), ...(to === undefined ? {} : { to }) };
    const { client, found } = await reading(io, async (each) => {
      const id = await readTaskId(each, word);
      return { id, ...(await each.getReview({ id })) };
    });
    const { id, ...review } = found;
    if (json === true) writeJson(io.stdout, found);
    else if (list === true || !io.stdout.isTTY) await showList(id, review, io);
    else {
      const reviewed = { id, sides, ...(await wholeDiff(client, id, { ...sides, hunks: true })) };
      if (reviewed.files.length === 0) say(io.stderr, `Task ${id} has changed no files${since === undefined ? "" : " since then"}.`);
      if (canAsk(io)) await reviewInPlace(client, reviewed, review, io);
      else await showReview(reviewed, review, io);
    }
    return exitCodes.ok;
  },
});

function isChange({ comment, edit, reopen, handled, delete: deleted, send }: ReviewFlags): boolean {
  return send === true || [comment, edit, reopen, handled, deleted].some((each) => each !== undefined);
}

async function change(word: string | undefined, options: ReviewFlags & { readonly json?: boolean }, io: Io): Promise<void> {
  if (word === undefined) throw new WorkerError("invalid_input", "Name the task: claude-worker review 42");
  const connection = connectionOf(io);
  const { client } = connection;
  const id = await withServer(io, connection, async () => await actTaskId(client, word), { isRepeatable: true });
  const changed = await changeComments(client, id, options);
  const deleted: number[] = [];
  for (const comment of options.delete ?? []) {
    await client.removeReviewComment({ id, comment });
    deleted.push(comment);
  }
  const sent = options.send === true ? await withServer(io, connection, sending(client, id, options), { isRepeatable: true }) : null;
  if (options.json === true) {
    const now = new Map(sent?.comments.map((comment) => [comment.id, comment]));
    const comments = [...changed.filter((each) => !now.has(each.id)), ...now.values()];
    writeJson(io.stdout, { id, comments, deleted, message: sent?.message ?? null, left_out: sent?.left_out ?? [] });
    return;
  }
  for (const each of changed) say(io.stdout, `Comment c${each.id} on ${whereText(each)} is ${each.state}.`);
  for (const each of deleted) say(io.stdout, `Comment c${each} is deleted.`);
  if (sent !== null) saySent(sent, io);
}

async function changeComments(client: WorkerClient, id: TaskRef, options: ReviewFlags): Promise<ReviewCommentView[]> {
  const { comment: written = [], edit = [], reopen = [], handled = [], since, to } = options;
  const changed: ReviewCommentView[] = [];
  for (const each of edit) changed.push(await client.changeReviewComment({ id, ...each }));
  for (const comment of reopen) changed.push(await client.changeReviewComment({ id, comment, state: "open" }));
  for (const comment of handled) changed.push(await client.changeReviewComment({ id, comment, state: "handled" }));
  if (written.length === 0) return changed;
  const sides = { ...(since === undefined ? {} : { since }), ...(to === undefined ? {} : { to }) };
  const { comments } = await client.addReviewComments({ id, ...sides, comments: [...written] });
  return [...changed, ...comments];
}

/** With a key the comments are sent once, also when the call is made again. */
function sending(client: WorkerClient, id: TaskRef, { message, only }: ReviewFlags): () => Promise<ReviewSentView> {
  const key = randomUUID();
  const words = { id, key, ...(message === undefined ? {} : { message }), ...(only === undefined ? {} : { comments: [...only] }) };
  return async () => await client.sendReview(words);
}

async function showList(id: TaskRef, review: ReviewView, { stdout, stderr }: Io): Promise<void> {
  const { comments, problem } = review;
  if (!stdout.isTTY) await stdout.flow(comments.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
  else if (comments.length === 0) say(stdout, `There are no comments on what task ${id} changed. Write one: claude-worker review ${id}`);
  else for (const comment of comments) await stdout.flow(commentBlock(comment, stdout));
  if (problem !== null) say(stderr, `Where some comments are now is not known: ${plainLine(problem, 1000)}`);
}

function fieldsOf(comment: ReviewCommentView): string[] {
  const { id, state, written_by: by, body } = comment;
  return [`c${id}`, state, whereText(comment), plainLine(by, 200), plainLine(body, 100_000)];
}
