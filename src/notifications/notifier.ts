/**
 * Sends what is in the outbox. Commits wake it, and one timer for the next try. Channels do not
 * wait for each other; each sends one message at a time, the oldest first. See docs/decisions/0014.
 */
import type { Logger } from "pino";
import { messageOf as errorText } from "../domain/errors.ts";
import { formOf } from "../domain/notifications/channel.ts";
import type { Channel, ChannelForm } from "../domain/notifications/channel.ts";
import { merged, mergesTasks } from "../domain/notifications/merge.ts";
import { quietUntil } from "../domain/notifications/rules.ts";
import { longestPauseMs, nextTryAt } from "../domain/notifications/delivery.ts";
import type { Delivery } from "../domain/notifications/delivery.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import { failpoint } from "../processes/failpoint.ts";
import type { Store } from "../store/store.ts";
import type { Adapter, Sent } from "./adapter.ts";
import { askOf, prepareAsk, withAsk } from "./answers/prepare-ask.ts";
import type { AskParts } from "./answers/prepare-ask.ts";
import { linksIn } from "./links-in.ts";
import type { LinksOf } from "./links-in.ts";
import { messageOf } from "./message.ts";

/** Timers do not run while the machine sleeps, so the clock is read this often. */
const longestTimerMs = 60_000;
/** Time until a failed write is tried again. */
const retryMs = 5_000;
/** A receiver has this long for its whole answer. */
const answerMs = 15_000;
/** A stop waits this long for receivers that are answering. */
const stopGraceMs = 2_000;
const dayMs = 86_400_000;
const keepDeliveredMs = 7 * dayMs;
const keepDeadMs = 30 * dayMs;

export interface NotifierOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly adapters: Readonly<Record<ChannelForm, Adapter>>;
  now(): number;
  random(): number;
  /** A text without the secrets that this server knows. */
  redact(text: string): string;
  /** Links that answer a question from this channel; null: it has none. */
  readonly links?: LinksOf;
  /** Default: 15 s. */
  readonly answerMs?: number;
}

export class Notifier implements Service {
  readonly #options: NotifierOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  /** Channels that send now. */
  readonly #busy = new Map<number, Promise<void>>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = new AbortController();
  #tidiedAt = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Ends what is being sent after a moment. The next server sends it again, under the same id. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #begin(): Promise<void> {
    this.#stopped = new AbortController();
    await this.#tidy();
    this.#unsubscribe = this.#options.store.onCommit(() => this.#look());
    this.#look();
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#lookIn(null);
    const grace = setTimeout(() => this.#stopped.abort(), stopGraceMs);
    await Promise.all(this.#busy.values());
    clearTimeout(grace);
    this.#stopped.abort();
  }

  /** Starts what is due. Cheap when nothing waits. */
  #look(): void {
    const { store, now } = this.#options;
    if (this.#unsubscribe === null) return;
    const moment = now();
    for (const channelId of store.notifications.dueChannels(moment)) {
      if (this.#busy.has(channelId)) continue;
      this.#busy.set(channelId, this.#sendNext(channelId, moment));
    }
    const nextAt = store.notifications.nextAt(moment);
    this.#lookIn(nextAt === null ? null : nextAt - moment);
  }

  #lookIn(pauseMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (pauseMs === null || this.#unsubscribe === null) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(0, pauseMs), longestTimerMs));
  }

  /** Never rejects. */
  async #sendNext(channelId: number, moment: number): Promise<void> {
    try {
      await this.#sendOrPutOff(channelId, moment);
    } catch (error) {
      this.#options.log.error({ error: errorText(error), channelId }, "a notification could not be sent or marked");
      // The channel stays busy meanwhile, so that a full disk does not make it a loop.
      await this.#pause(retryMs);
    }
    this.#busy.delete(channelId);
    this.#look();
  }

  async #sendOrPutOff(channelId: number, moment: number): Promise<void> {
    const { store } = this.#options;
    const { notifications } = store;
    const channel = notifications.channel(channelId);
    const due = notifications.due(channelId, moment);
    if (channel === null || due === null) return;
    const until = due.event === "test" ? null : quietUntil(channel.rules.quiet, moment);
    if (until !== null) await store.write(() => notifications.postpone(channelId, moment, until));
    else if (this.#isAnswered(due)) await store.write(() => notifications.drop(due.id));
    else await this.#send(due, channel, moment);
  }

