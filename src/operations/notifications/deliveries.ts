/** Lists deliveries, sends a test, and replays what was given up. */
import { randomUUID } from "node:crypto";
import type { DeliveriesQuery } from "../../contract/operations/notifications.ts";
import type { DeliveryView } from "../../contract/views/notification.ts";
import { WorkerError } from "../../domain/errors.ts";
import { contentOfTest } from "../../domain/notifications/content.ts";
import type { Delivery } from "../../domain/notifications/delivery.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";
import { requireChannel } from "./channels.ts";

const defaultLimit = 50;
/** Longer than a receiver has for its answer. */
const testMs = 25_000;

/** Newest first. */
export function listDeliveries(store: Store, { channel, state, limit = defaultLimit }: DeliveriesQuery): DeliveryView[] {
  const found = store.notifications.deliveries({
    ...(channel === undefined ? {} : { channelId: requireChannel(store, channel).id }),
    ...(state === undefined ? {} : { state }),
    limit,
  });
  const names = new Map(store.notifications.channels().map(({ id, name }) => [id, name]));
  return found.map((delivery) => viewOf(delivery, names.get(delivery.channelId) ?? ""));
}

/**
 * Queues a test and waits until it was sent or given up, or until the time is over.
 * @throws WorkerError not_found.
 */
export async function testChannel(store: Store, id: number, now: number): Promise<DeliveryView> {
  const { name } = requireChannel(store, id);
  const content = contentOfTest(name);
  const queued = await store.write(() =>
    store.notifications.queue({ channelId: id, event: "test", taskId: null, occurrence: randomUUID(), content, at: now }),
  );
  const delivery = queued === null ? null : await afterSending(store, queued);
  if (delivery === null) throw new WorkerError("not_found", `The channel "${name}" was removed meanwhile.`);
  return viewOf(delivery, name);
}

/** @throws WorkerError not_found; conflict: it was not given up. */
export async function replayDelivery(store: Store, id: number, now: number): Promise<DeliveryView> {
  const delivery = await store.write(() => {
    const found = store.notifications.delivery(id);
    if (found === null) throw new WorkerError("not_found", `There is no delivery ${id}. See: claude-worker notify deliveries`);
    const replayed = store.notifications.replay(id, now);
    if (replayed === null)
      throw new WorkerError(
        "conflict",
        `The delivery ${id} is ${found.state}. Only dead ones can be replayed: claude-worker notify deliveries --state dead`,
      );
    return replayed;
  });
  return viewOf(delivery, store.notifications.channel(delivery.channelId)?.name ?? "");
}

/** The delivery when it is not pending any more, or as it is after a while; null: it is gone. */
async function afterSending(store: Store, id: number): Promise<Delivery | null> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    const state = store.notifications.delivery(id)?.state;
    if (state !== "pending") resolve();
  };
  const close = store.onCommit(look);
  const timer = setTimeout(resolve, testMs);
  look();
  await promise;
  close();
  clearTimeout(timer);
  return store.notifications.delivery(id);
}

function viewOf(delivery: Delivery, channel: string): DeliveryView {
  const { id, messageId, event, taskId, content, state, tries, occurredAt, nextTryAt, endedAt, lastError } = delivery;
  return {
    id,
    channel,
    message_id: messageId,
    event,
    task: taskId,
    title: plainLine(content.title, 200),
    state,
    tries,
    occurred_at: rfc3339(occurredAt),
    next_try_at: state === "pending" ? rfc3339(nextTryAt) : null,
    ended_at: rfc3339OrNull(endedAt),
    last_error: lastError,
  };
}
