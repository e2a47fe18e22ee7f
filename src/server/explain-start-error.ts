/** Adds what a person can do to the error of a failed start. */
import { WorkerError } from "../domain/errors.ts";

/** @param takenFrom the process that the lock was taken from; null: there was none. */
export function explainStartError(error: unknown, takenFrom: number | null): unknown {
  if (!(error instanceof WorkerError)) return error;
  if (error.code === "storage_full") return startAgain(error);
  if (error.code === "storage_unusable" && takenFrom !== null) return nameOldServer(error, takenFrom);
  return error;
}

/** Says to start again: without a running server nothing tries the disk again. */
function startAgain({ code, message }: WorkerError): WorkerError {
  const what = message.replace("; saving then works again by itself.", ".");
  return new WorkerError(code, `${what} Then start the server: claude-worker server start (a service starts again by itself).`);
}

/**
 * Names the old server: a server that was stopped during a write keeps the database locked until it
 * ends.
 */
function nameOldServer({ code, message }: WorkerError, pid: number): WorkerError {
  return new WorkerError(
    code,
    `${message} The server that does not answer (process ${pid}) may hold it: kill -9 ${pid}, then start again.`,
  );
}
