/** Arguments that several tools take. */
import { z } from "zod";
import { taskRef } from "../../contract/task-ref.ts";

export const taskId = taskRef.describe("The task: its number, or f and the number of a task of several machines.");

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "must have 1-255 visible ASCII characters")
  .describe("Your own name for this call: the same call with the same key, also after a broken connection, makes no second task.");
