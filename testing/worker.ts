/**
 * A whole Claude Worker for one test: scratch state, a scripted model, the real CLI. The server is
 * the built one (`npm test` builds first).
 */
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { ServerView, TaskView, WorkerClient } from "../src/client/index.ts";
import { pathsFrom } from "../src/config/paths.ts";
import { stopServer } from "../src/cli/server/stop-server.ts";
import { startBuiltServer } from "./built-server.ts";
import { CheckingClient } from "./checking-client.ts";
import { startModel } from "./model.ts";
import type { ScriptedModel } from "./model.ts";
import { scratch } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";
import type { Script } from "./script.ts";
import { localTask } from "./local-task.ts";
import type { LocalTask } from "./local-task.ts";
import { until } from "./wait.ts";
import type { TaskRef } from "../src/domain/task/task-ref.ts";

const bin = fileURLToPath(new URL("../bin/claude-worker", import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestWorker {
  readonly place: Scratch;
  readonly model: ScriptedModel;
  readonly env: Record<string, string>;
  readonly client: WorkerClient;
  /** Runs the real CLI to its end. `input` is its standard input (default: none). */
  cli(words: readonly string[], options?: { input?: string; cwd?: string; env?: Record<string, string> }): Promise<CliResult>;
  /**
   * Starts the server with an empty database (built-server.ts) and returns what it says of itself.
   * A test of the start itself calls the command line.
   */
  start(): Promise<ServerView>;
  /** Submits through the client; the working directory is the scratch one. */
  submit(prompt: string, more?: Partial<Parameters<WorkerClient["submitTask"]>[0]>): Promise<LocalTask>;
  /** The task once `accept` holds. Fails after `timeoutMs`, saying how the task looked. */
  until(id: TaskRef, accept: (task: TaskView) => boolean, timeoutMs?: number): Promise<TaskView>;
  /** The task once it has ended. */
  ended(id: TaskRef): Promise<TaskView>;
}

/**
 * @param options.env more environment for server and CLI. @param options.subscription sign in with
 * a (fake) subscription token.
 */
export async function worker(
  t: TestContext,
  script: Script = {},
  options: { env?: Record<string, string>; subscription?: boolean } = {},
): Promise<TestWorker> {
  const place = scratch(null);
  const model = await startModel(null, script);
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    ...(options.subscription === true ? model.subscriptionEnv(place.home) : model.env(place.home)),
    CLAUDE_WORKER_HOME: place.dataHome,
    XDG_CONFIG_HOME: path.join(place.home, ".config"),
    CLAUDE_WORKER_PORT: "0",
    // Tests run on busy machines.
    CLAUDE_WORKER_MAX_LOAD_PER_CPU: "null",
    CLAUDE_WORKER_WARM: "0",
    ...options.env,
  };
  const paths = pathsFrom(env);
  const client = new CheckingClient({ kind: "socket", path: paths.serverSocket });
  const cli: TestWorker["cli"] = (words, { input, cwd = place.work, env: more = {} } = {}) =>
    runCli(words, { cwd, env: { ...env, ...more }, input });
  // One hook: several run in the order in which they were made, and the server's socket must not go
  // before the server.
  t.after(async () => {
    // It may have ended, or never have been started.
    if (existsSync(paths.home)) await stopServer({ client, isLocal: true }, { mode: "now" }).catch(() => null);
    client.close();
    await model.stop();
    await place.remove();
  });
  const untilTask: TestWorker["until"] = async (id, accept, timeoutMs) => {
    let task: TaskView | null = null;
    const look = async (): Promise<TaskView | null> => (accept((task = await client.getTask({ id }))) ? task : null);
    return await until(() => `task ${id}, which is ${JSON.stringify(task)}\n${tail(paths.serverLog)}`, look, timeoutMs);
  };
  return {
    place,
    model,
    env,
    client,
    cli,
    async start() {
      await startBuiltServer(env).catch((error: Error) => {
        throw new Error(`the server did not start: ${error.message}\n${tail(paths.serverLog)}`);
      });
      return client.server();
    },
    submit: async (prompt, more = {}) => localTask(await client.submitTask({ prompt, working_directory: place.work, ...more })),
    until: untilTask,
    ended: (id) => untilTask(id, ({ ended_at }) => ended_at !== null),
  };
}

function runCli(
  words: readonly string[],
  { cwd, env, input }: { cwd: string; env: Record<string, string>; input: string | undefined },
): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...words],
      { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 500_000 },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
    child.stdin?.end(input ?? "");
  });
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(-20).join("\n") : "";
}

/** Starts the CLI without waiting for its end, for tests that watch or kill it. */
export function spawnCli(words: readonly string[], env: Record<string, string>, cwd: string): ReturnType<typeof spawn> {
  return spawn(process.execPath, [bin, ...words], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
}
