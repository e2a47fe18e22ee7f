/** Existing tasks: read, list, change, remove, cancel, retry, attempts. */
import { z } from "zod";
import { taskStatuses } from "../../domain/task/task.ts";
import { maxPromptBytes } from "../../domain/task/prompt-size.ts";
import { maxAttachedCharacters } from "../../domain/task/attachment.ts";
import { listOrders, pageLimit } from "../../domain/task/list-order.ts";
import { taskInput } from "../task-input.ts";
import { retryInput } from "../retry-input.ts";
import { orderInput } from "../order-input.ts";
import { taskRef } from "../task-ref.ts";
import { changedOptions, optionValues, text } from "../task-options.ts";
import { attemptList } from "../views/attempt.ts";
import { cancelView, rewoundView, taskPage, taskView } from "../views/task.ts";
import { operation } from "./operation.ts";
import { flag, listOf, taskParams, time, wholeNumber } from "./query-values.ts";
import { putBackFields } from "./workspaces.ts";

const tag = "Tasks";

/** `label=key=value`, as often as wanted; all must fit. */
const labelFilter = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .pipe(z.array(text.max(300).regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}=/, "must be key=value")).max(50));

export const listQuery = z.strictObject({
  status: listOf(z.enum(taskStatuses)).optional().describe("Only tasks in one of these statuses."),
  group: optionValues.group.optional().describe("Only tasks of this group."),
  label: labelFilter.optional().describe("Only tasks with this label, as `key=value`. Of several all must fit."),
  working_directory: text.min(1).max(4096).optional().describe("Only tasks in this directory (absolute, without links) or below it."),
  attention: flag.optional().describe("`true`: only completed tasks with something to look at. `false`: only tasks without."),
  text: text.max(200).optional().describe("Part of the name or title."),
  name: text.min(1).max(200).optional().describe("Only tasks whose name begins with this."),
  created_after: time.optional().describe("Only tasks submitted after this moment."),
  created_before: time.optional().describe("Only tasks submitted before this moment."),
  order: z
    .enum(listOrders)
    .optional()
    .describe(
      "By submission; default `newest`. `queue`: only pending tasks, the next one first; what a task waits for may let others start before it.",
    ),
  limit: wholeNumber(pageLimit.min, pageLimit.max).optional().describe("Default 50."),
  cursor: z
    .string()
    .regex(/^[\w-]{1,200}$/, "is not from this server")
    .optional()
    .describe("`next_cursor` of the page before."),
});

/** A list's filter after parsing. */
export type ListQuery = z.output<typeof listQuery>;

const { attachments: _fixed, ...editedOptions } = changedOptions;

/** What may change after submit. */
export const taskChange = z
  .strictObject({
    ...editedOptions,
    name: optionValues.name.nullable().optional().describe("At any time."),
    priority: optionValues.priority.optional().describe("At any time. Higher starts earlier."),
    labels: optionValues.labels.optional().describe("At any time. Replaces all labels."),
    prompt: taskInput.shape.prompt.optional().describe("What Claude should do. Only before the task has begun."),
    working_directory: taskInput.shape.working_directory.optional().describe("Absolute path of an existing, trusted directory."),
    not_before: orderInput.not_before.describe("When the task may start at the earliest, RFC 3339. Null: at once."),
  })
  .refine((change) => Object.keys(change).length > 0, "names nothing to change: give name, priority, labels, prompt or an option");
/** A fork of a task. */
export const forkInput = z.strictObject({
  prompt: taskInput.shape.prompt.describe("What the new task should do."),
  at: z.int().min(1).optional().describe("The last turn of the conversation that the new task has. Absent: all turns that there are now."),
});
export type ForkInput = z.output<typeof forkInput>;

/** A rewind of a task. */
export const rewindInput = z.strictObject({
  to: z.int().min(1).describe("The last turn of the conversation from now on."),
  files: z.boolean().default(true).describe("Put the task's files back, too, where there are snapshots of them."),
  ...putBackFields,
});
export type RewindInput = z.output<typeof rewindInput>;

/** Where a pending task is moved to. */
export const moveInput = z
  .strictObject({
    to: z.enum(["front", "back"]).optional().describe("Ahead of all tasks that are pending now, or behind them."),
    before: taskRef.optional().describe("The pending task that it is to precede."),
  })
  .refine(({ to, before }) => (to === undefined) !== (before === undefined), "names no place: give either to (front, back) or before");

export type TaskChange = z.output<typeof taskChange>;

