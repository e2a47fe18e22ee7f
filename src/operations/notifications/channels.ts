/** Adds, lists and removes the channels of notifications. Shows no secret but one that it made. */
import { randomBytes } from "node:crypto";
import type { ChannelInput } from "../../contract/operations/notifications.ts";
import type { ChannelView, NewChannelView } from "../../contract/views/notification.ts";
import { WorkerError } from "../../domain/errors.ts";
import { answerersOf, answeringProblem } from "../../domain/notifications/answer-rules.ts";
import type { GivenAnswering } from "../../domain/notifications/answer-rules.ts";
import { addressIn, channelProblem, shownTarget } from "../../domain/notifications/channel-rules.ts";
import { maxChannels } from "../../domain/notifications/channel.ts";
import type { Channel, ChannelTarget } from "../../domain/notifications/channel.ts";
import type { ChannelRules } from "../../domain/notifications/rules.ts";
import { defaultEvents, notYet } from "../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../domain/notifications/notification.ts";
import type { ChannelCounts } from "../../store/sqlite/notifications.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";
import { programProblem } from "./program-problem.ts";

type HostProblem = (hostname: string, limits: { readonly allowPrivate: boolean }) => string | null;

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

export interface AddContext {
  readonly now: number;
  readonly hostProblem: HostProblem;
  /** The token of the caller; null: the server's owner. */
  readonly addedToken: number | null;
  /** Whether messages can carry links that answer. */
  readonly hasLinks: boolean;
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
  const { name, kind, allow_private: allowPrivate = false } = input;
  const rules = rulesOf(store, input);
  const events = eventsOf(input.events ?? defaultEvents, rules);
  const target = targetOf(input);
  const given = input.secret?.trim() ?? null;
  const problem = channelProblem(kind, { target, secret: given, allowPrivate });
  if (problem !== null) throw invalid(`/${problem.field}`, `${words[problem.field]} ${problem.detail}.`, problem.detail);
  const unstartable = kind === "command" ? programProblem(target.command?.[0] ?? "") : null;
  if (unstartable !== null) throw invalid("/command", `The command ${unstartable}.`, unstartable);
  const address = addressIn(kind, { target, secret: given });
  const refusal = address === null ? null : hostProblem(address.url.hostname, { allowPrivate });
  if (address !== null && refusal !== null) throw invalid(`/${address.field}`, `The address ${refusal}.`, refusal);
  const { answers, answerFrom } = answeringOf(input, { target, events, hasLinks, secret: given });
  const made = kind === "webhook" && given === null ? `whsec_${randomBytes(32).toString("base64")}` : null;
  const channel = await store.write(() => {
    if (store.notifications.channels().length >= maxChannels) {
      throw new WorkerError("conflict", `There are ${maxChannels} channels already. Remove one first: claude-worker notify rm NAME`);
    }
    const added = { name, kind, target, events, allowPrivate, rules, answers, answerFrom, addedToken, createdAt: now };
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

/** Each once. @throws WorkerError invalid_input: one that cannot happen yet. */
function eventsOf(events: readonly NotificationEvent[], { digestAt, escalateAfterMs }: ChannelRules): NotificationEvent[] {
  for (const [index, event] of events.entries()) {
    const reason = notYet[event];
    if (reason !== undefined) throw invalid(`/events/${index}`, `"${event}" never happens: ${reason}. Leave it out.`, "never happens");
  }
  if (events.includes("digest") && digestAt === null) {
    throw invalid("/digest_at", "A digest needs a time. Say when it is sent: --digest-at 07:30", "is missing");
  }
  if (escalateAfterMs !== null && !events.includes("question")) {
    throw invalid(
      "/events",
      "Only questions are sent once more, and this channel does not get any. Add question to its events.",
      "lack question",
    );
  }
  return [...new Set([...events, ...(digestAt === null ? [] : ["digest" as const])])];
}

function rulesOf(store: Store, input: ChannelInput): ChannelRules {
  const { labels = {}, quiet_hours: quiet = null, digest_at: digestAt = null, escalate_after_ms: after = null, escalate_to: to } = input;
  if (quiet?.from === quiet?.to && quiet !== null) {
    throw invalid("/quiet_hours", "The quiet hours begin when they end. Give two times, or leave them out.", "are empty");
  }
  if (to !== undefined && after === null) {
    throw invalid("/escalate_after_ms", "An escalation needs a time. Say after how long: --escalate-after 30m", "is missing");
  }
  const target = to === undefined ? null : store.notifications.channels().find(({ name }) => name === to);
  if (target === undefined) throw invalid("/escalate_to", `There is no channel "${to ?? ""}". Add that one first.`, "is not there");
  return { labels, quiet, digestAt, escalateAfterMs: after, escalateTo: target?.id ?? null };
}

/** @throws WorkerError invalid_input: answers cannot come through it. */
function answeringOf(
  { kind, answers = "none", answer_from: answerFrom }: ChannelInput,
  more: Omit<GivenAnswering, "answers" | "answerFrom">,
): Pick<Channel, "answers" | "answerFrom"> {
  const given = { ...more, answers, answerFrom };
  const problem = answeringProblem(kind, given);
  if (problem !== null) throw invalid(`/${problem.field}`, problem.message, "does not fit");
  return { answers, answerFrom: answerersOf(kind, given) };
}

/** What each field is called in a sentence. */
const words = {
  url: "The address",
  chat: "The chat",
  to: "The recipient",
  from: "The sender",
  command: "The command",
  secret: "The secret",
} as const;

function targetOf(input: ChannelInput): ChannelTarget {
  const { url, chat, to, from, command } = input;
  const answersTopic = input.answers_topic ?? (input.kind === "ntfy" && (input.answers ?? "none") !== "none" ? newTopic() : undefined);
  return {
    ...(answersTopic === undefined ? {} : { answersTopic }),
    ...(url === undefined ? {} : { url }),
    ...(chat === undefined ? {} : { chat }),
    ...(to === undefined ? {} : { to }),
    ...(from === undefined ? {} : { from }),
    ...(command === undefined ? {} : { command }),
  };
}

function newTopic(): string {
  return `claude-worker-${randomBytes(10).toString("hex")}`;
}

function invalid(pointer: string, message: string, detail: string): WorkerError {
  return new WorkerError("invalid_input", message, [{ pointer, detail }]);
}

function noChannel(id: number): WorkerError {
  return new WorkerError("not_found", `There is no channel ${id}. See: claude-worker notify list`);
}
