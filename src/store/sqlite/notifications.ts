/**
 * Stores channels and reads and marks the deliveries of the outbox. outbox.ts adds the deliveries.
 */
import type Database from "better-sqlite3";
import type { Channel, NewChannel } from "../../domain/notifications/channel.ts";
import type { Delivery, DeliveryState, Rest } from "../../domain/notifications/delivery.ts";
import type { Writing } from "./group-commit.ts";
import type { NewDelivery, Outbox } from "./outbox.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export interface DeliveryFilter {
  readonly channelId?: number;
  readonly state?: DeliveryState;
  readonly limit: number;
}

export interface ChannelCounts {
  readonly channelId: number;
  readonly pending: number;
  readonly dead: number;
}

export interface FailedDelivery {
  readonly error: string;
  /** null: it is given up. */
  readonly nextTryAt: number | null;
  /** What the try left to do. Absent: what there was before. */
  readonly rest?: Rest | undefined;
  readonly now: number;
}

export interface NotificationStore {
  /** Inside `write`. Null when the name is taken. */
  addChannel(channel: NewChannel, secret: string | null): Channel | null;
  /** Inside `write`. Null when there is no such channel. */
  changeChannel(id: number, change: Omit<NewChannel, "kind" | "createdAt">, secret: string | null): Channel | null;
  /** By name. */
  channels(): Channel[];
  channel(id: number): Channel | null;
  /** What the channel signs or signs in with; null: it has none. */
  secretOf(id: number): string | null;
  /** Inside `write`. With its deliveries. The removed channel, or null when there was none. */
  removeChannel(id: number): Channel | null;
  /** How many deliveries of each channel wait, and how many were given up. */
  counts(): ChannelCounts[];
  /** Inside `write`. Returns the new delivery's id; null: there is one of this occurrence. */
  queue(delivery: NewDelivery): number | null;
  delivery(id: number): Delivery | null;
  /** Newest first. */
  deliveries(filter: DeliveryFilter): Delivery[];
  /** The channels that have something to send at `now`. */
  dueChannels(now: number): number[];
  /** The oldest delivery of the channel that is due at `now`. */
  due(channelId: number, now: number): Delivery | null;
  /** When the next delivery becomes due after `now`; null: none waits. */
  nextAt(now: number): number | null;
  /**
   * Deliveries of the channel that are due, were never tried, and can be part of the same message:
   * those of the same digest, or, where wanted, of the same task.
   */
  mergeable(delivery: Delivery, now: number, tasks: boolean): number[];
  /** The deliveries whose message this one is, too, oldest first. */
  mergedInto(id: number): Delivery[];
  /**
   * Inside `write`. Counts a try that begins now, and makes these other deliveries a part of it;
   * null: the delivery is not pending any more.
   */
  begin(id: number, others: readonly number[], now: number): Delivery | null;
  /** Inside `write`. Removes a delivery that was never tried. */
  drop(id: number): void;
  /** Inside `write`. Puts off what is due on the channel, without tests. Returns how many. */
  postpone(channelId: number, now: number, until: number): number;
  /**
   * Inside `write`. Returns false when the delivery is not pending any more.
   * @param problem why not all recipients have it; null: they do.
   */
  delivered(id: number, now: number, problem: string | null): boolean;
  /** Inside `write`. */
  failed(id: number, failure: FailedDelivery): boolean;
  /** Inside `write`. A dead delivery is tried again from the beginning; null: it is not dead. */
  replay(id: number, now: number): Delivery | null;
  /**
   * Inside `write`. Forgets deliveries that were delivered or given up before these moments.
   * Returns how many.
   */
  forget(deliveredBefore: number, deadBefore: number): number;
  /** Inside `write`. Lets deliveries that would wait beyond `latest` be tried now. */
  shortenWaits(now: number, latest: number): number;
}

const channelRow = defineRow<Channel>({
  id: "plain",
  name: "plain",
  kind: "plain",
  target: "json",
  events: "json",
  allowPrivate: "flag",
  rules: "json",
  answers: "plain",
  answerFrom: "json",
  addedToken: "plain",
  createdAt: "plain",
});
const deliveryRow = defineRow<Delivery>({
  id: "plain",
  channelId: "plain",
  messageId: "plain",
  event: "plain",
  taskId: "plain",
  occurrence: "plain",
  content: "json",
  state: "plain",
  tries: "plain",
  occurredAt: "plain",
  nextTryAt: "plain",
  endedAt: "plain",
  lastError: "plain",
  mergedInto: "plain",
  isEscalation: "flag",
  rest: "json",
});

