/** What a retry may change of the task that it runs again: every field of a submit but the prompt. Absent fields stay as they were. */
import { z } from "zod";
import { taskInput } from "./task-input.ts";

const { working_directory, allow, deny, retries, ignore_broken_settings, priority, group, labels } = taskInput.shape;

/** No field may have a default: it would change what the caller left out. */
export const retryInput = taskInput.omit({ prompt: true }).extend({
  resume: z
    .boolean()
    .optional()
    .describe("Continue the session of the last attempt where it was, instead of a new one from the beginning."),
  working_directory: working_directory.optional().describe("Absolute path of an existing, trusted directory."),
  allow: allow.unwrap().optional().describe("Permission rules that allow, added to the task's own."),
  deny: deny.unwrap().optional().describe("Permission rules that deny, added to the task's own."),
  retries: retries.unwrap().optional(),
  ignore_broken_settings: ignore_broken_settings.unwrap().optional(),
  priority: priority.unwrap().optional(),
  group: group.unwrap().optional(),
  labels: labels.unwrap().optional().describe("Labels, added to the task's own; a key that is there gets the new value."),
});
/** A retry's changes as they arrive; null stands for what a submit without the field gets. */
export type RetryInput = z.input<typeof retryInput>;
export type ParsedRetryInput = z.output<typeof retryInput>;
