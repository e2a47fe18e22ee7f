/** Schedules: what is submitted again and again, or at a time. */
import { z } from "zod";
import { maxEveryMs, maxJitterMs, minEveryMs, missedPolicies, overlapPolicies } from "../../domain/schedules/schedule.ts";
import { maxAttachedCharacters } from "../../domain/task/attachment.ts";
import { maxPromptBytes } from "../../domain/task/prompt-size.ts";
import { taskInput } from "../task-input.ts";
import { changedOptions, text } from "../task-options.ts";
import { templateName } from "../template-names.ts";
import { occurrenceList, scheduleDetailView, scheduleList, scheduleRunView, scheduleTimes } from "../views/schedule.ts";
import { operation } from "./operation.ts";
import { templateRun, variableValues } from "./templates.ts";
import { maxWorkflowBodyBytes, workflowRun } from "./workflows.ts";
import { largest, wholeNumber } from "./query-values.ts";

const tag = "Schedules";
/** A prompt of the longest length, with room for JSON's escapes, the other fields and images. */
const maxBodyBytes = Math.max(maxPromptBytes + 1024 * 1024 + maxAttachedCharacters, maxWorkflowBodyBytes);

const scheduleName = z
  .string()
  .regex(/^[A-Za-z][\w.:-]{0,63}$/, "must begin with a letter and have at most 64 letters, digits, '.', ':', '_' or '-'");

/** What a schedule submits: a submit's body, which starts when the schedule says. */
export const scheduledTask = taskInput.omit({ depends_on: true, not_before: true, literal_from: true });

/** A template with its variables, and options that count more than those of the template. */
export const scheduledTemplate = templateRun
  .omit({ depends_on: true, not_before: true })
  .extend({ template: templateName.describe("The template's name: each run uses it as it is then.") });

/** A workflow file, as a run of it has it: it is stored with the schedule. */
export const scheduledWorkflow = workflowRun;

/** What a schedule may submit, by its kind. */
export const scheduledTargets = { task: scheduledTask, template: scheduledTemplate, workflow: scheduledWorkflow } as const;

const timing = {
  cron: text
    .max(200)
    .nullish()
    .describe("Five fields: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly, @yearly.")
    .meta({ examples: ["0 2 * * 1-5"] }),
  at: text.max(40).nullish().describe("Once, at this time: RFC 3339, or `2026-12-24 02:00` on the clock of `time_zone`."),
  every_ms: z
    .int()
    .min(minEveryMs, "must be at least one minute")
    .max(maxEveryMs)
    .nullish()
    .describe("Each time that this has passed, milliseconds, first one such time after it was said."),
  time_zone: text
    .max(64)
    .optional()
    .describe("Whose clock counts, e.g. `Europe/Berlin`. Default: the setting `time_zone`, or that of the server's system."),
  end_at: text.max(40).nullish().describe("Nothing is due later: as `at`; a date means the beginning of that day."),
  missed: z
    .enum(missedPolicies)
    .optional()
    .describe(
      "What happens to due times that nothing noticed in time. `once`: one run stands for all. `skip`: nothing. `all`: the newest 24 are made up for, one after the other. Default `once`.",
    ),
  overlap: z
    .enum(overlapPolicies)
    .optional()
    .describe(
      "What a due time does while an earlier run has not ended. `skip`: nothing. `queue`: its task waits for the end. `cancel`: the earlier one is cancelled first. `allow`: it starts beside it. Default `skip`.",
    ),
  jitter_ms: z
    .int()
    .min(0)
    .max(maxJitterMs)
    .optional()
    .describe("Each run begins up to this much later, always the same for the same due time, milliseconds. Default 0."),
  paused: z.boolean().optional().describe("Whether its due times are skipped."),
};

export const scheduleInput = z.strictObject({
  name: scheduleName.describe("What people call it: letters, digits, '.', ':', '_' and '-'."),
  ...timing,
  task: scheduledTask.optional().describe("The task that it submits each time, with the rights that the caller has then."),
  template: scheduledTemplate.optional().describe("Instead of a task: a stored prompt with its variables."),
  workflow: scheduledWorkflow.optional().describe("Instead of a task: a workflow file, of which each run is one."),
});
export type ParsedScheduleInput = z.output<typeof scheduleInput>;

