/** `workflow rm`: removes an ended run. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { runNumber } from "../../task/workflow-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "workflow rm",
  summary: "Remove a run that has ended, with its tasks",
  arguments: [{ name: "<id>", description: "the run's number" }],
  examples: [{ command: "claude-worker workflow rm 3", does: "its tasks, too" }],
  async run({ words: [id = ""], options, io }) {
    await clientOf(io).removeWorkflow({ workflow: runNumber(id) });
    if (options.json === true) writeJson(io.stdout, { removed: Number(id) });
    else say(io.stdout, `Workflow ${id} is removed, with its tasks.`);
    return exitCodes.ok;
  },
});
