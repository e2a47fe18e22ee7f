/** Stores the iterations of loops at the ends of attempts. Works inside of the end's write. */
import type { Attention } from "../domain/attempt/attention.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { isFailedVerification } from "../domain/attempt/after-verification.ts";
import { resultsIn } from "../domain/events/verify-events.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { lastLines } from "../domain/text/last-lines.ts";
import { checksOf } from "../domain/verification/checks.ts";
import { bestIteration, goalOf, isLoop, iterationScore, iterationState } from "../domain/verification/loop.ts";
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
  const loop = { maxIterations, context, hasUntil: task.until !== null, goal: goalOf(task) };
  const isVerified = task.keeping === null && (outcome.kind === "succeeded" || isFailedVerification(outcome));
  if (!isVerified) return { state: { ...loop, iterations: before, hasIteration: false }, iteration: null };
  const tookMs = Math.max(0, workedMs - all.reduce((sum, each) => sum + each.tookMs, 0));
  const iteration = { ...iterationOf(store, task, attempt), number: (all.at(-1)?.number ?? 0) + 1, tookMs, endedAt };
  return { state: { ...loop, iterations: [...before, iteration], hasIteration: true }, iteration };
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
    score: iterationScore(results),
    exitCode: shown?.exitCode ?? null,
    outputTail: lastLines(shown?.output ?? "", { characters: tailCharacters }),
    tree,
    checkpoint: last !== null && last.tree === tree ? last.number : null,
    isStale: false,
    isKept: false,
    result: task.result,
    structuredResult: task.structuredResult,
  };
}

/** The result of each check: commands that ran twice count as they ended last. */
function lastOfEach(task: Task, results: readonly VerifyResult[]): VerifyResult[] {
  return checksOf(task).flatMap(({ name }) => results.findLast((result) => result.name === name) ?? []);
}

/** Stores the iteration, and says so in the task's story. */
export function storeIteration(store: Store, iteration: Iteration, { maxIterations }: Task): void {
  const { taskId, attemptId, number, state, score, exitCode, tree, checkpoint, tookMs, endedAt } = iteration;
  store.iterations.insert(iteration);
  const data = { iteration: number, of: maxIterations, state, score, exit_code: exitCode, tree, checkpoint, took_ms: tookMs };
  store.events.append(taskId, attemptId, [{ type: "iteration_ended", at: endedAt, data }]);
}

/** How an attempt that puts the files of the best iteration back has ended. */
export interface KeptEnd {
  readonly outcome: Outcome;
  /** What the task ends with where these files stand; null: they do not. */
  readonly iteration: Iteration | null;
  /** What a person should look at. */
  readonly attention: readonly Attention[];
  /** A sentence behind the task's error. */
  readonly sentence: string;
}

/** @returns null: the attempt has put nothing back, or has not said so. */
export function keptEnd(store: Store, { keeping, id }: Task, attempt: Attempt): KeptEnd | null {
  if (keeping === null) return null;
  const [said] = store.events
    .ofAttempt(attempt.id, ["iteration_kept"])
    .flatMap(({ type, data }) => (type === "iteration_kept" ? [data] : []));
  if (said === undefined) return null;
  const iteration = store.iterations.ofTask(id).find(({ number }) => number === said.iteration) ?? null;
  const best = `iteration ${said.iteration}, which has the best score (${iteration?.score ?? "?"})`;
  if (said.is_kept) {
    const sentence = `The files are those of ${best}.`;
    return { outcome: { kind: "succeeded", message: sentence }, iteration, attention: [], sentence };
  }
  const sentence = notKeptSentence(id, said.checkpoint, best, said.reason ?? "that is not known");
  return { outcome: { kind: "succeeded", message: sentence }, iteration: null, attention: [notKept(sentence)], sentence };
}

/** The end of a loop whose best iteration could not be put back, because the attempts died. */
export function neverKept(store: Store, { keeping, id }: Task, { message }: Outcome): Pick<KeptEnd, "attention" | "sentence"> {
  const best = store.iterations.scores(id).find(({ number }) => number === keeping?.iteration);
  const name = `iteration ${best?.number ?? "?"}, which has the best score (${best?.score ?? "?"})`;
  const sentence = notKeptSentence(id, best?.checkpoint ?? 0, name, message.replace(/\.$/, ""));
  return { attention: [notKept(sentence)], sentence };
}

function notKeptSentence(id: number, checkpoint: number, best: string, reason: string): string {
  return `The files are not those of ${best}: ${reason}. See them: claude-worker diff ${id} --since ${checkpoint}. Put them back: claude-worker restore ${id} ${checkpoint}`;
}

function notKept(sentence: string): Attention {
  return { kind: "best_not_kept", count: 1, detail: sentence };
}

/** Marks the attempt's own iteration where the task ends with its files as the best ones. */
export function keepOwn(store: Store, { state, iteration }: LoopAtEnd): void {
  if (iteration !== null && bestIteration(state) === iteration) store.iterations.keep(iteration.taskId, iteration.number);
}
