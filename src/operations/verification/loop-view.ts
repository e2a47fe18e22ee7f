/** Makes the views of loops and their iterations. */
import type { IterationView, LoopView } from "../../contract/views/iteration.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { isLoop } from "../../domain/verification/loop.ts";
import type { Iteration } from "../../domain/verification/loop.ts";
import type { TaskRow } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";

/** @param ended how many iterations of the loop that count have ended. */
export function loopView(task: TaskRow, ended: (taskId: number) => number): LoopView | null {
  if (!isLoop(task)) return null;
  const count = ended(task.id);
  const { maxIterations: of } = task;
  return { iteration: isTerminal(task.status) ? count : Math.min(of, count + 1), of };
}

export function iterationView(iteration: Iteration): IterationView {
  const { number, state, exitCode, outputTail, tree, checkpoint, sessionId, tookMs, endedAt, isStale } = iteration;
  return {
    number,
    state,
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
