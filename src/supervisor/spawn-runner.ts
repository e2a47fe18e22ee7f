/**
 * Starts a runner process that continues without the server, and waits until it answers on its
 * socket.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { openSync, closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { taskVariables } from "../domain/task/task-variables.ts";
import { failpoint, failpointEnvironment } from "../processes/failpoint.ts";
import { withUsersUmask } from "../processes/users-umask.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";
import { connectRunner } from "./runner-connection.ts";
import type { RunnerConnection } from "./runner-connection.ts";

export interface SpawnOptions {
  readonly boot: RunnerBoot;
  /** Where the runner's own stderr goes (append). */
  readonly logFile: string;
  /** Ends the runner if it has not answered yet. */
  readonly signal?: AbortSignal;
  /** Ends the wait for the runner's answer; the runner continues. */
  readonly letGo?: AbortSignal;
}

/** A runner answers within a second. A runner that takes this long hangs. */
const startLimitMs = 30_000;

/**
 * The prefix of the ids of a data directory's runners. So the marker alone shows which data
 * directory a process belongs to.
 */
export function runnerIdPrefix(home: string): string {
  return `${createHash("sha256").update(home).digest("hex").slice(0, 5)}-`;
}

/**
 * A unique id for the runner's socket and the marker in its environment: the prefix and 96 random
 * bits (22 characters in all).
 */
export function newRunnerId(prefix: string): string {
  return prefix + randomBytes(12).toString("base64url");
}

/**
 * Spawns the runner detached (its own session) and connects.
 * @returns null when it died before it answered, or was ended because it did not answer; its stderr
 * is in the log file.
 */
export async function spawnRunner(options: SpawnOptions): Promise<RunnerConnection | null> {
  failpoint("runner.spawn.before");
  const signal = AbortSignal.any([AbortSignal.timeout(startLimitMs), ...(options.signal === undefined ? [] : [options.signal])]);
  const log = openSync(options.logFile, "a", 0o600);
  let end: () => void = () => {};
  let leave: () => void = () => {};
  try {
    const env = environmentOf(options.boot);
    const child = withUsersUmask(() =>
      spawn(process.execPath, [entryOf("main")], { detached: true, cwd: "/", stdio: ["ignore", "pipe", log], env }),
    );
    failpoint("runner.spawn.after");
    child.unref();
    end = () => void child.kill("SIGKILL");
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    // The runner handles that no process reads its line.
    leave = () => void child.stdout?.destroy();
    options.letGo?.addEventListener("abort", leave, { once: true });
    if (options.letGo?.aborted === true) leave();
    await listening(child);
    return await connectRunner(options.boot.socket, AbortSignal.any([signal, ...(options.letGo === undefined ? [] : [options.letGo])]));
  } finally {
    signal.removeEventListener("abort", end);
    options.letGo?.removeEventListener("abort", leave);
    closeSync(log);
  }
}

/**
 * Resolves when the runner listens: it then writes one line to stdout and closes it. Its death also
 * closes it.
 */
function listening(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", () => resolve());
    child.stdout?.once("data", () => resolve());
    child.stdout?.once("close", () => resolve());
  });
}

/** The environment of a process that is started with this boot data. */
export function environmentOf(boot: RunnerBoot): NodeJS.ProcessEnv {
  return {
    ...boot.agentEnv,
    ...failpointEnvironment(),
    CLAUDE_WORKER_RUNNER: JSON.stringify(boot),
    [taskVariables.runner]: boot.runnerId,
    ...(boot.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: boot.compileCache }),
  };
}

/** The path of an entry script in src/runner. */
export function entryOf(name: "main" | "probe"): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`../runner/${name}.${extension}`, import.meta.url));
}
