/** Takes a message back that no attempt was given, or that its ended task did not deliver. */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Message } from "../../domain/messages/message.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { endWithoutAttempt } from "../tasks/end-without-attempt.ts";
import { requireTask } from "../tasks/require-task.ts";

/**
 * @throws WorkerError not_found; conflict when the message is cancelled, when the task runs, or
 * when an attempt was given it and the task has not ended: it may be part of the conversation by
 * now; forbidden: an agent's caller and a person's message, or a task that is not the agent's.
 */
export function unsendMessage(
  store: Store,
  { taskId, messageId }: { readonly taskId: number; readonly messageId: number },
  caller: Caller,
  now: number,
): Promise<Message> {
  return store.write(() => {
    const task = requireTask(store, taskId);
    if (isAgent(caller)) requireDelegated(store, task, caller);
    const message = store.messages.get(messageId);
    if (message === null || message.taskId !== taskId) {
      throw new WorkerError("not_found", `Task ${taskId} has no message m${messageId}. See them: claude-worker messages ${taskId}`);
    }
    if (isAgent(caller) && !message.byAgent)
      throw new WorkerError("forbidden", `Message m${messageId} was sent by a person, so only a person takes it back.`);
    const cancelled = takeBack(store, { task, message, by: caller.name, now });
    if (cancelled === null) throw tooLate(message, task);
    return cancelled;
  });
}

/**
 * Inside `write`: takes back what a sender said whose rights have ended, where no attempt has it.
 * @param by who ended them.
 */
export function takeBackAll(store: Store, sender: string, by: string, now: number): void {
  for (const message of store.messages.queuedBy(sender)) {
    const task = store.tasks.get(message.taskId);
    if (task !== null) takeBack(store, { task, message, by, now });
  }
}

/** @returns null: it is cancelled already, or an attempt has it. */
function takeBack(store: Store, { task, message, by, now }: { task: Task; message: Message; by: string; now: number }): Message | null {
  const cancelled = isOnlyStored(message, task) ? store.messages.cancel(message.id, now) : null;
  if (cancelled === null) return null;
  store.events.append(task.id, null, [{ type: "message_cancelled", at: now, data: { message: message.id, by } }]);
  endWithoutWork(store, task, cancelled, now);
  return cancelled;
}

/** Whether no attempt has it, and no question is answered by it. */
function isOnlyStored({ attemptId, passedTo, delivery }: Message, { status, openAttemptId }: Task): boolean {
  const isWithRunner = status === "running" || (passedTo !== null && passedTo === openAttemptId);
  return (isTerminal(status) || (attemptId === null && !isWithRunner)) && delivery !== "dismiss";
}

function tooLate({ id, taskId, status }: Message, task: Task): WorkerError {
  if (status === "cancelled") return new WorkerError("conflict", `Message m${id} was taken back already.`);
  const state = status === "queued" ? "is being delivered" : `is ${status}`;
  const advice = isTerminal(task.status)
    ? `To put the conversation back to a turn before it: claude-worker rewind ${taskId} --to TURN`
    : `To stop the task: claude-worker cancel ${taskId}`;
  return new WorkerError("conflict", `Message m${id} ${state}, so it cannot be taken back. ${advice}`);
}

/** Ends a task that only this message was to continue: there is nothing to do. */
function endWithoutWork(store: Store, task: Task, cancelled: Message, now: number): void {
  if (!cancelled.continues || task.status !== "pending") return;
  if (store.messages.open(task.id).some(({ continues }) => continues)) return;
  const error = { code: "cancelled", message: `Message m${cancelled.id}, which continued it, was taken back.` };
  endWithoutAttempt(store, task.id, "cancelled", { error, now });
}
