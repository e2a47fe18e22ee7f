/** `logs`: a task's story, line by line, or its raw log. */
import type { EventView } from "../../../contract/views/event.ts";
import type { TaskView } from "../../../contract/views/task.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { isMachinery } from "../../../domain/events/machinery.ts";
import { isChosen } from "../../task/event-choice.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { ExitCode } from "../../commandline/exit-codes.ts";
import type { Io } from "../../terminal/io.ts";
import { streamLine } from "../../terminal/json-stream.ts";
import { moment, wholeNumber } from "../../commandline/option-values.ts";
import { rawLog } from "../../task/raw-log.ts";
import { EventLines } from "../../terminal/render/event-lines.ts";
import { StatusLine } from "../../terminal/render/status-line.ts";
import { storedEvents } from "../../task/stored-events.ts";
import { SpendingLook } from "../../task/spending-look.ts";
import { TaskProgress } from "../../task/task-progress.ts";
import { say } from "../../terminal/render/wrap.ts";
import type { LogCall, LogsOptions } from "../../task/log-call.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";

export const command = defineCommand<LogsOptions>({
  name: "logs",
  summary: "Show what a task did, line by line",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [
    { flags: "-f, --follow", description: "follow the log until the task ends; Ctrl-C leaves the task running" },
    { flags: "--raw", description: "the raw log: every message of Claude Code as a line of JSON" },
    { flags: "--errors", description: "only what failed or was denied" },
    { flags: "--tools", description: "only the tools that were used" },
    { flags: "--text", description: "only what Claude said" },
    { flags: "-a, --all", description: "also when it was submitted, its session, how it was started, and notices" },
    { flags: "-n, --lines <n>", description: "only the newest lines", parse: wholeNumber("--lines") },
    {
      flags: "--since <time>",
      description: "only what is newer: a duration (10m) or a time (2026-11-22T14:00:00Z)",
      parse: moment("--since"),
    },
  ],
  examples: [
    { command: "claude-worker logs 42 -f", does: "follow it" },
    { command: "claude-worker logs --errors --tools", does: "the newest task's tools and errors" },
    { command: "claude-worker logs 42 -n 20", does: "the newest 20 lines" },
    { command: "claude-worker logs 42 --raw | jq .type", does: "every message, for programs" },
  ],
  async run({ words, options, io }) {
    refuseChoiceOfRaw(options);
    const { client, found: task } = await reading(io, async (server) => await server.getTask({ id: await readTaskId(server, words[0]) }));
    const interrupt = new AbortController();
    const release = options.follow === true ? io.onInterrupt(() => interrupt.abort()) : () => undefined;
    const show = options.raw === true ? rawLog : options.json === true ? jsonLog : readableLog;
    try {
      await show({ client, io, task, options, signal: interrupt.signal });
    } finally {
      release();
    }
    if (!interrupt.signal.aborted) return exitCodes.ok;
    return leftRunning(task, io);
  },
});

/** @throws WorkerError invalid_input: the raw log has messages, and the choices are of events. */
function refuseChoiceOfRaw({ raw, errors, tools, text, all }: LogsOptions): void {
  const flag = Object.entries({ errors, tools, text, all }).find(([, value]) => value === true)?.[0];
  if (raw !== true || flag === undefined) return;
  throw new WorkerError("invalid_input", `--raw prints every message, so --${flag} cannot choose from it. Give one of the two.`);
}

function leftRunning({ id }: TaskView, io: Io): ExitCode {
  io.stderr.write(`Task ${id} continues.\n`);
  return exitCodes.interrupted;
}

/** Lines for people; they are made here from the events, so that `-n` counts lines. */
async function readableLog(call: LogCall): Promise<void> {
  const { io, task, options } = call;
  const shown = new EventLines(io.stdout);
  const newest = options.lines === undefined ? null : await newestLines(call, options.lines);
  if (newest !== null) await io.stdout.flow(newest.map((line) => `${line}\n`).join(""));
  const after = newest === null ? 0 : task.last_event;
  if (task.status === "pending" && options.follow !== true) say(io.stderr, `Task ${task.id} waits${reasonOf(task)}`);
  if (options.follow === true && io.stdout.isTTY) return await followOnTerminal(call, after, shown);
  for await (const event of eventsOf(call, after)) {
    for (const line of shown.of(event)) await io.stdout.flow(`${line}\n`);
  }
}

function reasonOf({ waiting_for: reason }: TaskView): string {
  return reason === null ? "." : `: ${plainLine(reason.message, 1000)}`;
}

/** With a status line below, as `watch` has it. */
async function followOnTerminal(call: LogCall, after: number, shown: EventLines): Promise<void> {
  const progress = new TaskProgress(call.task);
  const status = new StatusLine(call.io.stdout, () => progress.text());
  const spending = new SpendingLook(call.client, call.task.id, progress);
  status.start();
  try {
    for await (const event of eventsOf(call, after)) {
      progress.take(event);
      spending.soon();
      const lines = shown.of(event);
      if (lines.length > 0) status.above(`${lines.join("\n")}\n`);
    }
  } finally {
    spending.stop();
    status.stop();
  }
}

async function jsonLog(call: LogCall): Promise<void> {
  const { io, task, options } = call;
  const after = options.lines === undefined ? 0 : Math.max(0, task.last_event - options.lines);
  for await (const event of eventsOf(call, after)) await io.stdout.flow(streamLine({ event }));
}

/** The stored events after a number that are new enough, and with --follow what comes. */
async function* eventsOf({ client, task, options, signal }: LogCall, after: number): AsyncGenerator<EventView, void> {
  const since = options.since ?? 0;
  const events =
    options.follow === true ? client.events(task.id, { after, signal }) : storedEvents(client, task.id, { after, last: task.last_event });
  for await (const event of events) {
    if (Date.parse(event.at) >= since && isWanted(event, options)) yield event;
  }
}

/** A program gets everything unless it chooses. A person knows that the task was submitted. */
function isWanted(event: EventView, options: LogCall["options"]): boolean {
  if (!isChosen(event, options)) return false;
  if (options.json === true || options.all === true || options.errors === true) return true;
  return event.type !== "submitted" && !isMachinery(event);
}

async function newestLines({ client, io, task, options }: LogCall, count: number): Promise<string[]> {
  for (let window = count + 20; ; window *= 4) {
    const after = Math.max(0, task.last_event - window);
    const lines: string[] = [];
    const shown = new EventLines(io.stdout);
    for await (const event of storedEvents(client, task.id, { after, last: task.last_event })) {
      if (Date.parse(event.at) >= (options.since ?? 0) && isWanted(event, options)) lines.push(...shown.of(event));
    }
    if (lines.length >= count || after === 0) return count === 0 ? [] : lines.slice(-count);
  }
}
