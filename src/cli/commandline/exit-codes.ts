/** Defines the exit codes that scripts may rely on, and maps our errors to them. */
import { WorkerError } from "../../domain/errors.ts";

export const exitCodes = {
  ok: 0,
  /** The task failed, or anything else went wrong. */
  failed: 1,
  /** The command line cannot be understood, or an input is refused. */
  usage: 2,
  unreachable: 3,
  /** Not signed in, not allowed, or the directory is not trusted. */
  notAllowed: 4,
  /** `wait --or-question`: a task waits for a person's answer. */
  needsAnswer: 5,
  /** `wait --timeout` was over. */
  timedOut: 124,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A person pressed Ctrl-C at a question. */
export class Interrupted extends Error {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (!(error instanceof WorkerError)) return exitCodes.failed;
  switch (error.code) {
    case "invalid_input":
    case "payload_too_large":
      return exitCodes.usage;
    case "server_unreachable":
      return exitCodes.unreachable;
    case "unauthorized":
    case "forbidden":
    case "untrusted_directory":
      return exitCodes.notAllowed;
    default:
      return exitCodes.failed;
  }
}
