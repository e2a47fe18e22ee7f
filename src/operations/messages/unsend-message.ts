/**
 * Takes a message back: one that no attempt was given, one that its ended task did not deliver, or,
 * with the help of its runner, one that a running task has and did not begin.
 */
import { findTranscript } from "../../config/claude-transcript.ts";
import { sessionEnvironment } from "../../config/profile-environment.ts";
import type { ProfileSource } from "../../config/profile-environment.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import { hasMessage } from "../../config/transcript-entry.ts";
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Message } from "../../domain/messages/message.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { endWithoutAttempt } from "../tasks/end-without-attempt.ts";
import { requireTask } from "../tasks/require-task.ts";

/** The runner says within this time what becomes of a message, where it can. */
const runnerLimitMs = 5_000;

/** `env` and `settings` say where Claude Code keeps its sessions. */
export interface UnsendContext extends ProfileSource {
  now(): number;
  /** Asks the runner of the task to take the message back. False: there is none. */
  unsend(taskId: number, key: string, by: string): boolean;
}

interface Ids {
  readonly taskId: number;
  readonly messageId: number;
}

/**
 * @throws WorkerError not_found; conflict when the message is cancelled or part of the
 * conversation, or may be by now; forbidden: an agent's caller and a person's message, or a task
 * that is not the agent's.
 */
export async function unsendMessage(store: Store, ids: Ids, caller: Caller, context: UnsendContext): Promise<Message> {
  const first = await tryUnsend(store, ids, caller, context);
  if (first.cancelled !== null) return first.cancelled;
  const { message, task } = first;
  if (!isWithRunner(message, task) || !context.unsend(task.id, message.key, caller.name)) throw tooLate(message, task);
  const said = await outcomeOf(store, message.id);
  if (said?.status === "cancelled") return said;
  // The attempt may have ended meanwhile, without the message.
  const last = await tryUnsend(store, ids, caller, context);
  if (last.cancelled !== null) return last.cancelled;
  throw last.message.status === "queued" ? undecided(last.message) : tooLate(last.message, last.task);
}

/** @returns `cancelled` null: the store alone cannot take it back. */
async function tryUnsend(
  store: Store,
  ids: Ids,
  caller: Caller,
  { env, settings, now }: UnsendContext,
): Promise<{ readonly message: Message; readonly task: Task; readonly cancelled: Message | null }> {
  const isSaid = await isInSession(store, ids, { env, settings });
  const { taskId, messageId } = ids;
  return await store.write(() => {
    const task = requireTask(store, taskId);
    if (isAgent(caller)) requireDelegated(store, task, caller);
    const message = store.messages.get(messageId);
    if (message === null || message.taskId !== taskId) {
      throw new WorkerError("not_found", `Task ${taskId} has no message m${messageId}. See them: claude-worker messages ${taskId}`);
    }
    if (isAgent(caller) && !message.byAgent)
      throw new WorkerError("forbidden", `Message m${messageId} was sent by a person, so only a person takes it back.`);
    return { message, task, cancelled: isSaid ? null : takeBack(store, { task, message, by: caller.name, now: now() }) };
  });
}

/**
 * Whether the session of a task without a process has the message: a kill can come before the
 * runner notes that.
 */
async function isInSession(store: Store, { taskId, messageId }: Ids, source: ProfileSource): Promise<boolean> {
  const message = store.messages.get(messageId);
  const { sessionId = null, openAttemptId = null, profile = defaultProfile } = store.tasks.row(taskId) ?? {};
  if (message === null || sessionId === null || openAttemptId !== null) return false;
  const transcript = findTranscript(sessionEnvironment(source, profile), sessionId);
  return transcript !== null && (await hasMessage(transcript, message.key));
}

/**
 * Waits until the runner's journal says what became of a message, or its task has no runner.
 * @returns null: nothing was said in time.
 */
async function outcomeOf(store: Store, messageId: number): Promise<Message | null> {
  const outcome = Promise.withResolvers<Message | null>();
  const look = (): void => {
    const message = store.messages.get(messageId);
    const task = message === null ? null : store.tasks.get(message.taskId);
    if (message === null || task === null || message.status !== "queued" || !isWithRunner(message, task)) outcome.resolve(message);
  };
  const close = store.onCommit(look);
  const timer = setTimeout(() => outcome.resolve(null), runnerLimitMs);
  try {
    look();
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    close();
  }
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
function isOnlyStored(message: Message, task: Task): boolean {
  const { attemptId, delivery } = message;
  return (isTerminal(task.status) || (attemptId === null && !wasPassed(message, task))) && delivery !== "dismiss";
}

/** Whether the runner of the task may have got it while it worked. */
function wasPassed({ passedTo }: Message, { status, openAttemptId }: Task): boolean {
  return status === "running" || (passedTo !== null && passedTo === openAttemptId);
}

/**
 * Whether the runner can still take it back. One of the attempt's start may be all that the attempt
 * is for, and one with `now` has ended a turn.
 */
function isWithRunner(message: Message, task: Task): boolean {
  const { status, delivery, attemptId } = message;
  const came = attemptId === null || attemptId !== task.openAttemptId;
  return status === "queued" && came && wasPassed(message, task) && delivery !== "now" && delivery !== "dismiss";
}

function undecided({ id, taskId }: Message): WorkerError {
  const text = `Claude Code has not said whether it can still give message m${id} back. See what became of it: claude-worker messages ${taskId}`;
  return new WorkerError("conflict", text);
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
