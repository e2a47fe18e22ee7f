/**
 * Says something to a task: stores the message, and lets an ended task continue. The attempt that
 * runs, or the next one, delivers it.
 */
import { randomUUID } from "node:crypto";
import type { Caller } from "../../contract/caller.ts";
import type { MessageInput } from "../../contract/operations/messages.ts";
import { hasMention } from "../../domain/agents/prompt-as-text.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Message } from "../../domain/messages/message.ts";
import { continued } from "../../domain/task/begun-again.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { cutString } from "../../domain/text/cut-json.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { admitAgentRetry, enterAgentTask, isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { requireRights, taskCallerOf } from "../rights/task-rights.ts";
import { answerWithin } from "../questions/answer-question.ts";
import { requireTask } from "../tasks/require-task.ts";
import { requireWorkspace } from "../workspaces/require-workspace.ts";
import { requireBudgetLeft } from "../tasks/retry-task.ts";
import { requirePossible, requireRoom, takeRate } from "../tasks/submit-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { realDirectories, realDirectory } from "../tasks/working-directory.ts";

/** So many messages of one task may wait. */
const mostOpen = 100;
/** How much of a message its event has. */
const shownCharacters = 2000;

/**
 * Stores a message. A second call with the same key returns the first one's message.
 * @throws WorkerError not_found; conflict when the task never began, is being cancelled or has
 * spent its budget; unprocessable when the key belongs to another message; too_many_requests; and
 * like a submit: untrusted_directory, forbidden.
 */
export function sendMessage(context: SubmitContext, id: number, input: MessageInput, caller: Caller): Promise<Message> {
  const now = context.now();
  return context.store.write(() => sendMessageWithin(context, id, input, caller, now));
}

export interface SaidInput extends MessageInput {
  /** The text has what programs or agents wrote: it names no file that Claude Code would read. */
  readonly isData?: boolean;
}

/** Inside `write`: like `sendMessage`. */
export function sendMessageWithin(context: SubmitContext, id: number, input: SaidInput, caller: Caller, now: number): Message {
  const { store } = context;
  const { text, key, delivery, isData = false } = input;
  const task = requireTask(store, id);
  if (isAgent(caller)) requireDelegated(store, task, caller);
  const known = key === undefined ? null : store.messages.find(key.toLowerCase());
  if (known !== null) return sameMessage(known, id, text);
  const isEnded = isTerminal(task.status);
  if (isEnded) requireConversation(task);
  else if (task.cancelRequestedAt !== null)
    throw new WorkerError("conflict", `Task ${id} is being cancelled. Send the message again when it has ended: it then continues.`);
  admit(context, task, caller, now);
  const message = store.messages.insert({
    taskId: id,
    key: key?.toLowerCase() ?? randomUUID(),
    text,
    delivery,
    continues: isEnded || isContinued(store, task),
    sentBy: caller.name,
    byAgent: isAgent(caller) || (isData && hasMention(text)),
    queuedAt: now,
  });
  const { value, truncated } = cutString(text, shownCharacters);
  const data = {
    ...doneBy(caller),
    message: message.id,
    text: value,
    was: isEnded ? task.status : null,
    ...(truncated ? { truncated: true as const } : {}),
  };
  if (isEnded) followUp(context, task, caller, now);
  store.events.append(id, null, [{ type: "message_queued", at: now, data }]);
  if (delivery === "dismiss") dismissQuestions(context, task, text, caller, now);
  return message;
}

/** The rights are those for a submit of the task, also while it runs: what is said is done. */
function admit(context: SubmitContext, task: Task, caller: Caller, now: number): void {
  const { store } = context;
  const open = store.messages.open(task.id).length;
  if (open >= mostOpen)
    throw new WorkerError("too_many_requests", `${open} messages to task ${task.id} wait already. Wait until it has taken some.`);
  const workingDirectory = realDirectory(task.workingDirectory);
  const additionalDirectories = realDirectories(task.additionalDirectories);
  requireRights(context, { ...task, workingDirectory, additionalDirectories }, taskCallerOf(store, caller));
  takeRate(context, 1, caller, now);
}

/** Puts an ended task into the queue again, as its sender's. */
function followUp(context: SubmitContext, task: Task, caller: Caller, now: number): void {
  const { store } = context;
  requireWorkspace(context, task.id);
  requireBudgetLeft(task, store.agentTasks.belowUsd(task.id));
  if (isAgent(caller)) admitAgentRetry(context, task, caller, task);
  requirePossible(task, context);
  requireRoom(context, 1);
  const again = store.tasks.transition(task.id, "follow_up", now, continued(task));
  if (again === null) throw new WorkerError("conflict", `Task ${task.id} is ${task.status} and cannot continue.`);
  store.verifications.outdate(task.id);
  store.iterations.outdate(task.id);
  store.callers.put(task.id, taskCallerOf(store, caller));
  if (isAgent(caller)) enterAgentTask(store, again, caller);
}

/** Denies the open questions, with the message as the reason. */
function dismissQuestions(context: SubmitContext, task: Task, text: string, caller: Caller, now: number): void {
  const open = context.store.questions.unapplied(task.id).filter(({ status }) => status === "open");
  if (open.length === 0) {
    const advice = "Send the message without dismissing: it is delivered all the same.";
    throw new WorkerError("conflict", `Task ${task.id} has no open question to dismiss. ${advice}`);
  }
  for (const { id } of open) answerWithin(context, id, { decision: "deny", message: text }, caller, now);
}

function requireConversation({ id, sessionId, status }: Task): void {
  if (sessionId !== null) return;
  const message = `Task ${id} is ${status} and never began, so there is no conversation to continue. Run it: claude-worker retry ${id}`;
  throw new WorkerError("conflict", message);
}

/** Whether the task waits to continue after its end. */
function isContinued(store: Store, { id, status }: Task): boolean {
  return status === "pending" && store.messages.open(id).some((message) => message.status === "queued" && message.continues);
}

function sameMessage(known: Message, taskId: number, text: string): Message {
  if (known.taskId === taskId && known.text === text) return known;
  throw new WorkerError("unprocessable", "The key belongs to another message. Give each message a key of its own.");
}
