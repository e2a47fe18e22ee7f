/** Makes the boot data of this server's runners. */
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";
import { compileCachePath, runnerSocketPath } from "../config/paths.ts";
import { taskVariables } from "../domain/task/task-variables.ts";
import { taskToken } from "../operations/tokens/task-token.ts";
import type { ServerContext } from "./server-context.ts";

/** A parked runner without a connection leaves after this time. */
const orphanTimeoutMs = 60_000;

/** @throws WorkerError invalid_input: the profile cannot be used. */
export type BootOf = (runnerId: string, prewarm: boolean, profile: string) => RunnerBoot;

export interface RunnerBootOptions {
  readonly context: ServerContext;
  /** The environment of Claude Code under a profile. */
  environment(profile: string): Readonly<Record<string, string>>;
  /** Makes the tokens of tasks. */
  readonly taskTokenKey: string;
}

/** @returns a function that makes the boot data of one runner. */
export function runnerBoot({ context, environment, taskTokenKey }: RunnerBootOptions): BootOf {
  const { settings, paths, env } = context;
  return (runnerId, prewarm, profile) => ({
    runnerId,
    socket: runnerSocketPath(paths, runnerId),
    prewarm,
    orphanTimeoutMs,
    agentEnv: { ...environment(profile), [taskVariables.home]: paths.home, [taskVariables.token]: taskToken(taskTokenKey, runnerId) },
    claudeExecutable: settings.claude_executable,
    compileCache: compileCachePath(paths),
    // Another agent than Claude Code, for tests and measurements only.
    agent: env["CLAUDE_WORKER_AGENT_MODULE"] ? { module: env["CLAUDE_WORKER_AGENT_MODULE"] } : "claude",
  });
}
