/** `workflow retry`: runs again what failed. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { runNumber } from "../../task/workflow-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "workflow retry",
  summary: "Run again what failed, and what hangs on it",
  details: "Tasks that completed stay as they are.",
  arguments: [{ name: "<id>", description: "the run's number" }],
  options: [{ flags: "--failed", description: "only what failed, which is what a retry does" }],
  examples: [{ command: "claude-worker workflow retry 3 --failed", does: "after the cause is fixed" }],
  async run({ words: [id = ""], options, io }) {
    const workflow = await clientOf(io).retryWorkflow({ workflow: runNumber(id) });
    if (options.json === true) writeJson(io.stdout, workflow);
    else say(io.stdout, `Workflow ${id} runs again: claude-worker workflow show ${id}`);
    return exitCodes.ok;
  },
});
