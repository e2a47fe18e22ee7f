/** `workflow show`: the graph of a run with the states of its tasks; with --watch follows it. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { watchWorkflow } from "../../task/watch-workflow.ts";
import { runNumber } from "../../task/workflow-flags.ts";
import { writeJson } from "../../terminal/io.ts";
import { workflowPage } from "../../terminal/render/workflow.ts";

interface ShowFlags {
  readonly watch?: boolean;
}

export const command = defineCommand<ShowFlags>({
  name: "workflow show",
  summary: "Show the graph of a run, with the states of its tasks",
  arguments: [{ name: "<id>", description: "the run's number" }],
  options: [{ flags: "-w, --watch", description: "follow the run until it ends; Ctrl-C leaves it running" }],
  examples: [
    { command: "claude-worker workflow show 3", does: "what runs, and what comes after" },
    { command: "claude-worker workflow show 3 --watch", does: "a line for each task that ends, then the graph" },
  ],
  async run({ words: [id = ""], options, io }) {
    const workflowNumber = runNumber(id);
    const { client, found: workflow } = await reading(io, async (each) => await each.getWorkflow({ workflow: workflowNumber }));
    if (options.watch === true) return await watchWorkflow(workflow, { io, client, json: options.json === true });
    if (options.json === true) writeJson(io.stdout, workflow);
    else io.stdout.write(workflowPage(workflow, io.stdout));
    return exitCodes.ok;
  },
});
