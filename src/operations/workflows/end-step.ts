/** Ends steps of workflows that no runner works on, with an attempt that none sees. */
import { randomUUID } from "node:crypto";
import { cutText } from "../../domain/text/cut-text.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";

/** Stands for a runner's node in the attempts of steps. */
export const stepNode = "workflow";

type Clock = Pick<SubmitContext, "store" | "now">;

/**
 * Inside `write`. An attempt that no runner sees.
 * @returns its number; null: the task does not wait any more.
 */
export function beginStep({ store, now }: Clock, taskId: number): number | null {
  const claim = store.attempts.claim(
    taskId,
    {
      runnerId: `${stepNode}-${randomUUID()}`,
      nodeId: stepNode,
      sessionId: null,
      resume: false,
      warm: false,
      bootId: null,
      journalStart: 0,
    },
    now(),
  );
  return claim?.attempt.id ?? null;
}

export interface Ended {
  readonly result: string;
  readonly structuredResult: JsonObject | null;
}

/** Inside `write`. */
export function completeStep({ store, now }: Clock, taskId: number, { result, structuredResult }: Ended): void {
  const attempt = beginStep({ store, now }, taskId);
  if (attempt === null) return;
  store.attempts.close(attempt, { kind: "succeeded", message: "" }, now());
  store.tasks.transition(taskId, "complete", now(), { result, structuredResult, error: null });
  store.events.append(taskId, attempt, [
    { type: "ended", at: now(), data: { status: "completed", outcome: "succeeded", message: cutText(result, 300) } },
  ]);
}

/** Inside `write`. */
export function failStep(
  { store, now }: Clock,
  taskId: number,
  { code, message }: { readonly code: "rejected" | "step_failed"; readonly message: string },
): void {
  const attempt = beginStep({ store, now }, taskId);
  if (attempt === null) return;
  store.attempts.close(attempt, { kind: "agent_failed", message }, now());
  store.tasks.transition(taskId, "fail", now(), { error: { code, message, retryable: true } });
  store.events.append(taskId, attempt, [{ type: "ended", at: now(), data: { status: "failed", outcome: code, message } }]);
}
