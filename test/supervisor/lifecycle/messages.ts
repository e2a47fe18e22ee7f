/** Commands on messages: sent at any time, delivered, taken back. */
import { endTask } from "./endings.ts";
import assert from "node:assert/strict";
import type { DeliveryWay } from "../../../src/domain/messages/message.ts";
import { isTerminal } from "../../../src/domain/task/task.ts";
import { sendMessage } from "../../../src/operations/messages/send-message.ts";
import { unsendMessage } from "../../../src/operations/messages/unsend-message.ts";
import { caller, openOf, write } from "./model.ts";
import type { ModelMessage, ModelTask, Turn } from "./model.ts";
import { answered } from "./questions.ts";

const conflict = { code: "conflict" };

export async function send({ task, id, model, real }: Turn, delivery: DeliveryWay): Promise<void> {
  const isEnded = isTerminal(task.status);
  const isRefused =
    (isEnded ? task.session === null : task.cancelRequested) || (delivery === "dismiss" && (isEnded || openOf(task).length === 0));
  const sending = sendMessage(real.contextOf(real.store, model.now), id, { text: "Mind the style", delivery }, caller);
  if (isRefused) return await assert.rejects(sending, conflict);
  const sent = await sending;
  const isWaitingToContinue = task.status === "pending" && task.messages.some(({ status, continues }) => status === "queued" && continues);
  const continues = isEnded || isWaitingToContinue;
  model.messages += 1;
  assert.equal(sent.id, model.messages);
  task.messages.push({ id: sent.id, key: sent.key, delivery, status: "queued", attemptId: null, continues });
  if (isEnded) Object.assign(task, { status: "pending", poison: 0, cancelRequested: false, stashed: false, notBefore: null });
  if (delivery === "dismiss") for (const question of openOf(task)) answered(task, question, "answered", "deny");
}

/** What an open attempt has, or had when it ended, cannot be taken back. */
export async function unsend({ task, id, model, real, pick }: Turn): Promise<void> {
  const message = task.messages[pick % task.messages.length];
  assert.ok(message);
  const isWithRunner = task.status === "running" || task.open?.has.has(message) === true || task.open?.mayHave.has(message) === true;
  const isGiven = !isTerminal(task.status) && (message.attemptId !== null || isWithRunner);
  const taking = unsendMessage(real.store, { taskId: id, messageId: message.id }, caller, {
    env: {},
    settings: { agent_env: [], profiles: {} },
    now: () => model.now,
    unsend: () => false,
  });
  if (message.status !== "queued" || message.delivery === "dismiss" || isGiven) return await assert.rejects(taking, conflict);
  await taking;
  message.status = "cancelled";
  if (!message.continues || task.status !== "pending") return;
  if (task.messages.some(({ status, continues }) => continues && (status === "queued" || status === "delivered"))) return;
  // Older messages that the last attempt was given go with it.
  endTask(task, "cancelled", undefined);
}

/** Messages that the runner has and Claude Code has not taken, in order. */
export function deliverable({ open }: ModelTask): ModelMessage[] {
  const had = [...(open?.has ?? [])].filter((each): each is ModelMessage => "delivery" in each);
  return had.filter((message) => open?.said.has(message) === false).toSorted((a, b) => a.id - b.id);
}

export function deliver(turn: Turn): void {
  const [message] = deliverable(turn.task);
  assert.ok(message);
  turn.task.open?.said.add(message);
  write(turn, { type: "worker", subtype: "message_delivered", key: message.key }, null, () => {
    if (message.status === "queued") message.status = "delivered";
  });
}

export function unfinished({ open }: ModelTask): ModelMessage[] {
  return [...(open?.said ?? [])].filter((message) => open?.heard.has(message) === false);
}

/** The turn that took the messages has ended. */
export function conclude(turn: Turn): void {
  for (const message of unfinished(turn.task)) {
    turn.task.open?.heard.add(message);
    write(turn, { type: "worker", subtype: "message_done", key: message.key }, null, () => {
      if (message.status === "queued" || message.status === "delivered") message.status = "done";
    });
  }
}
