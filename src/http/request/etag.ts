/** Entity tags of tasks, and the two request headers that name them (RFC 9110, section 13). */
import { createHash } from "node:crypto";
import type { TaskView } from "../../contract/views/task.ts";
import { WorkerError } from "../../domain/errors.ts";

/** Changes whenever anything of the task changes, but not with the queue around it. */
export function etagOf({
  waiting_for: _ofTheQueue,
  warnings: _ofTheSubmit,
  prompt: _fixed,
  system_prompt: _fixedToo,
  result: _changesWithTheStatus,
  ...task
}: TaskView): string {
  return `"${createHash("sha256").update(JSON.stringify(task)).digest("base64url").slice(0, 22)}"`;
}

/** Whether `If-None-Match` names this tag: the client has it already. */
export function isKnown(header: string | undefined, etag: string): boolean {
  return header !== undefined && tagsOf(header).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}

/**
 * Holds `If-Match` against the task as it is.
 * @throws WorkerError precondition_failed.
 */
export function requireMatch(header: string | undefined, task: TaskView): void {
  if (header === undefined || tagsOf(header).some((tag) => tag === "*" || tag === etagOf(task))) return;
  throw new WorkerError(
    "precondition_failed",
    `Task ${task.id} has changed since you read it. Read it again, and send its new ETag as If-Match.`,
  );
}

function tagsOf(header: string): string[] {
  return header.split(",").map((tag) => tag.trim());
}
