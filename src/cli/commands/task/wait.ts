/** `wait`: until tasks have ended. */
import type { WorkerClient } from "../../../client/worker-client.ts";
import { ServerUnreachable } from "../../../client/server-unreachable.ts";
import type { TaskView } from "../../../contract/views/task.ts";
import { defineCommand } from "../../commandline/command.ts";
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { clientOf, reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { Io } from "../../terminal/io.ts";
import { streamLine } from "../../terminal/json-stream.ts";
import { duration } from "../../commandline/option-values.ts";
import { painter } from "../../terminal/render/colour.ts";
import { attentionText } from "../../terminal/render/attention.ts";
import { endLine } from "../../terminal/render/task-end.ts";
import { idOf, readReference, readTaskId } from "../../task/task-reference.ts";
import { say } from "../../terminal/render/wrap.ts";
import type { WaitingRows } from "../../task/waiting-rows.ts";
import type { AskedNow } from "../../../client/wait.ts";
import { askedLine } from "../../task/asked-line.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

interface WaitOptions extends FilterOptions {
  readonly timeout?: number;
  readonly strict?: boolean;
  readonly orQuestion?: boolean;
}

const unfinished = ["pending", "running", "waiting"] as const;

export const command = defineCommand<WaitOptions>({
  name: "wait",
  summary: "Wait until tasks have ended",
  details:
    "Exits with 0 when all completed, 1 when one did not, 5 with --or-question when one needs an answer, 124 when the time was over. " +
    "A task that needs an answer is named on the standard error. A filter means the tasks that fit it now and have not ended. " +
    "Without a terminal it prints a line for each: id, tab, status, and after another tab what to look at in a completed task.",
  arguments: [{ name: "[id...]", description: readReference, completes: "tasks" }],
  options: [
    ...filterOptions("every task that has not ended"),
    { flags: "--timeout <duration>", description: "longest wait, e.g. 10m", parse: duration("--timeout") },
    { flags: "--or-question", description: "stop waiting, with exit code 5, when a task needs an answer" },
    { flags: "--strict", description: "exit with 1 also when there is something to look at in a completed task" },
  ],
  examples: [
    { command: "claude-worker wait 42 43", does: "until both have ended" },
    { command: "claude-worker wait --group nightly", does: "until all of a group have ended" },
    { command: 'claude-worker wait "$id" --timeout 10m && deploy', does: "in a script" },
  ],
  async run(call) {
    const { words, options, io } = call;
    const fitting = await fittingTasks(call, { verb: "wait", done: "waited for", possible: unfinished, meant: unfinished });
    if (fitting?.length === 0) say(io.stderr, "No task fits, so there is nothing to wait for.");
    const { client, found: ids } = fitting === null ? await tasksOf(words, io) : { client: clientOf(io), found: fitting };
    const interrupt = new AbortController();
    const release = io.onInterrupt(() => interrupt.abort());
    const rows = options.json === true || !io.stdout.isTTY ? null : await waitingRows(io, client, ids);
    const onEnd = (task: TaskView): void => {
      if (options.json === true) io.stdout.exact(streamLine({ task }));
      else if (rows === null) io.stdout.write(`${lineOf(task, io)}\n`);
      else rows.ended(task.id, `${lineOf(task, io)}\n`);
    };
    const onOutage = once((reason: string) => say(io.stderr, `${reason}\nThe wait continues for up to a minute until a server answers.`));
    let isAsked = false;
    const onQuestion = (asked: AskedNow): void => {
      isAsked = true;
      const line = askedLine(asked);
      if (rows === null) say(io.stderr, line);
      else rows.above(`${line}\n`);
      if (options.orQuestion === true) interrupt.abort();
    };
    const waitOptions = { timeoutMs: options.timeout, signal: interrupt.signal, onEnd, onOutage, onQuestion };
    const { ended, open } = await client.wait(ids, waitOptions).finally(() => {
      release();
      rows?.stop();
    });
    const isTimedOut = open.length > 0 && !interrupt.signal.aborted;
    const needsAnswer = isAsked && options.orQuestion === true && open.length > 0;
    if (options.json === true) io.stdout.exact(streamLine({ wait: { open, timed_out: isTimedOut } }));
    else if (open.length > 0)
      say(
        io.stderr,
        `${isTimedOut ? "The time is over" : needsAnswer ? "An answer is needed" : "The wait was ended"}: ${open.length === 1 ? "task" : "tasks"} ${open.join(", ")} ${open.length === 1 ? "has" : "have"} not ended yet. Nothing was stopped.`,
      );
    if (needsAnswer) return exitCodes.needsAnswer;
    if (isTimedOut) return exitCodes.timedOut;
    if (open.length > 0) return exitCodes.interrupted;
    const isGood = ({ status, attention }: TaskView): boolean =>
      status === "completed" && (options.strict !== true || attention.length === 0);
    return ended.every(isGood) ? exitCodes.ok : exitCodes.failed;
  },
});

async function waitingRows(io: Io, client: WorkerClient, ids: readonly TaskRef[]): Promise<WaitingRows> {
  const { WaitingRows: Rows } = await import("../../task/waiting-rows.ts");
  return new Rows(io, client, ids);
}

/** With ids alone, a server that cannot be started here is waited for. */
async function tasksOf(words: readonly string[], io: Io): Promise<{ client: WorkerClient; found: TaskRef[] }> {
  try {
    return await reading(io, async (server) => await Promise.all(words.map(async (word) => await known(server, word))));
  } catch (error) {
    const ids = words.map(idOf);
    if (!(error instanceof ServerUnreachable) || ids.includes(null)) throw error;
    return { client: clientOf(io), found: ids.flatMap((id) => id ?? []) };
  }
}

/** The id of a task that is there: asking for it also starts the server. */
async function known(client: WorkerClient, reference: string): Promise<TaskRef> {
  return (await client.getTask({ id: await readTaskId(client, reference) })).id;
}

function lineOf(task: TaskView, io: Io): string {
  if (io.stdout.isTTY) return endLine(task, painter(io.stdout));
  const attention = attentionText(task);
  return `${task.id}\t${task.status}${attention === "" ? "" : `\t${attention}`}`;
}

/** All tasks tell of the same outage. */
function once(tell: (reason: string) => void): (reason: string) => void {
  let told = false;
  return (reason) => {
    if (!told) tell(reason);
    told = true;
  };
}
