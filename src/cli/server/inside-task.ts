/**
 * Holds the rules for a call from inside a task. Such a call may not start a server: the server
 * would belong to the task's process tree and end together with the task.
 */
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import { WorkerError } from "../../domain/errors.ts";
import { taskVariables } from "../../domain/task/task-variables.ts";
import type { CommandSpec } from "../commandline/command.ts";
import type { Io } from "../terminal/io.ts";

const cannotStart =
  "A server cannot be started from inside a task: it would be ended together with the task. " +
  "Ask a person to start it outside of the task: claude-worker server start";

export function isInsideTask(env: Io["env"]): boolean {
  return Boolean(env[taskVariables.runner] || env[taskVariables.token]);
}

/** @throws WorkerError forbidden, from inside a task. */
export function requireOutsideOfTask({ env }: Io): void {
  if (isInsideTask(env)) throw new WorkerError("forbidden", cannotStart);
}

/**
 * A rule that allows an agent this command line must not allow it what only such a command can do.
 * @throws WorkerError forbidden, from inside a task.
 */
export function requirePerson({ name }: Pick<CommandSpec, "name">, { env }: Io): void {
  if (!isInsideTask(env)) return;
  throw new WorkerError("forbidden", `Agents do not call ${name}, and this is a call from inside a task. Ask the user to do it.`);
}

/** Replaces the advice to start the server when the caller runs inside a task. */
export function withAdviceFor({ env }: Io, error: unknown): unknown {
  if (!(error instanceof ServerUnreachable) || !error.connectionRefused || !isInsideTask(env)) return error;
  // A remote server is reached by its URL; its own error says what to check.
  if (/^https?:/.test(error.address)) return error;
  return new ServerUnreachable(`No server answers at ${error.address}. ${cannotStart}`, error);
}
