/** `workflow graph`: the graph of a file or a run, in the language of Mermaid. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { inputFlag } from "../../task/workflow-flags.ts";
import type { InputFlags } from "../../task/workflow-flags.ts";
import { readWorkflow } from "../../task/workflow-files.ts";
import { writeJson } from "../../terminal/io.ts";
import { workflowGraph } from "../../terminal/render/workflow-mermaid.ts";

export const command = defineCommand<InputFlags>({
  name: "workflow graph",
  summary: "Draw the graph of a file or a run, in the language of Mermaid",
  arguments: [{ name: "<file>", description: "the workflow file, or the number of a run", completes: "files" }],
  options: [inputFlag],
  examples: [{ command: "claude-worker workflow graph release.yaml", does: "for pages that draw Mermaid" }],
  async run({ words: [word = ""], options, io }) {
    const connection = connectionOf(io);
    const { client } = connection;
    const read = async () =>
      /^\d+$/.test(word)
        ? (await client.getWorkflow({ workflow: Number(word) })).tasks
        : (await readWorkflow(word, options.input ?? [], client, io)).checked.tasks;
    const tasks = await withServer(io, connection, read, { isRepeatable: true });
    if (options.json === true) writeJson(io.stdout, { tasks });
    else io.stdout.write(workflowGraph(tasks));
    return exitCodes.ok;
  },
});
