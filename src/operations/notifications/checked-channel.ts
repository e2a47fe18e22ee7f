/** Checks what a channel is to be, whether it is new or changed. */
import { randomBytes } from "node:crypto";
import type { ChannelInput } from "../../contract/operations/notifications.ts";
import { WorkerError } from "../../domain/errors.ts";
import { answerersOf, answeringProblem } from "../../domain/notifications/answer-rules.ts";
import type { GivenAnswering } from "../../domain/notifications/answer-rules.ts";
import { addressIn, channelProblem } from "../../domain/notifications/channel-rules.ts";
import type { Channel, ChannelTarget } from "../../domain/notifications/channel.ts";
import { defaultEvents } from "../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../domain/notifications/notification.ts";
import type { ChannelRules } from "../../domain/notifications/rules.ts";
import type { Store } from "../../store/store.ts";
import { programProblem } from "./program-problem.ts";

export interface ChannelCheck {
  readonly secret: string | null;
  readonly hostProblem: (hostname: string, limits: { readonly allowPrivate: boolean }) => string | null;
  /** Whether messages can carry links that answer. */
  readonly hasLinks: boolean;
}

/** @throws WorkerError invalid_input: an address, a secret or an event that is not possible. */
export function checkedChannel(
  store: Store,
  input: ChannelInput,
  { secret, hostProblem, hasLinks }: ChannelCheck,
): Pick<Channel, "target" | "events" | "allowPrivate" | "rules" | "answers" | "answerFrom"> {
  const { kind, allow_private: allowPrivate = false } = input;
  const rules = rulesOf(store, input);
  const events = eventsOf(input.events ?? defaultEvents, rules);
  const target = targetOf(input);
  const problem = channelProblem(kind, { target, secret, allowPrivate });
  if (problem !== null) throw invalid(`/${problem.field}`, `${words[problem.field]} ${problem.detail}.`, problem.detail);
  const unstartable = kind === "command" ? programProblem(target.command?.[0] ?? "") : null;
  if (unstartable !== null) throw invalid("/command", `The command ${unstartable}.`, unstartable);
  const address = addressIn(kind, { target, secret });
  const refusal = address === null ? null : hostProblem(address.url.hostname, { allowPrivate });
  if (address !== null && refusal !== null) throw invalid(`/${address.field}`, `The address ${refusal}.`, refusal);
  return { target, events, allowPrivate, rules, ...answeringOf(input, { target, events, hasLinks, secret }) };
}

/** Each once. @throws WorkerError invalid_input: rules that do not fit them. */
function eventsOf(events: readonly NotificationEvent[], { digestAt, escalateAfterMs }: ChannelRules): NotificationEvent[] {
  if (events.includes("digest") && digestAt === null) {
    throw invalid("/digest_at", "A digest needs a time. Say when it is sent: --digest-at 07:30", "is missing");
  }
  if (escalateAfterMs !== null && !events.includes("question")) {
    throw invalid(
      "/events",
      "Only questions are sent once more, and this channel does not get any. Add question to its events (--on).",
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

export function invalid(pointer: string, message: string, detail: string): WorkerError {
  return new WorkerError("invalid_input", message, [{ pointer, detail }]);
}
