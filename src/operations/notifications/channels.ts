/** Adds, lists and removes the channels of notifications. Shows no secret but one that it made. */
import { randomBytes } from "node:crypto";
import type { ChannelInput } from "../../contract/operations/notifications.ts";
import type { ChannelView, NewChannelView } from "../../contract/views.ts";
import { WorkerError } from "../../domain/errors.ts";
import { maxChannels, shownTarget, urlProblem } from "../../domain/notifications/channel.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import { defaultEvents, notYet } from "../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../domain/notifications/notification.ts";
import type { ChannelCounts } from "../../store/sqlite/notifications.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/task-view.ts";

export function listChannels(store: Store): ChannelView[] {
  const counts = new Map(store.notifications.counts().map((each) => [each.channelId, each]));
  return store.notifications.channels().map((channel) => viewOf(store, channel, counts.get(channel.id)));
}

/** The channel with its counts. */
export function channelViewOf(store: Store, channel: Channel): ChannelView {
  return viewOf(
    store,
    channel,
    store.notifications.counts().find(({ channelId }) => channelId === channel.id),
  );
}

/** @throws WorkerError not_found. */
export function requireChannel(store: Store, id: number): Channel {
  const channel = store.notifications.channel(id);
  if (channel === null) throw noChannel(id);
  return channel;
}

/**
 * @throws WorkerError invalid_input: an address, a secret or an event that is not possible;
 * conflict: the name is taken.
 */
export async function addChannel(store: Store, input: ChannelInput, now: number): Promise<NewChannelView> {
  const { name, kind, url, allow_private: allowPrivate = false } = input;
  const events = eventsOf(input.events ?? defaultEvents);
  if (url === undefined) throw invalid("/url", "A webhook needs an address. Give url.", "is missing");
  const problem = urlProblem(url, { allowPrivate });
  if (problem !== null) throw invalid("/url", `The address ${problem}. Give another one.`, problem);
  const secret = input.secret === undefined ? `whsec_${randomBytes(32).toString("base64")}` : givenSecret(input.secret);
  const channel = await store.write(() => {
    if (store.notifications.channels().length >= maxChannels) {
      throw new WorkerError("conflict", `There are ${maxChannels} channels already. Remove one first: claude-worker notify rm NAME`);
    }
    return store.notifications.addChannel({ name, kind, target: { url }, events, allowPrivate, createdAt: now }, secret);
  });
  if (channel === null)
    throw new WorkerError("conflict", `There is a channel named "${name}" already. Choose another name, or remove that one first.`);
  return { ...channelViewOf(store, channel), secret: input.secret === undefined ? secret : null };
}

/** @throws WorkerError not_found. */
export async function removeChannel(store: Store, id: number): Promise<void> {
  const removed = await store.write(() => store.notifications.removeChannel(id));
  if (removed === null) throw noChannel(id);
}

function viewOf(store: Store, channel: Channel, counts: ChannelCounts | undefined): ChannelView {
  const { id, name, kind, target, events, allowPrivate, createdAt } = channel;
  return {
    id,
    name,
    kind,
    target: shownTarget(target),
    events: [...events],
    allow_private: allowPrivate,
    created_at: rfc3339(createdAt),
    pending: counts?.pending ?? 0,
    dead: counts?.dead ?? 0,
    last_error: store.notifications.deliveries({ channelId: id, limit: 1 })[0]?.lastError ?? null,
  };
}

/** Each once. @throws WorkerError invalid_input: one that cannot happen yet. */
function eventsOf(events: readonly NotificationEvent[]): NotificationEvent[] {
  for (const [index, event] of events.entries()) {
    const reason = notYet[event];
    if (reason !== undefined) throw invalid(`/events/${index}`, `"${event}" never happens: ${reason}. Leave it out.`, "never happens");
  }
  return [...new Set(events)];
}

function givenSecret(text: string): string {
  const secret = text.trim();
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) ? Buffer.from(secret.slice("whsec_".length), "base64").length : 0;
  if (bytes >= 24 && bytes <= 64) return secret;
  const detail = "must be whsec_ and 24 to 64 bytes in base64";
  throw invalid("/secret", `A webhook's secret ${detail}. Leave it out, and one is made.`, detail);
}

function invalid(pointer: string, message: string, detail: string): WorkerError {
  return new WorkerError("invalid_input", message, [{ pointer, detail }]);
}

function noChannel(id: number): WorkerError {
  return new WorkerError("not_found", `There is no channel ${id}. See: claude-worker notify list`);
}
