/**
 * What a retry may change of the task that it runs again: every field of a submit but the prompt
 * and what it depends on.
 * Absent fields stay as they were.
 */
import { z } from "zod";
import { orderInput } from "./order-input.ts";
import { taskInput } from "./task-input.ts";
import { changedOptions } from "./task-options.ts";

export const retryInput = z.strictObject({
  working_directory: taskInput.shape.working_directory.optional().describe("Absolute path of an existing, trusted directory."),
  ...changedOptions,
  not_before: orderInput.not_before,
  stash: orderInput.stash,
  resume: z
    .boolean()
    .optional()
    .describe("Continue the session of the last attempt where it was, instead of a new one from the beginning."),
});
/** A retry's changes as they arrive; null stands for what a submit without the field gets. */
export type RetryInput = z.input<typeof retryInput>;
export type ParsedRetryInput = z.output<typeof retryInput>;
