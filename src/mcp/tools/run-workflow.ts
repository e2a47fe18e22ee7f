/** `run_workflow`: runs a workflow that the agent writes. */
import { z } from "zod";
import { workflowRun } from "../../contract/operations/workflows.ts";
import { workflowView } from "../../contract/views/workflow.ts";
import { WorkerError } from "../../domain/errors.ts";
import { keyInSession } from "../session.ts";
import { data, defineTool } from "../tool.ts";
import { idempotencyKey } from "./arguments.ts";

const { file, inputs, files, working_directory } = workflowRun.shape;

export const runWorkflow = defineTool({
  name: "run_workflow",
  title: "Run a workflow",
  description:
    "Runs several tasks that depend on each other, from a workflow file in YAML: needs, if, matrix, for_each over a list that an earlier task returned, approval by a person, template with vars. Returns at once.",
  input: z.strictObject({
    file,
    files,
    inputs,
    working_directory: working_directory
      .optional()
      .describe("Absolute path of an existing, trusted directory. Default: the project that you work in."),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.object({ workflow: workflowView, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ working_directory: given, idempotency_key: key, ...input }, { api, caller, session }) {
    const directory = given ?? session.project;
    if (directory === null) {
      const detail = "is missing: give the absolute path of the project that the work is about";
      throw new WorkerError("invalid_input", `working_directory ${detail}.`, [{ pointer: "/working_directory", detail }]);
    }
    const own = { ...input, path: "workflow.yaml", working_directory: directory };
    const workflow =
      key === undefined
        ? await api.runWorkflow(own, caller)
        : (await api.runWorkflowOnce(own, keyInSession(session, key), caller)).workflow;
    return data({ workflow, next_step: `The run ${workflow.id} is safe. get_workflow shows it; wait_for_tasks waits for its tasks.` });
  },
});
