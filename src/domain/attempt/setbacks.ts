/**
 * Counts attempts in a row that broke off for a reason that may lie in the task, whether they made
 * progress or not. The poison count ends tasks without progress; this count ends tasks that need a
 * whole attempt for each step.
 */
import type { EventBody } from "../events/event.ts";
import type { Outcome } from "./outcome.ts";
import { isUnreachable } from "./refusal.ts";
import type { Task } from "../task/task.ts";

/** How an attempt that died was found. */
export interface Death {
  /**
   * Whether the runner lived longer than Claude and wrote its closing record. A runner that died
   * was most likely killed from outside.
   */
  readonly runnerLived: boolean;
  /** The tool call under way (`callUnderWay`); null: none. */
  readonly call: string | null;
}

export type Setbacks = Pick<Task, "setbacks" | "cutCall">;

/** An attempt with a finished step that ran for this long resets the count. */
export const forgivingMs = 600_000;

/** The events that `callUnderWay` reads. */
export const callEventTypes = ["tool_use", "tool_result"] as const;

/**
 * The newest tool call without a result, as text that is equal for equal calls (the first 500
 * characters); null: none.
 */
export function callUnderWay(events: readonly EventBody[]): string | null {
  const open = new Map<string, string>();
  for (const { type, data } of events) {
    if (type === "tool_use") open.set(data.tool_use_id, `${data.tool} ${JSON.stringify(data.input ?? {})}`.slice(0, 500));
    if (type === "tool_result") open.delete(data.tool_use_id);
  }
  return [...open.values()].at(-1) ?? null;
}

/**
 * The task's setbacks after this attempt. A death counts when the runner outlived Claude, or when
 * the same tool call was under way at the death before. An overloaded API and a full disk count; a
 * reboot, a server's stop, a limit and an outage do not.
 * @param ended `ranMs`: how long the attempt ran
 */
export function setbacksAfter(ended: {
  readonly outcome: Outcome;
  readonly task: Setbacks;
  readonly progressed: boolean;
  readonly unbegun: number;
  readonly ranMs: number;
  readonly death: Death;
}): Setbacks {
  const { outcome, task, progressed, unbegun, ranMs, death } = ended;
  const died = outcome.kind === "crashed" && unbegun === 0;
  const sameCall = died && death.call !== null && death.call === task.cutCall;
  const earlier = progressed && ranMs >= forgivingMs && !sameCall ? 0 : task.setbacks;
  const counts = died ? death.runnerLived || sameCall : isBurden(outcome);
  return { setbacks: earlier + Number(counts), cutCall: died ? death.call : task.cutCall };
}

function isBurden(outcome: Outcome): boolean {
  return outcome.kind === "storage_full" || (outcome.kind === "overloaded" && !isUnreachable(outcome));
}