export const scheduleChange = z.strictObject({
  name: scheduleName.optional().describe("Another name."),
  ...timing,
  task: z
    .strictObject({
      prompt: taskInput.shape.prompt.optional(),
      working_directory: taskInput.shape.working_directory.optional(),
      ...changedOptions,
      stash: taskInput.shape.stash,
    })
    .optional()
    .describe("Fields of the submit to replace; null takes one away. Those that are left out stay."),
  template: z
    .strictObject({
      template: templateName.optional(),
      vars: variableValues.optional().describe("Beside `template` they take the place of all, alone they are added."),
      context: templateRun.shape.context.nullable(),
      working_directory: templateRun.shape.working_directory.nullable(),
      ...changedOptions,
      from_settings: templateRun.shape.from_settings,
      stash: taskInput.shape.stash,
    })
    .optional()
    .describe("The same for a template. What was of another kind before is replaced as a whole."),
  workflow: z
    .strictObject({
      file: workflowRun.shape.file.optional().describe("Takes the place of the file and of all that it runs."),
      path: workflowRun.shape.path.removeDefault().optional(),
      files: workflowRun.shape.files.removeDefault().optional().describe("Other files that it runs."),
      inputs: workflowRun.shape.inputs
        .removeDefault()
        .optional()
        .describe("Beside `file` they take the place of all, alone they are added."),
      working_directory: workflowRun.shape.working_directory.optional(),
    })
    .optional()
    .describe("The same for a workflow."),
});
export type ScheduleChange = z.output<typeof scheduleChange>;

const params = z.strictObject({
  schedule: z
    .string()
    .min(1)
    .max(64)
    .describe("The schedule: its number or its name.")
    .meta({ examples: ["triage"] }),
});

const agents = "Agents cannot.";

export const scheduleOperations = {
  listSchedules: operation("listSchedules", {
    access: "read",
    tag,
    summary: "List schedules",
    answer: "All schedules, by name.",
    output: scheduleList,
  }),
  addSchedule: operation("addSchedule", {
    access: "submit",
    tag,
    summary: "Add a schedule",
    description: `Give one of cron, at and every_ms, and one of task, template and workflow. The caller needs the rights for a submit of it, now and at each run. ${agents}`,
    body: scheduleInput,
    maxBodyBytes,
    status: 201,
    answer: "The schedule, with its next runs.",
    output: scheduleDetailView,
    problems: ["not_found", "conflict", "untrusted_directory"],
  }),
  getSchedule: operation("getSchedule", {
    access: "read",
    tag,
    summary: "Show a schedule",
    params,
    answer: "The schedule.",
    output: scheduleDetailView,
  }),
  updateSchedule: operation("updateSchedule", {
    access: "submit",
    tag,
    summary: "Change a schedule, pause it or resume it",
    description: `Absent fields stay. A caller that changes more than its name or its pause is its caller from then on, and needs the rights for a submit of what it submits. Due times during a pause are skipped. ${agents}`,
    params,
    body: scheduleChange,
    maxBodyBytes,
    answer: "The schedule.",
    output: scheduleDetailView,
    problems: ["conflict", "untrusted_directory"],
  }),
  removeSchedule: operation("removeSchedule", {
    access: "submit",
    tag,
    summary: "Remove a schedule",
    description: `Its tasks stay. ${agents}`,
    params,
    status: 204,
    answer: "Removed.",
    output: null,
  }),
  runSchedule: operation("runSchedule", {
    access: "submit",
    tag,
    summary: "Submit now what a schedule submits",
    description: `With the caller's own rights, also while it is paused, and beside runs that have not ended. Its next due time stays. ${agents}`,
    params,
    status: 201,
    answer: "The row of the run, with its task or its run of a workflow.",
    output: scheduleRunView,
    problems: ["untrusted_directory"],
  }),
  listScheduleRuns: operation("listScheduleRuns", {
    access: "read",
    tag,
    summary: "List what became of a schedule's due times",
    params,
    query: z.strictObject({
      limit: wholeNumber(1, 500).optional().describe("Default 20."),
      before: wholeNumber(1, largest).optional().describe("Only rows with a smaller id: the `next_cursor` of the answer before."),
    }),
    answer: "Due times and runs that a person asked for, newest first.",
    output: occurrenceList,
  }),
  nextScheduleRuns: operation("nextScheduleRuns", {
    access: "read",
    tag,
    summary: "List the next due times of a schedule",
    params,
    query: z.strictObject({ limit: wholeNumber(1, 100).optional().describe("Default 5.") }),
    answer: "When it is due next. Jitter is not added.",
    output: scheduleTimes,
  }),
};
