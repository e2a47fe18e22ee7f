/**
 * Writes deliveries in the transaction of what they are about: an event of a task, or a hold. Sends
 * nothing; notifications.ts reads what is due.
 */
import type Database from "better-sqlite3";
import type { Channel } from "../../domain/notifications/channel.ts";
import { contentOfHold, contentOfTask } from "../../domain/notifications/content.ts";
import type { Content, NotifiedTask } from "../../domain/notifications/content.ts";
import { meaningsOf, wantedOf } from "../../domain/notifications/notification.ts";
import type { DeliveryEvent } from "../../domain/notifications/notification.ts";
import type { TaskEvent } from "../../domain/events/event.ts";
import type { Hold } from "../../domain/order/hold.ts";
import { defineRow } from "./row.ts";

export interface NewDelivery {
  readonly channelId: number;
  readonly event: DeliveryEvent;
  readonly taskId: number | null;
  readonly occurrence: string;
  readonly content: Content;
  readonly at: number;
}

export interface Outbox {
  /** Inside `write`, in the write of the event. */
  ofEvent(event: TaskEvent): void;
  /** Inside `write`, in the write of the hold. */
  ofHold(meaning: "held" | "resumed", hold: Hold, now: number): void;
  /** Inside `write`. Returns its id; null: there is one of this occurrence. */
  add(delivery: NewDelivery): number | null;
}

const taskRow = defineRow<NotifiedTask>(
  {
    id: "plain",
    name: "plain",
    title: "plain",
    status: "plain",
    labels: "json",
    group: "plain",
    error: "json",
    attention: "json",
    costUsd: "plain",
  },
  { group: "group_name" },
);
const wantingRow = defineRow<Pick<Channel, "id" | "events">>({ id: "plain", events: "json" });

export function createOutbox(database: Database.Database): Outbox {
  const selectChannels = database.prepare(`SELECT ${wantingRow.select} FROM notification_channels ORDER BY id`);
  const selectTask = database.prepare(`SELECT ${taskRow.select} FROM tasks WHERE id = ?`);
  const insert = database.prepare(
    `INSERT INTO notification_deliveries (channel_id, message_id, event, task_id, occurrence, content, occurred_at, next_try_at)
     VALUES (@channelId, 'msg_' || lower(hex(randomblob(16))), @event, @taskId, @occurrence, @content, @at, @at)
     ON CONFLICT DO NOTHING`,
  );
  const channels = (): Pick<Channel, "id" | "events">[] => selectChannels.all().map((row) => wantingRow.decode(row));

  function add(delivery: NewDelivery): number | null {
    const { changes, lastInsertRowid } = insert.run({ ...delivery, content: JSON.stringify(delivery.content) });
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  return {
    add,
    ofEvent: (event) => {
      const meanings = meaningsOf(event);
      if (meanings.length === 0) return;
      let task: NotifiedTask | null = null;
      for (const { id: channelId, events } of channels()) {
        const meaning = wantedOf(meanings, events);
        if (meaning === null) continue;
        task ??= taskRow.decode(selectTask.get(event.taskId));
        const content = contentOfTask(meaning, task, event);
        add({ channelId, event: meaning, taskId: event.taskId, occurrence: String(event.seq), content, at: event.at });
      }
    },
    ofHold: (meaning, hold, now) => {
      const occurrence = `${hold.kind} ${hold.scope} ${now}`;
      for (const { id: channelId, events } of channels()) {
        if (!events.includes(meaning)) continue;
        add({ channelId, event: meaning, taskId: null, occurrence, content: contentOfHold(meaning, hold), at: now });
      }
    },
  };
}
