/** Arguments that several tools take. */
import { idempotencyKey as anyKey } from "../../contract/operations/submit.ts";
import { taskRef } from "../../contract/task-ref.ts";

export const taskId = taskRef.describe("The task: its number, or f and the number of a task of several machines.");

/** Without a space, which stands between a session and its key (`keyInSession`). */
export const idempotencyKey = anyKey
  .regex(/^\S*$/, "must have no spaces")
  .describe("Your own name for this call: the same call with the same key, also after a broken connection, makes no second task.");
