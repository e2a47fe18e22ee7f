/** `workflow cancel`: cancels what has not ended. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { runNumber } from "../../task/workflow-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "workflow cancel",
  summary: "Cancel a run: each of its tasks that has not ended",
  arguments: [{ name: "<id>", description: "the run's number" }],
  examples: [{ command: "claude-worker workflow cancel 3", does: "stop it for good" }],
  async run({ words: [id = ""], options, io }) {
    const workflow = await clientOf(io).cancelWorkflow({ workflow: runNumber(id) });
    if (options.json === true) writeJson(io.stdout, workflow);
    else say(io.stdout, `Workflow ${id} is being cancelled.`);
    return exitCodes.ok;
  },
});