export function createNotificationStore(database: Database.Database, writing: Writing, outbox: Outbox): NotificationStore {
  const insertChannel = prepareReturning(
    database,
    `INSERT INTO notification_channels (name, kind, target, secret, events, allow_private, rules, answers, answer_from, added_token, created_at)
     VALUES (@name, @kind, @target, @secret, @events, @allowPrivate, @rules, @answers, @answerFrom, @addedToken, @createdAt) ON CONFLICT (name) DO NOTHING RETURNING ${channelRow.select}`,
  );
  const updateChannel = prepareReturning(
    database,
    `UPDATE notification_channels SET name = @name, target = @target, secret = @secret, events = @events, allow_private = @allowPrivate,
       rules = @rules, answers = @answers, answer_from = @answerFrom, added_token = @addedToken WHERE id = @id RETURNING ${channelRow.select}`,
  );
  const selectChannels = database.prepare(`SELECT ${channelRow.select} FROM notification_channels ORDER BY name`);
  const selectChannel = database.prepare(`SELECT ${channelRow.select} FROM notification_channels WHERE id = ?`);
  const selectSecret = database.prepare<[number], string | null>("SELECT secret FROM notification_channels WHERE id = ?").pluck();
  const deleteChannel = prepareReturning(database, `DELETE FROM notification_channels WHERE id = ? RETURNING ${channelRow.select}`);
  const selectCounts = database.prepare<[], ChannelCounts>(
    `SELECT channel_id AS channelId, sum(state = 'pending') AS pending, sum(state = 'dead') AS dead
     FROM notification_deliveries GROUP BY channel_id`,
  );
  const select = `SELECT ${deliveryRow.select} FROM notification_deliveries`;
  const selectOne = database.prepare(`${select} WHERE id = ?`);
  const selectSome = database.prepare(
    `${select} WHERE (@channelId IS NULL OR channel_id = @channelId) AND (@state IS NULL OR state = @state) ORDER BY id DESC LIMIT @limit`,
  );
  const pending = "state = 'pending' AND next_try_at";
  const selectDueChannels = database
    .prepare<[number], number>(`SELECT DISTINCT channel_id FROM notification_deliveries WHERE ${pending} <= ? ORDER BY channel_id`)
    .pluck();
  const selectDue = database.prepare(`${select} WHERE ${pending} <= ? AND channel_id = ? ORDER BY id LIMIT 1`);
  const selectNextAt = database
    .prepare<[number], number | null>(`SELECT min(next_try_at) FROM notification_deliveries WHERE ${pending} > ?`)
    .pluck();
  const update = (set: string, where: string): ((...parameters: unknown[]) => unknown) =>
    prepareReturning(database, `UPDATE notification_deliveries SET ${set} WHERE id = @id AND ${where} RETURNING ${deliveryRow.select}`);
  const selectSameDigest = database
    .prepare<{ channelId: number; id: number; now: number }, number>(
      `SELECT id FROM notification_deliveries WHERE ${pending} <= @now AND channel_id = @channelId AND event = 'digest' AND tries = 0 AND id <> @id ORDER BY id`,
    )
    .pluck();
  const selectSameTask = database
    .prepare<{ channelId: number; id: number; now: number; taskId: number | null }, number>(
      `SELECT id FROM notification_deliveries WHERE ${pending} <= @now AND channel_id = @channelId AND task_id = @taskId
         AND event NOT IN ('digest', 'test') AND tries = 0 AND id <> @id ORDER BY id`,
    )
    .pluck();
  const selectMerged = database.prepare(`${select} WHERE merged_into = ? ORDER BY id`);
  const markMerged = update("state = 'merged', merged_into = @into, ended_at = @now", "state = 'pending' AND tries = 0");
  const deleteUntried = database.prepare("DELETE FROM notification_deliveries WHERE id = ? AND state = 'pending' AND tries = 0");
  const putOffDue = database.prepare(
    `UPDATE notification_deliveries SET next_try_at = @until WHERE ${pending} <= @now AND channel_id = @channelId AND event <> 'test'`,
  );
  const countTry = update("tries = tries + 1", "state = 'pending'");
  const markDelivered = update("state = 'delivered', ended_at = @now, last_error = @problem", "state = 'pending'");
  const keepRest = "rest = coalesce(@rest, rest)";
  const markDead = update(`state = 'dead', ended_at = @now, last_error = @error, ${keepRest}`, "state = 'pending'");
  const putOff = update(`next_try_at = @nextTryAt, last_error = @error, ${keepRest}`, "state = 'pending'");
  const revive = update("state = 'pending', ended_at = NULL, tries = 0, next_try_at = @now", "state = 'dead'");
  const deleteOld = database.prepare(
    `DELETE FROM notification_deliveries
     WHERE ended_at IS NOT NULL AND ended_at < CASE state WHEN 'delivered' THEN @deliveredBefore ELSE @deadBefore END`,
  );
  const bringForward = database.prepare(`UPDATE notification_deliveries SET next_try_at = @now WHERE ${pending} > @latest`);
  const channelOf = (row: unknown): Channel | null => (row === undefined ? null : channelRow.decode(row));
  const deliveryOf = (row: unknown): Delivery | null => (row === undefined ? null : deliveryRow.decode(row));
  const encoded = (channel: Omit<NewChannel, "kind" | "createdAt">) => {
    const { name, answers, addedToken } = channel;
    return {
      name,
      answers,
      addedToken,
      answerFrom: channelRow.encode("answerFrom", channel.answerFrom),
      target: channelRow.encode("target", channel.target),
      events: channelRow.encode("events", channel.events),
      allowPrivate: channelRow.encode("allowPrivate", channel.allowPrivate),
      rules: channelRow.encode("rules", channel.rules),
    };
  };
  const inside = <P extends readonly unknown[], T>(work: (...parameters: P) => T): ((...parameters: P) => T) => {
    return (...parameters) => {
      writing.mustBeInside();
      return work(...parameters);
    };
  };
  return {
    addChannel: inside((channel: NewChannel, secret: string | null) => {
      const { kind, createdAt } = channel;
      return channelOf(insertChannel({ kind, createdAt, secret, ...encoded(channel) }));
    }),
    changeChannel: inside((id: number, change: Omit<NewChannel, "kind" | "createdAt">, secret: string | null) =>
      channelOf(updateChannel({ id, secret, ...encoded(change) })),
    ),
    channels: () => selectChannels.all().map((row) => channelRow.decode(row)),
    channel: (id) => channelOf(selectChannel.get(id)),
    secretOf: (id) => selectSecret.get(id) ?? null,
    removeChannel: inside((id: number) => channelOf(deleteChannel(id))),
    counts: () => selectCounts.all(),
    queue: inside((delivery: NewDelivery) => outbox.add(delivery)),
    delivery: (id) => deliveryOf(selectOne.get(id)),
    deliveries: ({ channelId = null, state = null, limit }: { channelId?: number | null; state?: DeliveryState | null; limit: number }) =>
      selectSome.all({ channelId, state, limit }).map((row) => deliveryRow.decode(row)),
    dueChannels: (now) => selectDueChannels.all(now),
    due: (channelId, now) => deliveryOf(selectDue.get(now, channelId)),
    nextAt: (now) => selectNextAt.get(now) ?? null,
    mergeable: ({ id, channelId, taskId, event, tries }, now, tasks) => {
      // What was tried may have arrived, so its message stays as it was.
      if (tries > 0 || event === "test") return [];
      if (event === "digest") return selectSameDigest.all({ channelId, id, now });
      return tasks && taskId !== null ? selectSameTask.all({ channelId, id, now, taskId }) : [];
    },
    mergedInto: (id) => selectMerged.all(id).map((row) => deliveryRow.decode(row)),
    begin: inside((id: number, others: readonly number[], now: number) => {
      const begun = deliveryOf(countTry({ id }));
      if (begun !== null) for (const other of others) markMerged({ id: other, into: id, now });
      return begun;
    }),
    drop: inside((id: number) => void deleteUntried.run(id)),
    postpone: inside((channelId: number, now: number, until: number) => putOffDue.run({ channelId, now, until }).changes),
    delivered: inside((id: number, now: number, problem: string | null) => markDelivered({ id, now, problem }) !== undefined),
    failed: inside((id: number, { error, nextTryAt, now, ...more }: FailedDelivery) => {
      const rest = deliveryRow.encode("rest", more.rest);
      return (nextTryAt === null ? markDead({ id, error, rest, now }) : putOff({ id, error, rest, nextTryAt })) !== undefined;
    }),
    replay: inside((id: number, now: number) => deliveryOf(revive({ id, now }))),
    forget: inside((deliveredBefore: number, deadBefore: number) => deleteOld.run({ deliveredBefore, deadBefore }).changes),
    shortenWaits: inside((now: number, latest: number) => bringForward.run({ now, latest }).changes),
  };
}
