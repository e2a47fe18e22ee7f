/** `run`: submits a task; with --watch follows it. */
import type { TaskInput } from "../../../contract/task-input.ts";
import type { TaskView } from "../../../contract/views/task.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { sentence } from "../../../domain/text/sentence.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf } from "../../server/connection.ts";
import type { Connection } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { streamLine } from "../../terminal/json-stream.ts";
import { readGivenPrompt } from "../../task/read-prompt.ts";
import type { GivenPrompt } from "../../task/read-prompt.ts";
import { submitNotes } from "../../task/submit-notes.ts";
import { say } from "../../terminal/render/wrap.ts";
import { orderFields, orderFlags } from "../../task/order-flags.ts";
import { taskFlags } from "../../task/task-flags.ts";
import { assignment } from "../../task/assignment.ts";
import { newKey, runInput, submitTrusting } from "../../task/run-input.ts";
import type { TemplateRunFlags } from "../../task/template-run.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

interface RunOptions extends TemplateRunFlags {
  readonly watch?: boolean;
}

export const command = defineCommand<RunOptions>({
  name: "run",
  summary: "Submit a task",
  details:
    "The prompt comes from the argument, from the file that the argument names, or from the standard input (a pipe, or -). " +
    "Text piped in beside a prompt is appended to it as context. " +
    "When no server runs, one is started. On a pipe it prints the task's id and nothing else.",
  arguments: [
    {
      name: "[prompt]",
      description: "what Claude should do: a text, a file, or - for the standard input",
      completes: "files",
      isText: true,
    },
  ],
  options: [
    ...taskFlags,
    ...orderFlags,
    { flags: "--template <name>", description: "the prompt and the options of this template; what is given here counts more" },
    {
      flags: "--var <name=value>",
      description: "a variable of the template; may be given several times",
      parse: (text) => [assignment("--var", text)],
      repeat: true,
    },
    { flags: "-w, --watch", description: "follow the task until it ends; Ctrl-C leaves it running" },
    { flags: "--trust", description: "trust the directory, after a question on the terminal" },
  ],
  examples: [
    { command: 'claude-worker run "Refactor the authentication module in ./src/auth" --watch', does: "submit and follow" },
    { command: "claude-worker run plan.md -d ~/project -n plan", does: "the prompt is in a file" },
    { command: 'git diff | claude-worker run "Review this change"', does: "a prompt with piped context" },
    { command: "claude-worker run --template review --var branch=main", does: "a stored prompt" },
    { command: 'id=$(claude-worker run "Fix the failing test" --allow "Bash(npm test)")', does: "the id, for scripts" },
  ],
  async run({ words, options, io }) {
    const connection = connectionOf(io);
    const task = await submit(words[0], options, connection, io);
    for (const line of submitNotes(task, { io, settings: connection.settings })) say(io.stderr, `claude-worker: ${plainLine(line, 1000)}`);
    if (options.watch === true) {
      const { watchTask } = await import("../../task/watch-task.ts");
      if (options.json === true) io.stdout.exact(streamLine({ task }));
      else say(io.stderr, submittedLine(task));
      return await watchTask({ io, client: connection.client, task, after: 0, json: options.json === true });
    }
    if (options.json === true) writeJson(io.stdout, task);
    else if (io.stdout.isTTY) say(io.stdout, `${submittedLine(task)}\n${nextCommands(task.id)}`);
    else io.stdout.write(`${task.id}\n`);
    return exitCodes.ok;
  },
});

async function submit(argument: string | undefined, options: RunOptions, connection: Connection, io: Io): Promise<TaskView> {
  if (options.template !== undefined) {
    const { runTemplate } = await import("../../task/template-run.ts");
    return await runTemplate(options, argument, connection, io);
  }
  if (options.var !== undefined) throw new WorkerError("invalid_input", "--var belongs to a template. Name it: --template NAME");
  return await submitted(await taskInput(await readGivenPrompt(argument, io), options, connection, io), options, connection, io);
}

async function taskInput({ prompt, literalFrom }: GivenPrompt, options: RunOptions, connection: Connection, io: Io): Promise<TaskInput> {
  const order = await orderFields(options, connection.client);
  // Only tasks that run after others have something to fill in.
  const literal = literalFrom === null || order.depends_on === undefined ? {} : { literal_from: literalFrom };
  return { ...(await runInput(prompt, options, connection, io)), ...literal, ...order };
}

async function submitted(input: TaskInput, { trust = false }: RunOptions, connection: Connection, io: Io): Promise<TaskView> {
  const idempotencyKey = newKey();
  const call = { io, connection, input, trust, isRepeatable: true };
  return await submitTrusting(call, async (client) => await client.submitTask(input, { idempotencyKey }));
}

function submittedLine(task: TaskView): string {
  if (task.status === "skipped")
    return `Task ${task.id} is skipped: ${task.error?.message ?? ""} Run it all the same: claude-worker retry ${task.id}`;
  const wait =
    task.waiting_for === null || task.waiting_for.message === "starts now"
      ? ""
      : ` It waits: ${sentence(plainLine(task.waiting_for.message, 1000))}`;
  return `Task ${task.id} is submitted: ${sentence(plainLine(task.name ?? task.title, 100))}${wait}`;
}

function nextCommands(id: TaskRef): string {
  return `Next: claude-worker watch ${id} · claude-worker show ${id} · claude-worker cancel ${id}`;
}
