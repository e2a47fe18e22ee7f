/**
 * Prepares the process of a runner: boot data, signals, rights, and the place in the process tree.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { taskVariables } from "../domain/task/task-variables.ts";
import type { CreateAgent } from "../agent/agent.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";

const bootVariable = "CLAUDE_WORKER_RUNNER";

/**
 * Reads the boot data and removes it from the environment. @throws when a person started this
 * process by hand.
 */
export function takeBoot(env: NodeJS.ProcessEnv): RunnerBoot {
  const text = env[bootVariable];
  delete env[bootVariable];
  if (text === undefined) throw new Error("a runner is started by the server, not by hand");
  return JSON.parse(text) as RunnerBoot;
}

/**
 * The server's own token, which a task could print: kept out of journals by value, because it has
 * no shape. Empty when it cannot be read.
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
  process.umask(0o077);
  process.title = `${name} ${boot.runnerId}`;
  process.on("SIGHUP", () => {});
  process.on("SIGPIPE", () => {});
}

/**
 * Tells whoever started this process that the socket is open. Its standard output then leads
 * nowhere: it must not hold the starter's pipe.
 */
export function tellListening(): void {
  try {
    writeSync(1, "listening\n");
  } catch {
    // The starter is gone; the socket's orphan timeout sees to the rest.
  }
  closeSync(1);
  // The lowest free descriptor is taken: 1 again, so that nothing that prints writes into a log by
  // chance.
  openSync("/dev/null", "w");
}

/** Claude Code, or the module that a test brings instead. Begins to load at once. */
export async function loadAgent(agent: RunnerBoot["agent"]): Promise<CreateAgent> {
  if (agent === undefined || agent === "claude") return (await import("../agent/claude.ts")).createAgent;
  return ((await import(agent.module)) as { createAgent: CreateAgent }).createAgent;
}
