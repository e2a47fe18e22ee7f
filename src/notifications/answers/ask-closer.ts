/**
 * Changes the messages whose question has ended, wherever it was answered: they say how, and lose
 * their buttons. What was left by a kill is found at the start.
 */
import type { Logger } from "pino";
import { messageOf } from "../../domain/errors.ts";
import { formOf } from "../../domain/notifications/channel.ts";
import type { ChannelForm } from "../../domain/notifications/channel.ts";
import { howItEnded } from "../../domain/questions/answer-text.ts";
import { Lifecycle } from "../../domain/services/service.ts";
import type { Service } from "../../domain/services/service.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Ask } from "../../store/sqlite/asks.ts";
import type { Store } from "../../store/store.ts";
import type { Adapter, Sent } from "../adapter.ts";
import { pause } from "./pause.ts";
import { shownQuestion } from "./prepare-ask.ts";
import { within } from "./source.ts";

/** A chat has this long for its answer. */
const answerMs = 15_000;
/** Pauses after a try that failed. After the last one the message stays as it is. */
const pausesMs = [2_000, 10_000, 60_000, 300_000] as const;
/** A chat that asks for a pause gets it, up to this time. */
const longestPauseMs = 300_000;

const stopped: Sent = { delivered: false, error: "The server stops." };

export interface AskCloserOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly adapters: Readonly<Record<ChannelForm, Adapter>>;
  now(): number;
  /** A text without the secrets that this server knows. */
  redact(text: string): string;
}

export class AskCloser implements Service {
  readonly #options: AskCloserOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  /** By message. */
  readonly #closing = new Map<number, Promise<void>>();
  /** By channel: its last change. A cancel may end a thousand questions at once. */
  readonly #changes = new Map<number, Promise<unknown>>();
  #unsubscribe: (() => void) | null = null;
  #stopped = new AbortController();

  constructor(options: AskCloserOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  #begin(): void {
    this.#stopped = new AbortController();
    this.#unsubscribe = this.#options.store.onCommit(({ taskIds }) => {
      if (taskIds.size > 0) this.#look(taskIds);
    });
    this.#look(null);
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#stopped.abort();
    await Promise.all(this.#closing.values());
  }

  #look(taskIds: ReadonlySet<number> | null): void {
    for (const ask of this.#options.store.asks.finished(taskIds)) {
      if (this.#closing.has(ask.id)) continue;
      this.#closing.set(
        ask.id,
        this.#close(ask).finally(() => this.#closing.delete(ask.id)),
      );
    }
  }

  /** Never rejects. */
  async #close(ask: Ask): Promise<void> {
    const { store, log, now } = this.#options;
    const { signal } = this.#stopped;
    try {
      for (const pauseMs of [...pausesMs, null]) {
        const sent = await this.#changeInTurn(ask, signal);
        if (signal.aborted) return;
        if (sent.delivered || sent.isFinal === true || pauseMs === null) {
          if (!sent.delivered) log.warn({ question: ask.questionId, error: sent.error }, "a message of a question keeps its buttons");
          break;
        }
        await pause(pauseMs, signal);
        if (signal.aborted) return;
      }
      await store.write(() => store.asks.close(ask.id, now()));
    } catch (error) {
      // The next start finds it again.
      if (!signal.aborted) log.error({ error: messageOf(error) }, "a message of a question could not be closed");
    }
  }

  /** Each channel changes one message at a time, and makes the pauses that its chat asks for. */
  #changeInTurn(ask: Ask, signal: AbortSignal): Promise<Sent> {
    const before = this.#changes.get(ask.channelId) ?? Promise.resolve();
    const change = before.then(() => (signal.aborted ? stopped : this.#change(ask, signal)));
    const rest = change.then(async (sent) => {
      if (!sent.delivered) await pause(Math.min(sent.retryAfterMs ?? 0, longestPauseMs), signal);
    });
    const settled = rest.catch(() => undefined);
    this.#changes.set(ask.channelId, settled);
    void settled.then(() => {
      if (this.#changes.get(ask.channelId) === settled) this.#changes.delete(ask.channelId);
    });
    return change;
  }

  async #change({ channelId, questionId, ref }: Ask, signal: AbortSignal): Promise<Sent> {
    const { store, adapters, redact } = this.#options;
    const [channel, question] = [store.notifications.channel(channelId), store.questions.get(questionId)];
    const task = question === null ? null : store.tasks.get(question.taskId);
    const asking = channel === null ? undefined : adapters[formOf(channel)].asks;
    if (ref === null || channel === null || question === null || task === null || asking?.change === undefined) return { delivered: true };
    const { title, text } = shownQuestion(question, { title: `Task ${task.id} asked`, task }, asking, { store, redact });
    const end = plainLine(redact(howItEnded(question)), 400);
    const { target, allowPrivate } = channel;
    const destination = { target, allowPrivate, secret: store.notifications.secretOf(channel.id) };
    const { change } = asking;
    try {
      return await within(answerMs, signal, (ends) => change(ref, { title, text: `${text}\n\n${end}` }, destination, ends));
    } catch (error) {
      return { delivered: false, error: redact(messageOf(error)) };
    }
  }
}
