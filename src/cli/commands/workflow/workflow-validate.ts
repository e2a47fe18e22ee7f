/** `workflow validate`: checks a workflow file. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { inputFlag, taskCount } from "../../task/workflow-flags.ts";
import type { InputFlags } from "../../task/workflow-flags.ts";
import { readWorkflow } from "../../task/workflow-files.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import type { CheckedWorkflow } from "../../../contract/views/workflow.ts";
import { shellQuoted } from "../../../domain/text/shell-quoted.ts";

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
    else say(io.stdout, `${file} is a workflow with ${taskCount(checked)}. Run it: ${runLine(file, options.input ?? [], checked)}`);
    return exitCodes.ok;
  },
});

function runLine(file: string, given: readonly [string, string][], { needs_inputs: open }: CheckedWorkflow): string {
  const inputs = [
    ...given.map(([name, value]) => `--input ${shellQuoted(`${name}=${value}`)}`),
    ...open.map((name) => `--input ${name}=…`),
  ];
  return ["claude-worker workflow run", shellQuoted(file), ...inputs].join(" ");
}
