/**
 * Prepares the process of a runner: boot data, signals, rights, and the place in the process tree.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { taskVariables } from "../domain/task/task-variables.ts";
import { keepFilesPrivate } from "../processes/users-umask.ts";
import type { CreateAgent } from "../agent/agent.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";

const bootVariable = "CLAUDE_WORKER_RUNNER";

/**
 * Reads the boot data and removes it from the environment.
 * @throws when a person started this process directly.
 */
export function takeBoot(env: NodeJS.ProcessEnv): RunnerBoot {
  const text = env[bootVariable];
  delete env[bootVariable];
  if (text === undefined) throw new Error("a runner is started by the server, not by hand");
  return JSON.parse(text) as RunnerBoot;
}

/**
 * The server's own token, which a task could print. It is kept out of journals by its value,
 * because it has no known shape. Empty when it cannot be read.
 */
export function localToken(env: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return { LOCAL_TOKEN: readFileSync(join(env[taskVariables.home] ?? "", "token"), "utf8").trim() };
  } catch {
    return {};
  }
}

/** Sets umask 077 and the process title, and ignores SIGHUP. */
export function prepareProcess(boot: RunnerBoot, name = "claude-worker-runner"): void {
  keepFilesPrivate();
  process.title = `${name} ${boot.runnerId}`;
  process.on("SIGHUP", () => {});
  process.on("SIGPIPE", () => {});
}

/**
 * Reports to the parent process that the socket is open. Then redirects standard output to
 * /dev/null, so that it does not hold the parent's pipe.
 */
export function tellListening(): void {
  try {
    writeSync(1, "listening\n");
  } catch {
    // The parent has ended; the orphan timeout handles that.
  }
  closeSync(1);
  // This open gets the lowest free descriptor, which is 1 again, so that printed output does not go
  // into a log.
  openSync("/dev/null", "w");
}

/** Loads Claude Code's agent, or the module that a test provides. Begins to load at once. */
export async function loadAgent(agent: RunnerBoot["agent"]): Promise<CreateAgent> {
  if (agent === undefined || agent === "claude") return (await import("../agent/claude.ts")).createAgent;
  return ((await import(agent.module)) as { createAgent: CreateAgent }).createAgent;
}
