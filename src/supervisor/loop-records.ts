/** Stores the iterations of loops at the ends of attempts. Works inside of the end's write. */
import type { Outcome } from "../domain/attempt/outcome.ts";
import { isFailedVerification } from "../domain/attempt/after-verification.ts";
import { resultsIn } from "../domain/events/verify-events.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { lastLines } from "../domain/text/last-lines.ts";
import { checksOf } from "../domain/verification/checks.ts";
import { isLoop, iterationState } from "../domain/verification/loop.ts";
import type { Iteration, LoopState } from "../domain/verification/loop.ts";
import type { VerifyResult } from "../domain/verification/verify-result.ts";
import type { Store } from "../store/store.ts";

/** How much output an iteration keeps. */
const tailCharacters = 2_000;

/** What an attempt's end means to the loop of its task. */
export interface LoopAtEnd {
  readonly state: LoopState;
  /** The iteration that the attempt ended; null: it ended none. */
  readonly iteration: Iteration | null;
}

/**
 * @param workedMs of the task in all, this attempt included. @returns null: the task is not a loop.
 */
export function loopAtEnd(
  store: Store,
  task: Task,
  attempt: Attempt,
  { outcome, endedAt, workedMs }: { outcome: Outcome; endedAt: number; workedMs: number },
): LoopAtEnd | null {
  if (!isLoop(task)) return null;
  const all = store.iterations.ofTask(task.id);
  const before = all.filter(({ isStale }) => !isStale);
  const { maxIterations, iterationContext: context } = task;
  const isVerified = outcome.kind === "succeeded" || isFailedVerification(outcome);
  if (!isVerified) return { state: { iterations: before, hasIteration: false, maxIterations, context }, iteration: null };
  const tookMs = Math.max(0, workedMs - all.reduce((sum, each) => sum + each.tookMs, 0));
  const iteration = { ...iterationOf(store, task, attempt), number: (all.at(-1)?.number ?? 0) + 1, tookMs, endedAt };
  return { state: { iterations: [...before, iteration], hasIteration: true, maxIterations, context }, iteration };
}

function iterationOf(
  store: Store,
  task: Task,
  { id: attemptId, taskId, sessionId }: Attempt,
): Omit<Iteration, "number" | "tookMs" | "endedAt"> {
  const events = store.events.ofAttempt(attemptId, ["verify_ended"]);
  const results = lastOfEach(task, resultsIn(events));
  const shown = results.find(({ state }) => state !== "passed") ?? results.at(-1);
  const tree = events.flatMap(({ type, data }) => (type === "verify_ended" ? [data.tree] : [])).at(-1) ?? null;
  const last = store.checkpoints.last(taskId);
  return {
    taskId,
    attemptId,
    sessionId,
    state: iterationState(results),
    exitCode: shown?.exitCode ?? null,
    outputTail: lastLines(shown?.output ?? "", { characters: tailCharacters }),
    tree,
    checkpoint: last !== null && last.tree === tree ? last.number : null,
    isStale: false,
    result: task.result,
    structuredResult: task.structuredResult,
  };
}

/** The result of each check: commands that ran twice count as they ended last. */
function lastOfEach(task: Task, results: readonly VerifyResult[]): VerifyResult[] {
  return checksOf(task).flatMap(({ name }) => results.findLast((result) => result.name === name) ?? []);
}

/** Keeps the iteration, and says so in the task's story. */
export function keepIteration(store: Store, iteration: Iteration, { maxIterations }: Task): void {
  const { taskId, attemptId, number, state, exitCode, tree, checkpoint, tookMs, endedAt } = iteration;
  store.iterations.insert(iteration);
  const data = { iteration: number, of: maxIterations, state, exit_code: exitCode, tree, checkpoint, took_ms: tookMs };
  store.events.append(taskId, attemptId, [{ type: "iteration_ended", at: endedAt, data }]);
}
