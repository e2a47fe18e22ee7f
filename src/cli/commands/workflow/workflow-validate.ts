/** `workflow validate`: checks a workflow file. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { inputFlag } from "../../task/workflow-flags.ts";
import type { InputFlags } from "../../task/workflow-flags.ts";
import { readWorkflow } from "../../task/workflow-files.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<InputFlags>({
  name: "workflow validate",
  summary: "Check a workflow file",
  details: "Nothing runs. What is wrong is named with its line and column. Inputs may be left out.",
  arguments: [{ name: "<file>", description: "the workflow file, YAML or JSON", completes: "files" }],
  options: [inputFlag],
  examples: [
    { command: "claude-worker workflow validate release.yaml", does: "before a commit" },
    { command: "claude-worker workflow validate release.yaml --input version=2.4", does: "what a run would have" },
  ],
  async run({ words: [file = ""], options, io }) {
    const connection = connectionOf(io);
    const read = async () => await readWorkflow(file, options.input ?? [], connection.client, io);
    const { checked } = await withServer(io, connection, read, { isRepeatable: true });
    if (options.json === true) writeJson(io.stdout, checked);
    else {
      const needs = checked.needs_inputs.map((name) => ` --input ${name}=…`).join("");
      say(io.stdout, `${file} is a workflow with ${checked.tasks.length} tasks. Run it: claude-worker workflow run ${file}${needs}`);
    }
    return exitCodes.ok;
  },
});
