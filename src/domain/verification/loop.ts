/**
 * Says what a loop is: a task that goes through iterations until a command passes, or for the best
 * score. Each verification of a finished turn ends an iteration.
 */
import type { JsonObject } from "../text/read-json.ts";
import { scoreCheck, untilCheck } from "./checks.ts";
import type { CheckedTask } from "./checks.ts";
import { isBetter } from "./score.ts";
import type { ScoreGoal } from "./score.ts";
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
  /** Null: nothing scores it, or a check other than `until` did not pass. */
  readonly score: number | null;
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
  /** Whether the task has ended with its files. */
  readonly isKept: boolean;
  /** What Claude said at its end. */
  readonly result: string | null;
  readonly structuredResult: JsonObject | null;
}

/** Whether a task is a loop. */
export function isLoop({ until, score }: Pick<CheckedTask, "until" | "score">): boolean {
  return until !== null || score !== null;
}

/** Which score is better; null: nothing scores the work. */
export function goalOf({ score, scoreGoal }: Pick<CheckedTask, "score"> & { readonly scoreGoal: ScoreGoal | null }): ScoreGoal | null {
  return score === null ? null : scoreGoal;
}

/** @param results of every check of one verification; all of them have decided. */
export function iterationState(results: readonly VerifyResult[]): IterationState {
  const bad = results.filter(({ state }) => state !== "passed");
  if (bad.length === 0) return "passed";
  return bad.some(({ name }) => name === untilCheck) ? "unfinished" : "failed";
}

/** The score that counts; null: there is none, or a check other than `until` did not pass. */
export function iterationScore(results: readonly VerifyResult[]): number | null {
  const isSound = results.every(({ name, state }) => state === "passed" || name === untilCheck);
  return (isSound ? results.find(({ name }) => name === scoreCheck)?.score : null) ?? null;
}

type Scored = Pick<Iteration, "number" | "state" | "score" | "checkpoint">;

/**
 * The iteration whose files should stand: one that `until` ended, else the one with the best score,
 * the first of several. Null: none has both a score and a checkpoint.
 */
export function bestOf<I extends Scored>(iterations: readonly I[], goal: ScoreGoal | null, hasUntil: boolean): I | null {
  if (goal === null) return null;
  const scored = iterations.filter(({ score, checkpoint }) => score !== null && checkpoint !== null);
  const ended = hasUntil ? scored.findLast(({ state }) => state === "passed") : undefined;
  const best = scored.reduce<I | null>(
    (best, each) => (best === null || isBetter(goal, each.score ?? 0, best.score ?? 0) ? each : best),
    null,
  );
  return ended ?? best;
}

/** How a loop stands at the end of an attempt. */
export interface LoopState {
  /** Those that count, oldest first. */
  readonly iterations: readonly Pick<Iteration, "number" | "state" | "score" | "checkpoint" | "exitCode" | "outputTail" | "tree">[];
  /** Whether the attempt ended the last one of them. */
  readonly hasIteration: boolean;
  readonly maxIterations: number;
  readonly context: (typeof iterationContexts)[number];
  readonly hasUntil: boolean;
  /** Null: nothing scores the work. */
  readonly goal: ScoreGoal | null;
}

/** The iteration whose files should stand when the loop ends now; null: as they are. */
export function bestIteration({ iterations, goal, hasUntil }: LoopState): LoopState["iterations"][number] | null {
  return bestOf(iterations, goal, hasUntil);
}

/** Whether the loop can end well now: only a loop that no command ends, with its best iteration. */
export function endsWithBest(loop: LoopState): boolean {
  return loop.goal !== null && !loop.hasUntil && bestIteration(loop) !== null;
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
  const last = iterations.slice(-sameIterations);
  if (last.length < sameIterations || last.some(({ tree }) => tree === null)) return false;
  return new Set(last.map(endOf)).size === 1;
}

/** What is equal where nothing changed. A score of the same files may differ each time. */
function endOf({ score, tree, exitCode, outputTail }: LoopState["iterations"][number]): string {
  return JSON.stringify(score === null ? [tree, exitCode, outputTail] : [tree]);
}

/** A loop's end that waits until the files of its best iteration stand. */
export interface Keeping {
  readonly iteration: number;
  readonly operation: "complete" | "fail";
  /** What the task ends with; null: it completes. */
  readonly error: { readonly code: string; readonly message: string; readonly retryable?: boolean; readonly apiStatus?: number } | null;
}
