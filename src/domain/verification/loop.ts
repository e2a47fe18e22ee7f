/**
 * Says what a loop is: a task that goes through iterations until a command passes. Each
 * verification of a finished turn ends an iteration.
 */
import type { JsonObject } from "../text/read-json.ts";
import { untilCheck } from "./checks.ts";
import type { CheckedTask } from "./checks.ts";
import type { VerifyResult } from "./verify-result.ts";

/** What an iteration begins with: the session of the one before it, or a new one. */
export const iterationContexts = ["continued", "fresh"] as const;

/** Iterations of a task that names no number. */
export const defaultIterations = 8;
/** So many iterations in a row that end alike, with the same files, end the loop. */
export const sameIterations = 3;

/**
 * `passed`: every check passed. `unfinished`: `until` did not pass, whatever the others say.
 * `failed`: another check did not pass.
 */
export const iterationStates = ["passed", "unfinished", "failed"] as const;
export type IterationState = (typeof iterationStates)[number];

/** One turn of a loop whose work was verified. Times are UTC milliseconds. */
export interface Iteration {
  readonly taskId: number;
  /** 1, 2, 3 … within the task. */
  readonly number: number;
  readonly attemptId: number;
  readonly sessionId: string | null;
  readonly state: IterationState;
  /** Of the check that `outputTail` is of; null: it did not exit by itself. */
  readonly exitCode: number | null;
  /** The end of what the first check printed that did not pass; else of the last check. */
  readonly outputTail: string;
  /** The Git tree of its files; null: not known. */
  readonly tree: string | null;
  /** The number of the checkpoint with its files; null: there is none. */
  readonly checkpoint: number | null;
  /** How long it worked and was verified, over all of its attempts. */
  readonly tookMs: number;
  readonly endedAt: number;
  /** Whether the task began again since: it does not count any more. */
  readonly isStale: boolean;
  /** What Claude said at its end. */
  readonly result: string | null;
  readonly structuredResult: JsonObject | null;
}

/** Whether a task is a loop. */
export function isLoop({ until }: Pick<CheckedTask, "until">): boolean {
  return until !== null;
}

/** @param results of every check of one verification; all of them have decided. */
export function iterationState(results: readonly VerifyResult[]): IterationState {
  const bad = results.filter(({ state }) => state !== "passed");
  if (bad.length === 0) return "passed";
  return bad.some(({ name }) => name === untilCheck) ? "unfinished" : "failed";
}

/** How a loop stands at the end of an attempt. */
export interface LoopState {
  /** Those that count, oldest first. */
  readonly iterations: readonly Pick<Iteration, "state" | "exitCode" | "outputTail" | "tree">[];
  /** Whether the attempt ended the last one of them. */
  readonly hasIteration: boolean;
  readonly maxIterations: number;
  readonly context: (typeof iterationContexts)[number];
}

/** Why no further iteration follows, as a sentence; null: one may follow. */
export function loopEnd({ iterations, maxIterations }: LoopState): string | null {
  if (isStuck(iterations)) return `Stopped: ${sameIterations} iterations in a row ended in the same way, with the same files.`;
  if (iterations.length < maxIterations) return null;
  return `Given up after ${iterations.length} ${iterations.length === 1 ? "iteration" : "iterations"} (--max-iterations).`;
}

/** Which iteration the last one is. */
export function iterationText({ iterations, maxIterations }: LoopState): string {
  return `iteration ${iterations.length} of at most ${maxIterations}`;
}

/** Whether the last iterations changed nothing. Files that are not known may have changed. */
function isStuck(iterations: LoopState["iterations"]): boolean {
  const [first, ...rest] = iterations.slice(-sameIterations);
  if (first === undefined || rest.length < sameIterations - 1 || first.tree === null) return false;
  return rest.every((each) => each.tree === first.tree && each.exitCode === first.exitCode && each.outputTail === first.outputTail);
}
