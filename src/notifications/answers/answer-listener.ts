/**
 * Reads the answers that people give in chats, while a question waits that was sent there. Channels
 * of one bot, topic or app are read together. See docs/decisions/0017.
 */
import type { Logger } from "pino";
import { messageOf } from "../../domain/errors.ts";
import type { ArrivedAnswer, ReadPosition, TakenAnswer } from "../../domain/notifications/arrived-answer.ts";
import { formOf } from "../../domain/notifications/channel.ts";
import type { Channel, ChannelForm } from "../../domain/notifications/channel.ts";
import { Lifecycle } from "../../domain/services/service.ts";
import type { Service } from "../../domain/services/service.ts";
import { failpoint } from "../../processes/failpoint.ts";
import type { Store } from "../../store/store.ts";
import type { Destination } from "../adapter.ts";
import { pause } from "./pause.ts";
import { SourceProblem } from "./source.ts";
import type { AnswerSource, Reading } from "./source.ts";

/** A press of a button right after the answer still gets its reply. */
const lingerMs = 120_000;
/** Pauses after a problem: 1 s, 2 s, 4 s … */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export interface AnswerListenerOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly sources: Readonly<Partial<Record<ChannelForm, AnswerSource>>>;
  now(): number;
  random(): number;
  /** Stores an answer that came to one of these channels. */
  take(answer: ArrivedAnswer, channelIds: readonly number[]): Promise<TakenAnswer>;
  /** Inside `write`. Stores that these channels were read up to here. */
  notePosition(channelIds: readonly number[], position: ReadPosition): void;
  /** Between two tries. Default: a minute. */
  readonly longestPauseMs?: number;
}

/** A source that is being read. */
interface Loop {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Until then it is read although nothing waits. */
  readUntil: number;
}

export class AnswerListener implements Service {
  readonly #options: AnswerListenerOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  readonly #loops = new Map<string, Loop>();
  /** By source: what keeps it from being read. */
  readonly #problems = new Map<string, string>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Sources of which it is not known what they have kept; null: not started yet. */
  #behind: Set<string> | null = null;
  readonly #caughtUp = Promise.withResolvers<void>();

  constructor(options: AnswerListenerOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** What was not stored yet is read again by the next server. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /**
   * Resolves when everything is stored that people answered while no server read it, or after this
   * time.
   */
  async caughtUp(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([this.#caughtUp.promise, promise]);
    clearTimeout(timer);
  }

  /** What keeps the answers of the channel from being read; null: nothing that is known. */
  problemOf(channel: Channel): string | null {
    const source = this.#options.sources[formOf(channel)];
    return source === undefined ? null : (this.#problems.get(this.#keyOf(channel, source)) ?? null);
  }

  #begin(): void {
    this.#unsubscribe = this.#options.store.onCommit(() => this.#look());
    this.#behind ??= this.#keeping();
    this.#noteCaughtUp(null);
    this.#look();
  }

  /** The sources that have kept answers to questions that wait. */
  #keeping(): Set<string> {
    const { store, sources } = this.#options;
    const waiting = new Set(store.asks.waitingChannels());
    const channels = store.notifications.channels().filter(({ id }) => waiting.has(id));
    return new Set(
      channels.flatMap((channel) => {
        const source = sources[formOf(channel)];
        return source?.keepsAnswers === true ? [this.#keyOf(channel, source)] : [];
      }),
    );
  }

  #noteCaughtUp(key: string | null): void {
    if (key !== null) this.#behind?.delete(key);
    if (this.#behind?.size === 0) this.#caughtUp.resolve();
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const loops = [...this.#loops.values()];
    for (const { stop } of loops) stop.abort();
    await Promise.all(loops.map(({ done }) => done));
    this.#problems.clear();
    this.#caughtUp.resolve();
  }

  /** Starts and stops reading. Cheap while nothing waits and nothing is read. */
  #look(): void {
    if (this.#unsubscribe === null) return;
    const { store, sources, now } = this.#options;
    const waiting = new Set(store.asks.waitingChannels());
    if (waiting.size === 0 && this.#loops.size === 0) return;
    const moment = now();
    const keys = new Set<string>();
    for (const channel of store.notifications.channels()) {
      const source = channel.answers === "none" ? undefined : sources[formOf(channel)];
      if (source === undefined) continue;
      const key = this.#keyOf(channel, source);
      keys.add(key);
      if (waiting.has(channel.id)) this.#keepReading(key, source, moment + lingerMs);
    }
    for (const [key, { stop, readUntil }] of this.#loops) if (readUntil <= moment || !keys.has(key)) stop.abort();
    this.#lookAt(moment);
  }

  /** Looks again when the first source has been read for long enough. */
  #lookAt(moment: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const next = Math.min(...[...this.#loops.values()].filter(({ stop }) => !stop.signal.aborted).map(({ readUntil }) => readUntil));
    this.#timer = next === Infinity ? null : setTimeout(() => this.#look(), Math.max(0, next - moment));
  }

  #keepReading(key: string, source: AnswerSource, readUntil: number): void {
    const loop = this.#loops.get(key);
    if (loop !== undefined) {
      loop.readUntil = readUntil;
      return;
    }
    const stop = new AbortController();
    const done = this.#readOn(key, source, stop.signal).finally(() => {
      this.#loops.delete(key);
      this.#problems.delete(key);
      this.#noteCaughtUp(key);
      this.#look();
    });
    this.#loops.set(key, { stop, done, readUntil });
  }

  /** Until the signal. Never rejects. */
  async #readOn(key: string, source: AnswerSource, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const reading = this.#readingOf(key, source, (problem = null) => {
        failures = 0;
        this.#note(key, problem);
      });
      if (reading === null) return;
      const begunAt = this.#options.now();
      try {
        await source.read(reading, signal);
        // The service ended the connection, which it may do again at once.
        if (this.#options.now() - begunAt < firstPauseMs) await pause(firstPauseMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#note(key, messageOf(error));
        const asked = error instanceof SourceProblem ? error.pauseMs : null;
        await pause(this.#pauseMs(asked ?? firstPauseMs * 2 ** failures), signal);
        failures += 1;
      }
    }
  }

