/** Says in a task's error which messages it ended without. */
import type { Task, TaskError } from "../task/task.ts";

/** Adds what becomes of the messages with these numbers, and what to do. */
export function withUndelivered(
  error: TaskError,
  { id, sessionId }: Pick<Task, "id" | "sessionId">,
  messages: readonly number[],
): TaskError {
  if (messages.length === 0) return error;
  const names = messages.map((each) => `m${each}`).join(", ");
  const what = messages.length === 1 ? `Message ${names} was` : `Messages ${names} were`;
  const retry = `claude-worker retry ${id}${sessionId === null ? "" : " --resume"}`;
  const unsend = `claude-worker unsend ${id} ${messages.length === 1 ? names : `m${messages[0] ?? ""} …`}`;
  return {
    ...error,
    message: `${error.message} ${what} not delivered. The next attempt delivers ${messages.length === 1 ? "it" : "them"}: ${retry} · To take ${messages.length === 1 ? "it" : "one"} back: ${unsend}`,
  };
}
