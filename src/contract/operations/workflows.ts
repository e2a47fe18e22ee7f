/** Workflows: runs of files with tasks that depend on each other. */
import { z } from "zod";
import { maxWorkflowBytes, workflowStatuses } from "../../domain/workflows/workflow.ts";
import { taskInput } from "../task-input.ts";
import { text } from "../task-options.ts";
import { checkedWorkflow, workflowPage, workflowView } from "../views/workflow.ts";
import { operation } from "./operation.ts";
import { idempotencyHeaders } from "./submit.ts";
import { largest, wholeNumber } from "./query-values.ts";

const tag = "Workflows";

const fileText = text.max(maxWorkflowBytes);
const fileInput = {
  file: fileText.describe("The file's text, YAML or JSON (docs/workflow.schema.json)."),
  path: text.min(1).max(500).default("workflow.yaml").describe("What the file is called in problems."),
  files: z
    .record(z.string().max(500), fileText)
    .refine((files) => Object.keys(files).length <= 50, "at most 50 files")
    .default({})
    .describe("Other files that it runs, by their paths relative to it.")
    .meta({ maxProperties: 50, examples: [{}] }),
  inputs: z
    .record(
      z.string().max(63),
      z.union([text.max(100_000), z.number(), z.boolean(), z.array(z.union([text.max(10_000), z.number(), z.boolean()])).max(10_000)]),
    )
    .default({})
    .describe("Values of its inputs.")
    .meta({ maxProperties: 100, examples: [{}] }),
};

export const workflowRun = z.strictObject({ ...fileInput, working_directory: taskInput.shape.working_directory });
export type WorkflowRun = z.output<typeof workflowRun>;
export const workflowCheck = z.strictObject(fileInput);
export type WorkflowCheck = z.output<typeof workflowCheck>;

const params = z.strictObject({
  workflow: wholeNumber(1, largest)
    .describe("The run's number.")
    .meta({ examples: [1] }),
});
const listQuery = z.strictObject({
  status: z.enum(workflowStatuses).optional().describe("Only runs in this status."),
  limit: wholeNumber(1, 200).optional().describe("Default 50."),
  cursor: wholeNumber(1, largest).optional().describe("`next_cursor` of the page before."),
});
export type WorkflowQuery = z.output<typeof listQuery>;

export const maxWorkflowBodyBytes = 8 * maxWorkflowBytes;
const submitProblems = ["untrusted_directory", "conflict", "unprocessable"] as const;

export const workflowOperations = {
  listWorkflows: operation("listWorkflows", {
    access: "read",
    tag,
    summary: "List runs of workflows",
    query: listQuery,
    answer: "The runs, newest first.",
    output: workflowPage,
  }),
  runWorkflow: operation("runWorkflow", {
    access: "submit",
    tag,
    summary: "Run a workflow",
    description:
      "All of its tasks are stored, or none, with the rights that the caller has for each. The answer is sent when they are durable.",
    headers: idempotencyHeaders,
    body: workflowRun,
    maxBodyBytes: maxWorkflowBodyBytes,
    status: 201,
    answer: "The run, durable. `Location` names it; `Idempotent-Replayed: true` tells that it was there already.",
    output: workflowView,
    problems: submitProblems,
  }),
  validateWorkflow: operation("validateWorkflow", {
    access: "submit",
    tag,
    summary: "Check a workflow file",
    description: "Stores nothing. What is wrong is an `invalid_input` with line and column for each problem.",
    body: workflowCheck,
    maxBodyBytes: maxWorkflowBodyBytes,
    answer: "What a run of it would have.",
    output: checkedWorkflow,
  }),
  getWorkflow: operation("getWorkflow", {
    access: "read",
    tag,
    summary: "Get a run with its tasks",
    params,
    answer: "The run.",
    output: workflowView,
  }),
  cancelWorkflow: operation("cancelWorkflow", {
    access: "submit",
    tag,
    summary: "Cancel a run: each of its tasks that has not ended",
    params,
    answer: "The run. Running tasks end in a moment.",
    output: workflowView,
    problems: ["conflict"],
  }),
  retryWorkflow: operation("retryWorkflow", {
    access: "submit",
    tag,
    summary: "Run again what failed, and what hangs on it",
    params,
    answer: "The run.",
    output: workflowView,
    problems: ["conflict", "untrusted_directory"],
  }),
  removeWorkflow: operation("removeWorkflow", {
    access: "submit",
    tag,
    summary: "Remove a run that has ended, with its tasks",
    params,
    status: 204,
    answer: "Removed.",
    output: null,
    problems: ["conflict"],
  }),
};
