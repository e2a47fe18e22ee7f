/**
 * What is different for a call from inside a task: a server that it starts is part of the task's
 * process tree and is ended with it.
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

/** The error as the caller is to read it: nobody inside a task is told to start the server. */
export function withMendFor({ env }: Io, error: unknown): unknown {
  if (!(error instanceof ServerUnreachable) || !error.nobodyListens || !isInsideTask(env)) return error;
  // Somebody else's server is reached by its URL; that error says what to check.
  if (/^https?:/.test(error.address)) return error;
  return new ServerUnreachable(`No server answers at ${error.address}. ${cannotStart}`, error);
}