export const taskOperations = {
  listTasks: operation("listTasks", {
    access: "read",
    tag,
    summary: "List tasks",
    description: "One page; `next_cursor` leads to the next. Long texts (prompt, result) are only in the single task.",
    query: listQuery,
    answer: "A page of tasks.",
    output: taskPage,
  }),
  getTask: operation("getTask", {
    access: "read",
    tag,
    summary: "Read a task",
    description: "Its `ETag` changes whenever the task changes.",
    params: taskParams,
    headers: [{ name: "If-None-Match", description: "A known `ETag`: the answer is 304 while it is current." }],
    answer: "The task.",
    output: taskView,
    otherAnswers: { 304: { description: "The task has not changed.", schema: null } },
  }),
  listAttempts: operation("listAttempts", {
    access: "read",
    tag,
    summary: "List a task's attempts",
    params: taskParams,
    answer: "All attempts, oldest first.",
    output: attemptList,
  }),
  updateTask: operation("updateTask", {
    access: "submit",
    tag,
    summary: "Change a task",
    description:
      "Name, priority and labels change at any time; `labels` replaces all labels. Prompt and options change while the task is pending, with the rights for a submit of the changed task; lists like `allow` are added to. A task that started meanwhile is a `conflict`, and nothing changes. Absent fields stay unchanged.",
    params: taskParams,
    headers: [
      {
        name: "If-Match",
        description: "The `ETag` that was read. When the task has changed since then, the answer is `precondition_failed`.",
      },
    ],
    body: taskChange,
    maxBodyBytes: maxPromptBytes + 1024 * 1024,
    answer: "The task.",
    output: taskView,
    problems: ["precondition_failed", "conflict", "untrusted_directory"],
  }),
  moveTask: operation("moveTask", {
    access: "submit",
    tag,
    summary: "Move a pending task in the queue",
    description:
      "The place stands instead of priority and age, until the task has ended or gets another priority. `front` is ahead of everything that is pending now, also of higher priorities. The same move again changes nothing. Tasks of an agent move among the places that its own tasks have.",
    params: taskParams,
    body: moveInput,
    answer: "The task.",
    output: taskView,
    problems: ["conflict"],
  }),
  removeTask: operation("removeTask", {
    access: "submit",
    tag,
    summary: "Remove an ended task with its events and logs",
    description:
      "A task that has not ended is a `conflict`: cancel it first. Its snapshots are deleted, and its worktree goes into the trash; a worktree with what would be lost is a `conflict`.",
    params: taskParams,
    status: 204,
    answer: "Removed.",
    output: null,
    problems: ["conflict"],
  }),
  cancelTask: operation("cancelTask", {
    access: "submit",
    tag,
    summary: "Cancel a task",
    description:
      "The request is stored before the response (`cancel_requested`); a running task ends soon after. On a full disk a running task is stopped, too; `warning` then says that the request cannot be stored yet.",
    params: taskParams,
    answer: "The task.",
    output: cancelView,
    problems: ["conflict"],
  }),
  forkTask: operation("forkTask", {
    access: "submit",
    tag,
    summary: "Begin a new task with the conversation of another one",
    description:
      "The new task has a copy of the conversation as it is now, or up to the turn `at`, and the same options. The other task stays as it is, also while it runs. Files are not copied. Agents cannot fork.",
    params: taskParams,
    body: forkInput,
    status: 201,
    answer: "The new task.",
    output: taskView,
    problems: ["conflict", "untrusted_directory"],
  }),
  stashTask: operation("stashTask", {
    access: "submit",
    tag,
    summary: "Put a pending task aside",
    description: "It waits until it is put into the queue again. A second stash changes nothing.",
    params: taskParams,
    answer: "The task.",
    output: taskView,
    problems: ["conflict"],
  }),
  enqueueTask: operation("enqueueTask", {
    access: "submit",
    tag,
    summary: "Put a stashed task into the queue",
    description: "A task that is in the queue stays there.",
    params: taskParams,
    answer: "The task.",
    output: taskView,
    problems: ["conflict"],
  }),
  rewindTask: operation("rewindTask", {
    access: "submit",
    tag,
    summary: "Put the conversation of an ended task back to a turn",
    description:
      "The next attempt begins with a copy of the conversation up to the turn. Nothing runs before, and the status stays as it is. Every turn keeps its number, and each can be the target, also one that an earlier rewind left. The files that the task changed since are put back, too, as by a restore, where there are snapshots of them. Agents cannot rewind.",
    params: taskParams,
    body: rewindInput,
    answer: "The task, and what became of its files.",
    output: rewoundView,
    problems: ["conflict", "untrusted_directory"],
  }),
  retryTask: operation("retryTask", {
    access: "submit",
    tag,
    summary: "Run an ended task again",
    description:
      "Runs the task from its beginning, in a new session, with the same prompt. With `resume`, continues its last session. Absent fields stay as they were.",
    params: taskParams,
    body: retryInput,
    bodyOptional: true,
    maxBodyBytes: 1024 * 1024 + maxAttachedCharacters,
    answer: "The task.",
    output: taskView,
    problems: ["conflict", "untrusted_directory"],
  }),
};
