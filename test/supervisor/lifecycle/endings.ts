/** What the end of an attempt, or of a task without one, means to the model. */
import { openMessages, openOf, unapplied } from "./model.ts";
import type { Model, ModelAttempt, ModelTask } from "./model.ts";

type Verdict = "completed" | "failed" | "cancelled" | "again";

export function afterEnd(task: ModelTask, attempt: ModelAttempt, model: Model): void {
  const was = task.status;
  const verdict = verdictOf(task, attempt, model);
  const isAgain = verdict === "again" && task.session !== null;
  task.open = null;
  task.past.push(attempt);
  if (verdict !== "again") return endTask(task, verdict, attempt, true);
  task.status = isAgain && openOf(task).length > 0 ? "waiting" : "pending";
  if (!isAgain) supersedeAll(task, false);
  if (was === "running") give(task, attempt);
}

/**
 * @param last the newest attempt: messages that it did not get continue the task.
 * @param hasJustEnded whether the task ends with it.
 */
export function endTask(task: ModelTask, status: Exclude<Verdict, "again">, last: ModelAttempt | undefined, hasJustEnded = false): void {
  supersedeAll(task, status === "completed");
  const isFollowed =
    status !== "cancelled" &&
    task.session !== null &&
    task.messages.some(({ status: state, delivery, attemptId }) => state === "queued" && delivery !== "dismiss" && attemptId !== last?.id);
  for (const message of openMessages(task)) {
    if (message.status === "delivered") message.status = "done";
    else if (status === "cancelled" || message.delivery === "dismiss") message.status = "cancelled";
  }
  task.status = isFollowed ? "pending" : status;
  if (!isFollowed) return void (task.endings += 1);
  if (hasJustEnded && last !== undefined) give(task, last);
  for (const message of task.messages) if (message.status === "queued") message.continues = true;
  task.poison = 0;
}

/** @param isVoid whether Claude needed no answer: it succeeded without. */
function supersedeAll(task: ModelTask, isVoid: boolean): void {
  for (const question of unapplied(task)) Object.assign(question, { status: "superseded", isVoid });
}

function verdictOf(task: ModelTask, { result, parks, lines, progressed, torn }: ModelAttempt, model: Model): Verdict {
  if (task.cancelRequested) return ended(task, "cancelled");
  // What is in the journal counts, also when the runner died over its next line.
  // A message that Claude Code had taken begins another turn, which died with the runner.
  const isMidway = torn && task.messages.some(({ status }) => status === "delivered");
  if (result === "success" && !isMidway) return ended(task, "completed");
  const isLate = unapplied(task).some(({ status, answer }) => status === "expired" && answer === null);
  if (isLate || result === "error") return ended(task, "failed");
  if (result === "limit") {
    model.held = true;
    if (progressed) task.poison = 0;
  } else if (parks) task.poison = 0;
  // An attempt that never wrote a record did not begin: the task is not the cause.
  else if (lines.length > 0) task.poison = progressed ? 1 : task.poison + 1;
  return task.poison >= 5 ? "failed" : "again";
}

function ended(task: ModelTask, verdict: Verdict): Verdict {
  task.poison = 0;
  return verdict;
}

/** The runner may have said them before it died. */
function give(task: ModelTask, { id }: ModelAttempt): void {
  for (const message of openMessages(task)) message.attemptId = id;
}