  /**
   * Whether it is a question that needs no answer any more, or is gone with its task. A try that
   * began is finished in any case.
   */
  #isAnswered({ event, content, tries }: Delivery): boolean {
    if (event !== "question" || content.question?.id == null || tries > 0) return false;
    return this.#options.store.questions.get(content.question.id)?.status !== "open";
  }

  async #send(due: Delivery, channel: Channel, moment: number): Promise<void> {
    const { store, log, now } = this.#options;
    const asked = prepareAsk(due, channel, this.#adapterOf(channel)?.asks, this.#options);
    // The answer to a question belongs to its message alone.
    const others = asked !== null ? [] : store.notifications.mergeable(due, moment, mergesTasks(channel.kind));
    // Counted before it is sent: a server that may not write any more sends nothing.
    const begun = await store.write(() => {
      const delivery = store.notifications.begin(due.id, others, moment);
      return delivery === null ? null : { delivery, ask: asked === null ? null : askOf(store, delivery, asked, moment) };
    });
    if (begun === null) return;
    const { delivery } = begun;
    failpoint("notification.send.before");
    const sent = await this.#try(delivery, channel, begun.ask);
    if (sent === null) return;
    failpoint("notification.send.after");
    await this.#untilWritten(() => this.#mark(delivery, sent, now()));
    const { channelId, event, tries } = delivery;
    if (now() - this.#tidiedAt > dayMs) await this.#tidy();
    if (sent.delivered && sent.problem !== undefined)
      log.warn({ channelId, event, problem: sent.problem }, "a notification was not delivered to all");
    if (!sent.delivered) log.warn({ channelId, event, tries, error: sent.error }, "a notification was not delivered");
  }

  /** Null: the server stopped meanwhile. */
  async #try(delivery: Delivery, channel: Channel, ask: AskParts | null): Promise<Sent | null> {
    const { store, redact } = this.#options;
    const adapter = this.#adapterOf(channel);
    if (adapter === undefined) return { delivered: false, error: `This version has no channels of the kind ${channel.kind}.` };
    const ends = new AbortController();
    const timer = setTimeout(() => ends.abort(), this.#options.answerMs ?? answerMs);
    const { target, allowPrivate } = channel;
    try {
      const destination = { target, allowPrivate, secret: store.notifications.secretOf(channel.id), rest: delivery.rest };
      const parts = [delivery, ...store.notifications.mergedInto(delivery.id)] as const;
      return await adapter.send(
        withAsk(messageOf({ ...delivery, ...merged(parts) }, redact, linksIn(parts, channel, this.#options)), ask),
        destination,
        AbortSignal.any([ends.signal, this.#stopped.signal]),
      );
    } catch (error) {
      if (this.#stopped.signal.aborted) return null;
      return { delivered: false, error: redact(errorText(error)) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Undefined: another version has added the channel. */
  #adapterOf(channel: Channel): Adapter | undefined {
    return (this.#options.adapters as Readonly<Record<string, Adapter | undefined>>)[formOf(channel)];
  }

  #mark({ id, event, tries }: Delivery, sent: Sent, now: number): void {
    const { notifications, asks } = this.#options.store;
    if (sent.delivered) {
      if (sent.ref !== undefined) asks.sent(id, sent.ref);
      return void notifications.delivered(id, now, sent.problem ?? null);
    }
    const random = this.#options.random();
    const isLast = sent.isFinal === true || event === "test";
    const at = isLast ? null : nextTryAt({ tries, retryAfterMs: sent.retryAfterMs ?? null, now, random });
    notifications.failed(id, { error: sent.error, nextTryAt: at, rest: sent.rest, now });
  }

  /** A message that was sent must not be sent again because its mark could not be written. */
  async #untilWritten(work: () => void): Promise<void> {
    for (;;) {
      try {
        return await this.#options.store.write(work);
      } catch (error) {
        if (this.#stopped.signal.aborted || this.#unsubscribe === null) throw error;
        this.#options.log.error({ error: errorText(error) }, "a notification was sent but could not be marked; tried again");
        await this.#pause(retryMs);
      }
    }
  }

  /** At the start and once a day: forgets old deliveries, and shortens waits of a wrong clock. */
  async #tidy(): Promise<void> {
    const { store, log } = this.#options;
    const now = this.#options.now();
    this.#tidiedAt = now;
    if (store.notifications.channels().length === 0) return;
    try {
      await store.write(() => {
        store.notifications.forget(now - keepDeliveredMs, now - keepDeadMs);
        store.notifications.shortenWaits(now, now + longestPauseMs);
      });
    } catch (error) {
      log.warn({ error: errorText(error) }, "old notifications could not be deleted; tried again later");
    }
  }

  /** Ends early when the server stops. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#stopped.signal.addEventListener("abort", () => resolve(), { once: true });
    if (this.#unsubscribe === null) resolve();
    await promise;
    clearTimeout(timer);
  }
}