  /** @param problem null: it is over. */
  #note(key: string, problem: string | null): void {
    if (problem === null) return void this.#problems.delete(key);
    if (this.#problems.get(key) !== problem) this.#options.log.warn({ problem }, "answers of a channel are not read as they should be");
    this.#problems.set(key, problem);
  }

  #pauseMs(wanted: number): number {
    // A service may ask for no pause at all.
    return Math.min(Math.max(wanted, firstPauseMs), this.#options.longestPauseMs ?? longestPauseMs) * (1 + this.#options.random() / 4);
  }

  /** Null: its channels are gone. */
  #readingOf(key: string, source: AnswerSource, works: Reading["works"]): Reading | null {
    const { store, now, take, notePosition } = this.#options;
    const channels = (): Channel[] =>
      store.notifications.channels().filter((channel) => channel.answers !== "none" && this.#isOf(channel, key, source));
    const [first] = channels();
    if (first === undefined) return null;
    const ids = (): number[] => channels().map(({ id }) => id);
    const allowPrivate = channels().some((each) => each.allowPrivate);
    const destinationOf = ({ id, target }: Channel): Destination => ({ target, secret: store.notifications.secretOf(id), allowPrivate });
    return {
      destination: destinationOf(first),
      destinationOf,
      channels,
      works,
      isBehind: () => this.#behind?.has(key) === true,
      caughtUp: () => this.#noteCaughtUp(key),
      position: () => {
        const positions = ids().flatMap((id) => store.asks.positionOf(id) ?? []);
        return positions.toSorted((a, b) => b.at - a.at)[0] ?? null;
      },
      waitsSince: () => Math.min(now(), ...ids().flatMap((id) => store.asks.oldestWaiting(id) ?? [])),
      take: async (answer) => {
        failpoint("answer.take.before");
        const taken = await take(answer, ids());
        failpoint("answer.take.after");
        return taken;
      },
      seen: (position) => store.write(() => notePosition(ids(), position)),
    };
  }

  #isOf(channel: Channel, key: string, source: AnswerSource): boolean {
    return this.#options.sources[formOf(channel)] === source && this.#keyOf(channel, source) === key;
  }

  #keyOf(channel: Channel, source: AnswerSource): string {
    return source.key(channel, this.#options.store.notifications.secretOf(channel.id));
  }
}
