/**
 * Writes deliveries in the transaction of what they are about: an event of a task, or a hold. Sends
 * nothing; notifications.ts reads what is due.
 */
import type Database from "better-sqlite3";
import type { Channel } from "../../domain/notifications/channel.ts";
import { contentOfBudget, contentOfEscalation, contentOfHold, contentOfTask, questionOf } from "../../domain/notifications/content.ts";
import type { Content, NotifiedTask } from "../../domain/notifications/content.ts";
import { answersQuestion, meaningsOf, wantedOf } from "../../domain/notifications/notification.ts";
import type { DeliveryEvent, NotificationEvent } from "../../domain/notifications/notification.ts";
import { digestTime, labelsFit } from "../../domain/notifications/rules.ts";
import type { TaskEvent } from "../../domain/events/event.ts";
import { budgetName } from "../../domain/order/budget.ts";
import type { BudgetState } from "../../domain/order/budget.ts";
import type { Hold } from "../../domain/order/hold.ts";
import { defineRow } from "./row.ts";

export interface NewDelivery {
  readonly channelId: number;
  readonly event: DeliveryEvent;
  readonly taskId: number | null;
  readonly occurrence: string;
  readonly content: Content;
  readonly at: number;
  /** Default: at once. */
  readonly nextTryAt?: number;
  readonly isEscalation?: boolean;
}

export interface Outbox {
  /** Inside `write`, in the write of the event. */
  ofEvent(event: TaskEvent): void;
  /** Inside `write`, in the write of the hold. */
  ofHold(meaning: "held" | "resumed", hold: Hold, now: number): void;
  /** Inside `write`, in the write of what was spent. */
  ofBudget(level: "near" | "spent", budget: BudgetState, now: number): void;
  /**
   * Inside `write`, in the write of a run that could not be submitted.
   * @param labels of what it would have submitted. @param occurrence names the run.
   */
  ofSchedule(content: Content, labels: Readonly<Record<string, string>>, occurrence: string, at: number): void;
  /** Inside `write`. Returns its id; null: there is one of this occurrence. */
  add(delivery: NewDelivery): number | null;
}

type Wanting = Pick<Channel, "id" | "events" | "rules">;

const taskRow = defineRow<NotifiedTask>({
  id: "plain",
  name: "plain",
  title: "plain",
  status: "plain",
  labels: "json",
  error: "json",
  attention: "json",
});
const wantingRow = defineRow<Wanting>({ id: "plain", events: "json", rules: "json" });

/** @param clock UTC milliseconds: an event that missed its digest is sent soon after. */
export function createOutbox(database: Database.Database, clock: () => number = Date.now): Outbox {
  const selectChannels = database.prepare(`SELECT ${wantingRow.select} FROM notification_channels ORDER BY id`);
  const selectTask = database.prepare(`SELECT ${taskRow.select} FROM tasks WHERE id = ?`);
  const insert = database.prepare(
    `INSERT INTO notification_deliveries (channel_id, message_id, event, is_escalation, task_id, occurrence, content, occurred_at, next_try_at)
     VALUES (@channelId, 'msg_' || lower(hex(randomblob(16))), @event, @isEscalation, @taskId, @occurrence, @content, @at, @nextTryAt)
     ON CONFLICT DO NOTHING`,
  );
  // What was tried may have arrived: it stays, under its id.
  const deleteQuestions = database.prepare(
    `DELETE FROM notification_deliveries WHERE state = 'pending' AND tries = 0 AND task_id = @taskId
       AND content ->> '$.question' IS NOT NULL AND (content ->> '$.question.id' = @question OR (@question IS NULL AND content ->> '$.question.kind' IS NOT 'consent'))`,
  );
  const channels = (): Wanting[] => selectChannels.all().map((row) => wantingRow.decode(row));

  function add(delivery: NewDelivery): number | null {
    const { at, isEscalation = false, nextTryAt = at, content } = delivery;
    const { changes, lastInsertRowid } = insert.run({
      ...delivery,
      content: JSON.stringify(content),
      isEscalation: Number(isEscalation),
      nextTryAt,
    });
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  /** Adds it to the channel's digest. */
  function addToDigest({ id: channelId, events, rules }: Wanting, delivery: Omit<NewDelivery, "channelId" | "event">): void {
    if (rules.digestAt === null || !events.includes("digest")) return;
    const nextTryAt = digestTime(rules.digestAt, delivery.at, clock());
    add({ ...delivery, channelId, event: "digest", nextTryAt });
  }

  function escalate(all: readonly Wanting[], { id, rules }: Wanting, delivery: NewDelivery): void {
    if (rules.escalateAfterMs === null) return;
    const channelId = all.find((channel) => channel.id === rules.escalateTo)?.id ?? id;
    const content = contentOfEscalation(delivery.content);
    add({ ...delivery, channelId, content, isEscalation: true, nextTryAt: delivery.at + rules.escalateAfterMs });
  }

  function ofEvent(event: TaskEvent): void {
    const { taskId, at } = event;
    if (answersQuestion(event)) deleteQuestions.run({ taskId, question: questionOf(event) });
    else if (event.type === "ended") deleteQuestions.run({ taskId, question: null });
    const meanings = meaningsOf(event);
    const [exact] = meanings;
    if (exact === undefined) return;
    const all = channels();
    if (all.length === 0) return;
    const task = taskRow.decode(selectTask.get(taskId));
    const occurrence = String(event.seq);
    for (const channel of all.filter(({ rules }) => labelsFit(rules, task.labels))) {
      const meaning = wantedOf(meanings, channel.events);
      if (meaning !== null) {
        const delivery = { channelId: channel.id, event: meaning, taskId, occurrence, at, content: contentOfTask(meaning, task, event) };
        add(delivery);
        if (meaning === "question") escalate(all, channel, delivery);
      }
      addToDigest(channel, { taskId, occurrence, at, content: contentOfTask(exact, task, event) });
    }
  }

  function ofNoTask(event: NotificationEvent, occurrence: string, content: Content, at: number): void {
    for (const channel of channels()) {
      if (channel.events.includes(event)) add({ channelId: channel.id, event, taskId: null, occurrence, content, at });
      addToDigest(channel, { taskId: null, occurrence: `${event} ${occurrence}`, content, at });
    }
  }

  return {
    add,
    ofEvent,
    ofHold: (meaning, hold, now) => ofNoTask(meaning, `${hold.kind} ${hold.scope} ${now}`, contentOfHold(meaning, hold), now),
    ofBudget: (level, budget, now) => {
      const occurrence = `${level} ${budgetName(budget)} ${budget.startsAt} ${budget.limitUsd}`;
      ofNoTask("budget", occurrence, contentOfBudget(level, budget), now);
    },
    ofSchedule: (content, labels, occurrence, at) => {
      for (const channel of channels().filter(({ rules }) => labelsFit(rules, labels))) {
        if (channel.events.includes("schedule")) add({ channelId: channel.id, event: "schedule", taskId: null, occurrence, content, at });
        addToDigest(channel, { taskId: null, occurrence, content, at });
      }
    },
  };
}
