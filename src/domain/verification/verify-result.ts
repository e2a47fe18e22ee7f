/** Says how a verify command ended, and what several of them mean together. */
import { judgeCheck } from "./checks.ts";
import type { VerifyCommand } from "./verify-command.ts";

/**
 * `failed`: it ran and did not exit with 0. `unavailable`: it could not run to its end, which says
 * nothing about the work. `stopped`: the attempt was stopped meanwhile.
 */
export const verifyStates = ["passed", "failed", "unavailable", "stopped"] as const;
export type VerifyState = (typeof verifyStates)[number];

/** How one command ended. */
export interface VerifyResult extends VerifyCommand {
  readonly state: VerifyState;
  /** Null: it did not exit by itself. */
  readonly exitCode: number | null;
  /** Why it is unavailable or how it was ended, as a part of a sentence; null: it exited. */
  readonly reason: string | null;
  /** The end of what it printed, without secrets. */
  readonly output: string;
  /** Of the command that scores the work; absent: it has not printed one. */
  readonly score?: number;
  /** There where it failed before Claude began, too. */
  readonly failedBefore?: true;
}

/** How the shell says that a command is not there, or cannot be executed. */
const shellCodes = new Map([
  [127, "it was not found (exit code 127)"],
  [126, "it cannot be executed (exit code 126)"],
]);

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isTimedOut: boolean;
  readonly isStopped: boolean;
  /** Why it could not be started; null: it was. */
  readonly startProblem: string | null;
}

/** What the end of its process says about the work. @param limit the time limit, in words. */
export function verifyEnd(end: ProcessEnd, limit: string): Pick<VerifyResult, "state" | "exitCode" | "reason"> {
  const { exitCode, signal } = end;
  if (end.isStopped) return { state: "stopped", exitCode: null, reason: "it was stopped with its attempt" };
  if (end.isTimedOut) return { state: "unavailable", exitCode: null, reason: `it did not end within ${limit}` };
  if (end.startProblem !== null) return { state: "unavailable", exitCode: null, reason: end.startProblem };
  if (exitCode === null) return { state: "failed", exitCode: null, reason: `it was ended by ${signal ?? "a signal"}` };
  if (exitCode === 0) return { state: "passed", exitCode, reason: null };
  const problem = shellCodes.get(exitCode);
  return problem === undefined ? { state: "failed", exitCode, reason: null } : { state: "unavailable", exitCode, reason: problem };
}

/**
 * What the commands of one attempt say together. `open`: one of them has not run to its end. Work
 * that failed one command is not done, whatever keeps another one from running.
 */
export type Verdict =
  | { readonly kind: "passed" | "open" }
  | { readonly kind: "failed" | "unavailable"; readonly results: readonly VerifyResult[] };

/** The judge is asked only about work that passed everything else. */
function needed(commands: readonly VerifyCommand[], results: readonly VerifyResult[]): readonly VerifyCommand[] {
  const others = commands.filter(({ name }) => name !== judgeCheck);
  const bad = (name: string): boolean => {
    const last = results.findLast((result) => result.name === name);
    return last?.state === "failed" || last?.state === "unavailable";
  };
  return others.some(({ name }) => bad(name)) ? others : commands;
}

/** @param results in order: the last one of a name counts. */
export function verdictOf(commands: readonly VerifyCommand[], results: readonly VerifyResult[]): Verdict {
  const asked = needed(commands, results);
  const found = asked.map(({ name }) => results.findLast((result) => result.name === name));
  const ended = found.filter((result) => result !== undefined && result.state !== "stopped") as VerifyResult[];
  if (ended.length < asked.length) return { kind: "open" };
  for (const kind of ["failed", "unavailable"] as const) {
    const bad = ended.filter(({ state }) => state === kind);
    if (bad.length > 0) return { kind, results: bad };
  }
  return { kind: "passed" };
}
