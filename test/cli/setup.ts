/**
 * Calls of the command line inside the test's process, against the real REST door with the real
 * operations behind it.
 */
import { PassThrough, Readable } from "node:stream";
import type { TestContext } from "node:test";
import { outputTo } from "../../src/cli/terminal/io.ts";
import type { Io } from "../../src/cli/terminal/io.ts";
import { runCli } from "../../src/cli/commandline/run-cli.ts";
import type { TaskPatch } from "../../src/store/store.ts";
import type { DoorApi } from "../../testing/door-api.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";
import { scratch } from "../../testing/scratch.ts";
import type { Scratch } from "../../testing/scratch.ts";

export interface CallOptions {
  /** Outputs are terminals of this width. */
  readonly columns?: number;
  /** What is piped in; null: nothing is. */
  readonly input?: string | Buffer | null;
  /**
   * What a person types at the terminal. Makes the input a terminal; give `columns`, too, for a
   * person who can be asked.
   */
  readonly typed?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

export interface CliCall {
  readonly done: Promise<CliAnswer>;
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Types more at the terminal. */
  type(text: string): void;
  /** Ctrl-C. */
  interrupt(): void;
}

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output as JSON. */
  json(): Record<string, unknown>;
}

export interface CliSetup {
  readonly place: Scratch;
  readonly env: Record<string, string>;
  call(words: readonly string[], options?: CallOptions): Promise<CliAnswer>;
  /** As `call`, without waiting for its end. */
  start(words: readonly string[], options?: CallOptions): CliCall;
}

/** A command line without any server. */
export function withoutServer(t: TestContext, place = scratch(t)): CliSetup {
  const env = { HOME: place.home, CLAUDE_WORKER_HOME: place.dataHome, PATH: process.env["PATH"] ?? "" };
  const start: CliSetup["start"] = (words, options = {}) =>
    startCall(words, { cwd: place.work, ...options, env: { ...env, ...options.env } });
  return { place, env, start, call: async (words, options) => await start(words, options).done };
}

export interface ServedCli extends CliSetup {
  readonly api: DoorApi;
  readonly door: OpenDoor;
}

/** A command line whose server is the real door over the real operations, without runners. */
export async function withServer(t: TestContext): Promise<ServedCli> {
  const door = await openDoor(t);
  return { ...withoutServer(t, door.api.corner), api: door.api, door };
}

/** Writes into the store what an attempt would have left in the task. */
export async function patch({ store }: DoorApi, id: number, part: TaskPatch): Promise<void> {
  await store.write(() => store.tasks.patch(id, Date.now(), part));
}

/** Every answer about one task has these fields from now on. */
export function showAs(api: DoorApi, part: object): void {
  const { getTask } = api;
  api.getTask = async (input) => ({ ...(await getTask(input)), ...part });
}

function startCall(words: readonly string[], { columns, input = null, typed, env = {}, cwd = "/" }: CallOptions): CliCall {
  const stdout = collector(columns);
  const stderr = collector(columns);
  const listeners = new Set<() => void>();
  const terminal = typed === undefined ? null : terminalInput(typed);
  const io: Io = {
    stdin: terminal ?? pipedInput(input),
    inputFd: input === null ? -1 : null,
    stdout: outputTo(stdout.stream, env),
    stderr: outputTo(stderr.stream, env),
    env,
    cwd,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onKill: () => () => {},
  };
  const done = runCli(words, io).then((code) => ({
    code,
    stdout: stdout.text(),
    stderr: stderr.text(),
    json: () => JSON.parse(stdout.text()) as Record<string, unknown>,
  }));
  return {
    done,
    stdout: stdout.text,
    stderr: stderr.text,
    type: (text) => void terminal?.write(text),
    interrupt: () => listeners.forEach((listener) => listener()),
  };
}

function pipedInput(input: string | Buffer | null): Io["stdin"] {
  return Object.assign(Readable.from(input === null ? [] : [Buffer.from(input)]), { isTTY: input === null });
}

/** It stays open behind what was typed, as a terminal does. */
function terminalInput(typed: string): Io["stdin"] & PassThrough {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.write(typed);
  return stdin;
}

function collector(columns: number | undefined): { stream: PassThrough & { isTTY?: boolean; columns?: number }; text: () => string } {
  const parts: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  stream.on("data", (part: Buffer) => void parts.push(part));
  return { stream, text: () => Buffer.concat(parts).toString("utf8") };
}

/** Three tasks: the first failed, the second completed, the third waits. */
export async function filled(t: TestContext): Promise<ServedCli> {
  const cli = await withServer(t);
  for (const prompt of ["one", "two\x1b[31m", "three"])
    await cli.api.submitTasks({ tasks: [plainInput({ prompt, working_directory: cli.place.work })] }, { name: "test", scope: "admin" });
  await cli.api.finish(1, "failed");
  await cli.api.finish(2);
  return cli;
}
