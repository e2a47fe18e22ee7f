/** Changes a channel. What is left out stays; the kind never changes. */
import type { ChannelChange, ChannelInput } from "../../contract/operations/notifications.ts";
import { WorkerError } from "../../domain/errors.ts";
import { usualAnswerers } from "../../domain/notifications/answer-rules.ts";
import { showsSecretElsewhere } from "../../domain/notifications/channel-rules.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import type { Store } from "../../store/store.ts";
import { noChannel, requireChannel } from "./channels.ts";
import type { AddContext } from "./channels.ts";
import { checkedChannel, invalid } from "./checked-channel.ts";

/**
 * Also counts for messages that wait. Who changes which answers count is from then on who added
 * the channel: its answers have that person's rights.
 * @throws WorkerError not_found; conflict: the name is taken; and as for a new channel.
 */
export async function changeChannel(
  store: Store,
  id: number,
  change: ChannelChange,
  { hostProblem, hasLinks, addedToken }: Omit<AddContext, "now">,
): Promise<Channel> {
  return await store.write(() => {
    const channel = requireChannel(store, id);
    const { name = channel.name } = change;
    if (store.notifications.channels().some((other) => other.id !== id && other.name === name))
      throw new WorkerError("conflict", `There is a channel named "${name}" already. Choose another name.`);
    const secret = change.secret?.trim() ?? store.notifications.secretOf(id);
    const checked = checkedChannel(store, inputOf(store, channel, change), { secret, hostProblem, hasLinks });
    if (change.secret === undefined && secret !== null && showsSecretElsewhere(channel.kind, channel.target, checked.target))
      throw invalid(
        "/secret",
        "The channel's secret would go to another server. Give the secret for that one, too: --secret-file FILE",
        "is missing",
      );
    const isAnswering = change.answers !== undefined || change.answer_from !== undefined;
    const changed = { ...checked, name, addedToken: isAnswering ? addedToken : channel.addedToken };
    const stored = store.notifications.changeChannel(id, changed, secret);
    if (stored === null) throw noChannel(id);
    return stored;
  });
}

/** The channel as an input would make it, with the change. */
function inputOf(store: Store, channel: Channel, change: ChannelChange): ChannelInput {
  const { name, kind, events, allowPrivate, rules } = channel;
  const { answersTopic, ...target } = channel.target;
  const digest = change.digest_at === undefined ? rules.digestAt : change.digest_at;
  const after = change.escalate_after_ms === undefined ? rules.escalateAfterMs : change.escalate_after_ms;
  const to = rules.escalateTo === null ? null : (store.notifications.channel(rules.escalateTo)?.name ?? null);
  const before = {
    name,
    kind,
    ...target,
    command: target.command === undefined ? undefined : [...target.command],
    // A digest without a time is not one.
    events: events.filter((event) => event !== "digest" || digest !== null),
    labels: rules.labels,
    quiet_hours: rules.quiet,
    digest_at: digest,
    escalate_after_ms: after,
    escalate_to: after === null ? null : to,
    allow_private: allowPrivate,
    answers: channel.answers,
    answer_from: answerFromOf(channel, change),
    answers_topic: (change.answers ?? channel.answers) === "none" ? undefined : answersTopic,
  };
  const fields = Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(fields) as ChannelInput;
}

/** Who was not named, but is the person of the chat, follows the chat. */
function answerFromOf({ kind, target, answers, answerFrom }: Channel, change: ChannelChange): string[] | null {
  if ((change.answers ?? answers) === "none" || answerFrom.length === 0) return null;
  const usual = usualAnswerers(kind, target);
  return usual.length === answerFrom.length && usual.every((user) => answerFrom.includes(user)) ? null : [...answerFrom];
}
