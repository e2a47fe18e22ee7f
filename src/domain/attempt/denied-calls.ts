/** Says in the error of work that was not verified which calls were denied: that may be why. */
import type { Task, TaskError } from "../task/task.ts";
import type { Attention } from "./attention.ts";

const shownCharacters = 200;

/** @param attention of the session; null: there is none. */
export function withDenied(error: TaskError, { id }: Pick<Task, "id">, attention: readonly Attention[] | null): TaskError {
  const denied = attention?.find(({ kind }) => kind === "denied");
  if (denied === undefined) return error;
  const what = denied.count === 1 ? "A call of Claude was denied" : `${denied.count} calls of Claude were denied`;
  const names = denied.detail === null ? "" : ` (${denied.detail.slice(0, shownCharacters)})`;
  const advice = `Allow what it needs: claude-worker retry ${id} --resume --allow RULE`;
  return { ...error, message: `${error.message}\n${what}${names}, which may be why. ${advice}` };
}
