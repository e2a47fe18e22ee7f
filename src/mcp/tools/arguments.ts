/** Arguments that several tools take. */
import { z } from "zod";

export const taskId = z.int("must be a task's number, e.g. 42").min(1, "must be a task's number, e.g. 42").describe("The task's number.");

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "must have 1-255 visible ASCII characters")
  .describe("Your own name for this call: the same call with the same key, also after a broken connection, makes no second task.");
