/** What doors show of workflows. */
import { z } from "zod";
import { dependencyConditions } from "../../domain/order/dependency.ts";
import { taskStatuses } from "../../domain/task/task.ts";
import { stepKinds, workflowStatuses } from "../../domain/workflows/workflow.ts";
import { taskRef } from "../task-ref.ts";
import { time, timeOrNull } from "./time.ts";

const needView = z.object({ key: z.string(), on: z.enum(dependencyConditions) });

export const workflowTaskView = z.object({
  key: z.string().describe("Its name in the run: `build`, `test[node=20]`, `sub/build`."),
  id: taskRef,
  kind: z.enum(stepKinds).describe("`task`: Claude works. `approval`: a person is asked. `for_each` and `join` stand for several tasks."),
  status: z.enum(taskStatuses),
  needs: z.array(z.string()).describe("The keys that it runs after."),
  conditions: z.array(needView).describe("The same, with how each has to end."),
});

export const workflowSummaryView = z.object({
  id: z.int(),
  name: z.string(),
  status: z.enum(workflowStatuses),
  inputs: z.record(z.string(), z.unknown()).meta({ examples: [{ version: "2.4" }] }),
  working_directory: z.string(),
  counts: z
    .record(z.string(), z.int())
    .describe("How many of its tasks are in each status.")
    .meta({ examples: [{ pending: 2 }] }),
  created_at: time,
  ended_at: timeOrNull,
});
export type WorkflowSummaryView = z.infer<typeof workflowSummaryView>;

export const workflowView = workflowSummaryView.extend({
  tasks: z.array(workflowTaskView),
  schedule: z
    .object({ id: z.int(), name: z.string(), due_at: timeOrNull.describe("Null: a person asked for the run.") })
    .nullable()
    .describe("The schedule that submitted it; null: none did, or it was removed."),
});
export type WorkflowView = z.infer<typeof workflowView>;

export const workflowPage = z.object({ workflows: z.array(workflowSummaryView), next_cursor: z.int().nullable() });

export const checkedWorkflow = z.object({
  name: z.string(),
  inputs: z.record(z.string(), z.unknown()).meta({ examples: [{ version: "2.4" }] }),
  needs_files: z.array(z.string()).describe("Other files that it names and that were not given. Give them in `files`."),
  needs_inputs: z.array(z.string()).describe("Inputs that a run needs and that were not given."),
  tasks: z.array(z.object({ key: z.string(), kind: z.enum(stepKinds), needs: z.array(z.string()) })),
});
export type CheckedWorkflow = z.infer<typeof checkedWorkflow>;
