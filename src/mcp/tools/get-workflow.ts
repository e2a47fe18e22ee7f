/** `get_workflow`: a run with its tasks. */
import { z } from "zod";
import { workflowView } from "../../contract/views/workflow.ts";
import { data, defineTool } from "../tool.ts";

export const getWorkflow = defineTool({
  name: "get_workflow",
  title: "Get a workflow run",
  description: "A run of a workflow: its status, and the status of each of its tasks.",
  input: z.strictObject({ id: z.int().min(1).describe("The run's number.") }),
  output: z.object({ workflow: workflowView, next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ id }, { api, caller }) {
    const workflow = await api.getWorkflow({ workflow: id }, caller);
    return data({ workflow, next_step: "get_task shows one of its tasks in full; wait_for_tasks waits for them." });
  },
});
