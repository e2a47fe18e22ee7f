/** `workflow show`: a run with the states of its tasks. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { runNumber } from "../../task/workflow-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { workflowPage } from "../../terminal/render/workflow.ts";

export const command = defineCommand<object>({
  name: "workflow show",
  summary: "Show a run, with the states of its tasks",
  arguments: [{ name: "<id>", description: "the run's number" }],
  examples: [{ command: "claude-worker workflow show 3", does: "what runs, and what comes after" }],
  async run({ words: [id = ""], options, io }) {
    const workflow = await clientOf(io).getWorkflow({ workflow: runNumber(id) });
    if (options.json === true) writeJson(io.stdout, workflow);
    else io.stdout.write(workflowPage(workflow, io.stdout));
    return exitCodes.ok;
  },
});
