/** Sends the open comments on a task's changes to it, and says so. */
import { randomUUID } from "node:crypto";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ReviewSentView } from "../../contract/views/review.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

export interface SendWords {
  readonly id: TaskRef;
  readonly message?: string;
  readonly comments?: number[];
  /** With a key the comments are sent once, also when the call is made again. */
  readonly key?: string;
}

/** @throws WorkerError. */
export async function sendComments(client: WorkerClient, words: SendWords, io: Io): Promise<void> {
  saySent(await client.sendReview({ key: randomUUID(), ...words }), io);
}

export function saySent({ message, comments, left_out: left }: ReviewSentView, { stdout, stderr }: Io): void {
  const { id, task_id: task, continues } = message;
  const names = comments.map((comment) => `c${comment.id}`).join(", ");
  const what = continues ? `Task ${task} continues with message m${id}: ${names}.` : `Message m${id} is stored for task ${task}: ${names}.`;
  say(stdout, `${what} Follow it: claude-worker watch ${task}`);
  if (left.length === 0) return;
  const first = `claude-worker review ${task} --reopen c${left[0] ?? 0}`;
  say(
    stderr,
    `Not sent, because their lines have changed: ${left.map((each) => `c${each}`).join(", ")}. To send one all the same: ${first}`,
  );
}
