/**
 * Submits: one task, a batch, and the strict entry for machines. All of them take an idempotency
 * key.
 */
import { z } from "zod";
import { maxAttachedCharacters } from "../../domain/task/attachment.ts";
import { maxPromptBytes } from "../../domain/task/prompt-size.ts";
import { taskInput } from "../task-input.ts";
import { taskList, taskView } from "../views/task.ts";
import { operation } from "./operation.ts";

const tag = "Tasks";
/** A prompt of the longest length, with room for JSON's escapes and the other fields. */
const maxTasks = 1000;
const maxBatchBytes = maxPromptBytes + 1024 * 1024;
/** One task may have images, too. */
const maxBodyBytes = maxBatchBytes + maxAttachedCharacters;
export const idempotencyHeaders = [
  {
    name: "Idempotency-Key",
    description:
      "1-255 printable characters. The same key and body again, within a week, gives the same task; another body is `unprocessable`.",
  },
];

/** Names a submit, so that the same one that is sent again makes no second task. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/, "must have 1-255 printable ASCII characters, e.g. a UUID");

const problems = ["untrusted_directory", "conflict", "unprocessable"] as const;
const answer = "The task, durable. `Location` names it; `Idempotent-Replayed: true` tells that it was there already.";

export const batchInput = z.strictObject({
  tasks: z
    .array(taskInput)
    .min(1, "names no task")
    .max(maxTasks, { error: ({ input }) => `has ${(input as unknown[]).length} tasks, and a batch has at most ${maxTasks}` })
    .describe("At most 1000; the whole body at most 11 MB."),
});

export const submitOperations = {
  submitTask: operation("submitTask", {
    access: "submit",
    tag,
    summary: "Submit a task",
    description: "The answer is sent when the task is durable: from then on it survives any crash.",
    headers: idempotencyHeaders,
    body: taskInput,
    maxBodyBytes,
    status: 201,
    answer,
    output: taskView,
    problems,
  }),
  submitMachineTask: operation("submitMachineTask", {
    access: "submit",
    tag,
    summary: "Submit a task that a machine wrote",
    description:
      "As `POST /api/v1/tasks`, but the task must stand alone: a system prompt of 75-500 characters that states role and constraints, a prompt of at least " +
      "150 characters that names a path, an existing and trusted directory. A task that falls short is refused with `unprocessable` and a sentence for each problem.",
    headers: idempotencyHeaders,
    body: taskInput,
    maxBodyBytes,
    status: 201,
    answer,
    output: taskView,
    problems,
  }),
  submitTasks: operation("submitTasks", {
    access: "submit",
    tag,
    summary: "Submit up to 1000 tasks: all or none",
    description: "Errors name the task by its place, e.g. `/tasks/3/working_directory`.",
    headers: idempotencyHeaders,
    body: batchInput,
    maxBodyBytes: maxBatchBytes,
    status: 201,
    answer: "The tasks, durable, in the order of the batch.",
    output: taskList,
    problems,
  }),
};
