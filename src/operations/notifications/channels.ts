/** Adds, lists and removes the channels of notifications. Shows no secret but one that it made. */
import { randomBytes } from "node:crypto";
import type { ChannelInput } from "../../contract/operations/notifications.ts";
import type { ChannelView, NewChannelView } from "../../contract/views/notification.ts";
import { WorkerError } from "../../domain/errors.ts";
import { shownTarget } from "../../domain/notifications/channel-rules.ts";
import { maxChannels } from "../../domain/notifications/channel.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import type { ChannelCounts } from "../../store/sqlite/notifications.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";
import { checkedChannel } from "./checked-channel.ts";
import type { ChannelCheck } from "./checked-channel.ts";

/** What keeps the answers of a channel from being read; null: nothing that is known. */
export type AnswersProblem = (channel: Channel) => string | null;

export function listChannels(store: Store, problemOf: AnswersProblem): ChannelView[] {
  const counts = new Map(store.notifications.counts().map((each) => [each.channelId, each]));
  return store.notifications.channels().map((channel) => viewOf(store, channel, { counts: counts.get(channel.id), problemOf }));
}

/** The channel with its counts. */
export function channelViewOf(store: Store, channel: Channel, problemOf: AnswersProblem): ChannelView {
  const counts = store.notifications.counts().find(({ channelId }) => channelId === channel.id);
  return viewOf(store, channel, { counts, problemOf });
}

/** @throws WorkerError not_found. */
export function requireChannel(store: Store, id: number): Channel {
  const channel = store.notifications.channel(id);
  if (channel === null) throw noChannel(id);
  return channel;
}

export interface AddContext extends Omit<ChannelCheck, "secret"> {
  readonly now: number;
  /** The token of the caller; null: the server's owner. */
  readonly addedToken: number | null;
}

/**
 * @throws WorkerError invalid_input: an address, a secret or an event that is not possible;
 * conflict: the name is taken.
 */
export async function addChannel(
  store: Store,
  input: ChannelInput,
  { now, hostProblem, addedToken, hasLinks }: AddContext,
): Promise<NewChannelView> {
  const { name, kind } = input;
  const given = input.secret?.trim() ?? null;
  const checked = checkedChannel(store, input, { secret: given, hostProblem, hasLinks });
  const made = kind === "webhook" && given === null ? `whsec_${randomBytes(32).toString("base64")}` : null;
  const channel = await store.write(() => {
    if (store.notifications.channels().length >= maxChannels) {
      throw new WorkerError("conflict", `There are ${maxChannels} channels already. Remove one first: claude-worker notify rm NAME`);
    }
    const added = { name, kind, ...checked, addedToken, createdAt: now };
    return store.notifications.addChannel(added, given ?? made);
  });
  if (channel === null)
    throw new WorkerError("conflict", `There is a channel named "${name}" already. Choose another name, or remove that one first.`);
  return { ...channelViewOf(store, channel, () => null), secret: made };
}

/** @throws WorkerError not_found. */
export async function removeChannel(store: Store, id: number): Promise<void> {
  const removed = await store.write(() => store.notifications.removeChannel(id));
  if (removed === null) throw noChannel(id);
}

function viewOf(
  store: Store,
  channel: Channel,
  { counts, problemOf }: { readonly counts: ChannelCounts | undefined; readonly problemOf: AnswersProblem },
): ChannelView {
  const { id, name, kind, target, events, allowPrivate, rules, answers, answerFrom, createdAt } = channel;
  return {
    id,
    name,
    kind,
    target: shownTarget(kind, target),
    events: [...events],
    allow_private: allowPrivate,
    labels: { ...rules.labels },
    quiet_hours: rules.quiet,
    digest_at: rules.digestAt,
    escalate_after_ms: rules.escalateAfterMs,
    escalate_to: rules.escalateTo === null ? null : (store.notifications.channel(rules.escalateTo)?.name ?? null),
    answers,
    answer_from: [...answerFrom],
    answers_problem: problemOf(channel),
    created_at: rfc3339(createdAt),
    pending: counts?.pending ?? 0,
    dead: counts?.dead ?? 0,
    last_error: store.notifications.deliveries({ channelId: id, limit: 1 })[0]?.lastError ?? null,
  };
}

export function noChannel(id: number): WorkerError {
  return new WorkerError("not_found", `There is no channel ${id}. See: claude-worker notify list`);
}
