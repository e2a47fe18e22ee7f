/** `workflow run`: runs a workflow file; with --watch follows it. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { newKey, submitTrusting } from "../../task/run-input.ts";
import { watchWorkflow } from "../../task/watch-workflow.ts";
import { inputFlag, taskCount } from "../../task/workflow-flags.ts";
import type { InputFlags } from "../../task/workflow-flags.ts";
import { readWorkflow } from "../../task/workflow-files.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface RunFlags extends InputFlags {
  readonly dir?: string;
  readonly watch?: boolean;
  readonly trust?: boolean;
}

export const command = defineCommand<RunFlags>({
  name: "workflow run",
  summary: "Run a workflow file",
  details: "All of its tasks are stored at once. On a pipe it prints the run's number and nothing else.",
  arguments: [{ name: "<file>", description: "the workflow file, YAML or JSON", completes: "files" }],
  options: [
    { flags: "-d, --dir <path>", description: "directory to work in (default: the current one)", completes: "directories" },
    inputFlag,
    { flags: "-w, --watch", description: "follow the run until it ends; Ctrl-C leaves it running" },
    { flags: "--trust", description: "trust the directory, after a question on the terminal" },
  ],
  examples: [{ command: "claude-worker workflow run release.yaml --input version=2.4 --watch", does: "run and follow" }],
  async run({ words: [file = ""], options, io }) {
    const connection = connectionOf(io);
    const read = async () => await readWorkflow(file, options.input ?? [], connection.client, io);
    const { input } = await withServer(io, connection, read, { isRepeatable: true });
    const submit = { ...input, working_directory: pathGiven(io, options.dir ?? ".") };
    const call = { io, connection, input: submit, trust: options.trust === true, isRepeatable: true };
    const idempotencyKey = newKey();
    const workflow = await submitTrusting(call, async (client) => await client.runWorkflow(submit, { idempotencyKey }));
    if (options.watch === true) return await watchWorkflow(workflow, { io, client: connection.client, json: options.json === true });
    if (options.json === true) writeJson(io.stdout, workflow);
    else if (io.stdout.isTTY)
      say(io.stdout, `Workflow ${workflow.id} runs: ${taskCount(workflow)}. Next: claude-worker workflow show ${workflow.id}`);
    else io.stdout.write(`${workflow.id}\n`);
    return exitCodes.ok;
  },
});
