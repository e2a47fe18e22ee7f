/**
 * Holds the rules for a call from inside a task. Such a call may not start a server: the server
 * would belong to the task's process tree and end together with the task.
 */
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import { WorkerError } from "../../domain/errors.ts";
import { taskVariables } from "../../domain/task/task-variables.ts";
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

/** Replaces the advice to start the server when the caller runs inside a task. */
export function withAdviceFor({ env }: Io, error: unknown): unknown {
  if (!(error instanceof ServerUnreachable) || !error.connectionRefused || !isInsideTask(env)) return error;
  // A remote server is reached by its URL; its own error says what to check.
  if (/^https?:/.test(error.address)) return error;
  return new ServerUnreachable(`No server answers at ${error.address}. ${cannotStart}`, error);
}
