/** What doors show of schedules. */
import { z } from "zod";
import { missedPolicies, occurrenceKinds, occurrenceStates, overlapPolicies, targetKinds } from "../../domain/schedules/schedule.ts";
import { taskStatuses } from "../../domain/task/task.ts";
import { workflowStatuses } from "../../domain/workflows/workflow.ts";
import { shownOptions } from "../task-options.ts";
import { taskRef } from "../task-ref.ts";
import { time, timeOrNull } from "./time.ts";
import { checkedWorkflow } from "./workflow.ts";

export const scheduleRunView = z.object({
  id: z.int(),
  schedule: z.int().describe("The schedule's number."),
  kind: z.enum(occurrenceKinds).describe("`due`: its time had come. `manual`: a person asked for it."),
  due_at: time.describe("Of a manual run: when it was asked for."),
  state: z.enum(occurrenceStates).describe("`failed`: the submit was refused."),
  reason: z
    .string()
    .nullable()
    .describe("Why nothing was submitted: `overlap`, `missed`, `paused`, or the code of the refusal. Null: it was submitted."),
  message: z.string().nullable().describe("More about it, as a sentence."),
  task: taskRef.nullable().describe("Null: there is none, or it was removed."),
  task_status: z.enum(taskStatuses).nullable().describe("The status of its task now."),
  workflow: z.int().nullable().describe("Its run of a workflow. Null: there is none, or it was removed."),
  workflow_status: z.enum(workflowStatuses).nullable().describe("The status of that run now."),
  catch_up: z.boolean().describe("Whether it had been missed, and was made up for."),
  by: z.string().nullable().describe("Who asked for a manual run."),
  at: time.describe("When it was acted on."),
});
export type ScheduleRunView = z.infer<typeof scheduleRunView>;

export const scheduleView = z.object({
  id: z.int(),
  name: z.string(),
  cron: z.string().nullable(),
  at: timeOrNull.describe("Its only time; null: it has others."),
  every_ms: z.int().nullable(),
  time_zone: z.string(),
  end_at: timeOrNull,
  missed: z.enum(missedPolicies),
  overlap: z.enum(overlapPolicies),
  jitter_ms: z.int(),
  paused: z.boolean(),
  paused_at: timeOrNull,
  pause_reason: z.string().nullable().describe("Why it paused itself; null: a person did, or it is not paused."),
  failures: z.int().describe("Submits in a row that were refused. After five it pauses itself."),
  next_runs: z.array(time).describe("The next five due times, also while it is paused. Empty: there is none any more."),
  last_run: scheduleRunView.nullable().describe("The newest run that was submitted or refused; null: there was none."),
  target: z.object({
    kind: z.enum(targetKinds),
    title: z.string().describe("The first line of the prompt; or the template's name with its variables; or the workflow file's path."),
    working_directory: z.string().describe("Empty: that of the template, which names none any more."),
  }),
  created_by: z
    .string()
    .describe("Who wrote it last: `socket` for the server's user, else the name of a token. Its runs have this caller's rights."),
  created_at: time,
  updated_at: time,
});
export type ScheduleView = z.infer<typeof scheduleView>;

const shownTask = z.object({
  prompt: z.string(),
  working_directory: z.string(),
  options: z.object(shownOptions).partial().describe("The options that were given; the others have the defaults of each run's time."),
});

const { prompt: _prompt, ...ofTask } = shownTask.shape;
const shownTemplate = z.object({
  template: z.string(),
  vars: z.record(z.string(), z.string()).meta({ examples: [{ branch: "main" }] }),
  context: z.string().nullable().describe("Text that follows the prompt."),
  ...ofTask,
});
const shownWorkflow = z.object({
  path: z.string().describe("What the file is called in problems."),
  files: z.array(z.string()).describe("Other files that it runs."),
  inputs: z.record(z.string(), z.unknown()).meta({ examples: [{ version: "2.4" }] }),
  working_directory: z.string(),
  tasks: checkedWorkflow.shape.tasks.describe("What a run has. Empty: the file that is stored cannot be run any more."),
});

export const scheduleDetailView = scheduleView.extend({
  task: shownTask.nullable().describe("The task that it submits; null: it submits something else."),
  template: shownTemplate.nullable().describe("The same of a template."),
  workflow: shownWorkflow.nullable().describe("The same of a workflow. Its text may have secrets, and is not shown."),
});
export type ScheduleDetailView = z.infer<typeof scheduleDetailView>;

export const scheduleList = z.object({ schedules: z.array(scheduleView) });
export const occurrenceList = z.object({ runs: z.array(scheduleRunView), next_cursor: z.int().nullable() });
export const scheduleTimes = z.object({ time_zone: z.string(), next_runs: z.array(time) });
