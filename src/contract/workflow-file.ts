/**
 * What a workflow file says. The published JSON Schema (docs/workflow.schema.json) and the check of
 * files are made of this.
 */
import { z } from "zod";
import { dependencyConditions } from "../domain/order/dependency.ts";
import { maxVariables } from "../domain/templates/template.ts";
import { failurePolicies, maxWorkflowTasks } from "../domain/workflows/workflow.ts";
import { taskInput } from "./task-input.ts";
import { optionalOptions, text } from "./task-options.ts";
import { templateName, variableName } from "./template-names.ts";

export const taskKey = z
  .string()
  .regex(/^[A-Za-z_][\w-]{0,62}$/, "must begin with a letter and have at most 63 letters, digits, '_' or '-'");
const valueName = z.string().regex(/^[A-Za-z_][\w-]{0,62}$/, "has letters, digits, '_' or '-'");
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const { attachments: _images, ...options } = optionalOptions;

export const inputTypes = ["string", "number", "boolean", "list"] as const;
const input = z
  .strictObject({
    type: z.enum(inputTypes).default("string"),
    description: text.max(1000).optional(),
    default: z
      .union([scalar, z.array(scalar)])
      .optional()
      .describe("Its value where a run gives none. Absent: every run gives it."),
    choices: z.array(scalar).min(1).max(100).optional().describe("The values that it may have."),
  })
  .describe("What a run gives: `--input name=value`.");

const need = z.union([
  taskKey,
  z.strictObject({
    task: taskKey.describe("Another task of the file."),
    on: z.enum(dependencyConditions).default("completed").describe("How that task has to end. `ended`: in any way."),
  }),
]);
const onFailure = z
  .enum(failurePolicies)
  .describe("`continue`: tasks that do not depend on a failed one still run. `stop`: nothing more of the run starts. Default: `continue`.");
const workspace = z
  .enum(["own", "shared", "in_place"])
  .describe(
    "`own`: the task has a git worktree. `shared`: it works in the one worktree of the run. `in_place`: in the run's directory. Default: the settings' own.",
  );
const expression = text.min(1).max(2000);

export const workflowTask = z.strictObject({
  prompt: taskInput.shape.prompt
    .optional()
    .describe("What Claude should do. `{{ needs.KEY.result }}`, `{{ inputs.NAME }}`, `{{ matrix.NAME }}` are filled in."),
  approval: text
    .min(1)
    .max(2000)
    .optional()
    .describe("Instead of a prompt: a question to a person. The task completes when they allow it."),
  workflow: text.min(1).max(500).optional().describe("Instead of a prompt: another workflow file, relative to this one."),
  template: templateName.optional().describe("Instead of a prompt: a stored template. Options of the task count more than its own."),
  vars: z
    .record(variableName, scalar)
    .refine((vars) => Object.keys(vars).length <= maxVariables, `at most ${maxVariables} variables`)
    .optional()
    .describe(
      "Values of the template's variables: texts with `{{ inputs.NAME }}` and `{{ matrix.NAME }}`, or one value alone, `{{ needs.KEY.result }}`.",
    ),
  with: z
    .record(valueName, z.union([scalar, z.array(scalar)]))
    .optional()
    .describe("Inputs of that file."),
  needs: z
    .union([need, z.array(need).max(100)])
    .optional()
    .describe("Tasks that have to end first."),
  if: z
    .union([expression, z.boolean()])
    .optional()
    .describe('It runs only if this holds: `inputs.publish and needs.test.status == "completed"`. Otherwise it is skipped.'),
  matrix: z.record(valueName, z.array(scalar).min(1)).optional().describe("One task for each combination of these values."),
  for_each: expression
    .optional()
    .describe("One task for each element of this list, `{{ matrix.item }}`: `needs.plan.structured_result.files`, or `inputs.files`."),
  on_failure: onFailure.optional(),
  workspace: workspace.optional(),
  base: text
    .min(1)
    .max(200)
    .optional()
    .describe(
      "Begin its worktree with what a task of `needs` has left: `needs.KEY`, the commits of its branch and files that it did not commit.",
    ),
  working_directory: taskInput.shape.working_directory.optional().describe("Where it works. Default: the run's directory."),
  ...options,
});

export const workflowFile = z.strictObject({
  $schema: z.string().optional().describe("For editors."),
  name: text.trim().min(1).max(200).optional().describe("Default: the file's name."),
  description: text.max(5000).optional(),
  inputs: z
    .record(valueName, z.union([input, scalar, z.array(scalar)]))
    .optional()
    .describe("What a run gives. A plain value is a default."),
  defaults: z.strictObject(options).optional().describe("Options of every task that does not say otherwise."),
  on_failure: onFailure.optional(),
  workspace: workspace.optional(),
  concurrency: z.int().min(1).max(1000).optional().describe("How many of its tasks run at once."),
  tasks: z
    .record(taskKey, workflowTask)
    .refine((tasks) => Object.keys(tasks).length > 0, "names no task")
    .refine((tasks) => Object.keys(tasks).length <= maxWorkflowTasks, {
      error: ({ input }) => `has ${Object.keys(input as object).length} tasks, and a run has at most ${maxWorkflowTasks}`,
    })
    .describe("The tasks by their keys."),
});

export type WorkflowFile = z.output<typeof workflowFile>;
export type WorkflowTask = z.output<typeof workflowTask>;
export type WorkflowInput = z.output<typeof input>;

/** What may stand at each place of a file, for "did you mean". */
export function fieldsAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(workflowFile.shape);
  if (path[0] === "tasks" && path.length === 2) return Object.keys(workflowTask.shape);
  if (path[0] === "defaults" && path.length === 1) return Object.keys(options);
  if (path[0] === "inputs" && path.length === 2) return ["type", "description", "default", "choices"];
  return path.includes("needs") ? ["task", "on"] : [];
}

/** What people write who know the workflows of GitHub Actions, and what does the same here. */
export const foreignKeys: ReadonlyMap<string, string> = new Map([
  ["jobs", "tasks"],
  ["on", "workflow run, or a schedule, starts a run"],
  ["run-name", "name"],
  ["env", "inputs, or profile for credentials"],
  ["permissions", "permission_mode, allow and deny"],
  ["secrets", "profile"],
  ["runs-on", "every task runs on this machine, so leave it out"],
  ["container", "sandbox"],
  ["services", "setup"],
  ["environment", "a task with approval before it"],
  ["outputs", "json_schema, and then needs.KEY.structured_result"],
  ["steps", "prompt; commands that decide stand in verify"],
  ["run", "prompt; commands that decide stand in verify"],
  ["uses", "workflow or template"],
  ["strategy", "matrix"],
  ["fail-fast", "on_failure: stop"],
  ["max-parallel", "concurrency of the file, or locks"],
  ["continue-on-error", "needs: [{ task: KEY, on: ended }] in what comes after it"],
  ["timeout-minutes", "timeout_ms"],
  ["timeout", "timeout_ms"],
  ["required", "an input without a default is required"],
  ["options", "choices"],
]);
