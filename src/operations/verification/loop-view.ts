/** Makes the views of loops and their iterations. */
import type { IterationView, LoopView } from "../../contract/views/iteration.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { bestOf, goalOf, isLoop } from "../../domain/verification/loop.ts";
import type { Iteration } from "../../domain/verification/loop.ts";
import type { IterationScore } from "../../store/sqlite/iterations.ts";
import type { TaskRow } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";

/** @param ended the iterations of the loop that count and have ended. */
export function loopView(task: TaskRow, ended: (taskId: number) => readonly IterationScore[]): LoopView | null {
  if (!isLoop(task)) return null;
  const iterations = ended(task.id);
  const { maxIterations: of } = task;
  const best = bestOf(iterations, goalOf(task), task.until !== null);
  const isOver = isTerminal(task.status) || task.keeping !== null;
  return {
    iteration: isOver ? iterations.length : Math.min(of, iterations.length + 1),
    best: best === null ? null : { iteration: best.number, score: best.score ?? 0 },
    of,
  };
}

/** @param iterations of the task, oldest first. */
export function iterationViews(task: TaskRow, iterations: readonly Iteration[]): IterationView[] {
  const best = bestOf(
    iterations.filter(({ isStale }) => !isStale),
    goalOf(task),
    task.until !== null,
  );
  return iterations.map((each) => iterationView(each, each === best));
}

function iterationView(iteration: Iteration, isBest: boolean): IterationView {
  const { number, state, score, exitCode, outputTail, tree, checkpoint, sessionId, tookMs, endedAt, isStale, isKept } = iteration;
  return {
    number,
    state,
    score,
    best: isBest,
    kept: isKept && !isStale,
    exit_code: exitCode,
    output_tail: outputTail,
    tree,
    checkpoint,
    session_id: sessionId,
    took_ms: tookMs,
    ended_at: rfc3339(endedAt),
    stale: isStale,
  };
}
