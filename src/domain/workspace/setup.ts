/** Defines how a worktree is set up before Claude begins. */
import { lastLines } from "../text/last-lines.ts";
import { plainLine } from "../text/plain-text.ts";
import { verifyEnd } from "../verification/verify-result.ts";
import type { ProcessEnd } from "../verification/verify-result.ts";
import type { RepositorySetup, SetupCache } from "./repository-setup.ts";

/** A word that stands for no set-up command, whatever the repository says. */
export const noSetup = "@none";

/** How much of the output the error has. */
const failureCharacters = 800;
const failureLines = 10;

/** What is wrong with a command, as the end of a sentence; null: nothing. */
export function setupProblem(command: string): string | null {
  if (command.trim().startsWith("@") && command.trim() !== noSetup) return `names nothing. Give a command like \`npm ci\`, or ${noSetup}`;
  return command.includes("\0") ? "holds NUL" : null;
}

/**
 * The command that counts: the task's own, else the repository's; null: there is none.
 * @param trusted what a person has trusted of the repository.
 */
export function setupCommand({ setup: own }: { readonly setup: string | null }, trusted: RepositorySetup | null): string | null {
  return own === noSetup ? null : (own ?? trusted?.command ?? null);
}

/** `stopped`: its attempt was stopped meanwhile. */
export const setupStates = ["running", "passed", "failed", "stopped"] as const;
export type SetupState = (typeof setupStates)[number];

export const setupCacheSteps = ["used", "stored", "not_used", "not_stored"] as const;
export type SetupCacheStep = (typeof setupCacheSteps)[number];

/** The last run of the set-up command in a task's worktree. */
export interface SetupRun {
  readonly command: string;
  readonly state: SetupState;
  /** Null: it did not exit by itself. */
  readonly exitCode: number | null;
  /** Why it could not run to its end, as a part of a sentence; null: it exited. */
  readonly reason: string | null;
  /** The end of what it printed, without secrets. */
  readonly outputTail: string;
  /** UTC milliseconds. */
  readonly startedAt: number;
  /** Null: it runs. */
  readonly tookMs: number | null;
  /** Whether what an earlier run had made was copied, instead of a run. Absent: it was not. */
  readonly isCached?: boolean;
}

/** What of the set-up is kept for later worktrees, and where. */
export interface SetupCacheOrder extends SetupCache {
  /** The repository's directory of what is kept: absolute, in the data directory. */
  readonly directory: string;
}

/**
 * What is kept of a command's work: only the repository's own command names it.
 * @param directory the repository's directory of what is kept. @returns null: nothing is kept.
 */
export function keptOf(command: string | null, trusted: RepositorySetup | null, directory: string): SetupCacheOrder | null {
  return trusted?.cache == null || command !== trusted.command ? null : { ...trusted.cache, directory };
}

/** What the runner does once the worktree is there. */
export interface SetupOrder {
  /** Whether it was done already: then only a worktree that was rebuilt is set up again. */
  readonly isDone: boolean;
  /** The work tree whose ignored files are copied; null: there is none. */
  readonly filesFrom: string | null;
  /** Null: there is no command. */
  readonly command: string | null;
  readonly timeoutMs: number;
  /** Null: nothing is kept. */
  readonly cache: SetupCacheOrder | null;
}

/** What the end of its process says. @param limit the time limit, in words. */
export function setupEnd(
  end: ProcessEnd,
  limit: string,
): Pick<SetupRun, "exitCode" | "reason"> & { readonly state: Exclude<SetupState, "running"> } {
  const { state, exitCode, reason } = verifyEnd(end, limit);
  return { state: state === "unavailable" ? "failed" : state, exitCode, reason };
}

/** Why the task could not begin, for people. */
export function setupFailure({
  command,
  exitCode,
  reason,
  output,
}: Pick<SetupRun, "command" | "exitCode" | "reason"> & { readonly output: string }): string {
  const how = reason === null ? `ended with exit code ${exitCode ?? "?"}` : `failed: ${reason}`;
  const printed = lastLines(output, { characters: failureCharacters, lines: failureLines });
  const said = `The command that sets the worktree up (${plainLine(command, 200)}) ${how}.`;
  return printed === "" ? said : `${said} The end of its output:\n${printed}`;
}
