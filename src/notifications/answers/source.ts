/** Defines where answers come from: a bot, a topic or an app, which several channels may share. */
import type { ArrivedAnswer, ReadPosition, TakenAnswer } from "../../domain/notifications/arrived-answer.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import type { Destination } from "../adapter.ts";

/** What a source needs while it is read. */
export interface Reading {
  readonly destination: Destination;
  /** For a reply in one of the channels: they may have different secrets. */
  destinationOf(channel: Channel): Destination;
  /** The channels that share the source now. */
  channels(): readonly Channel[];
  position(): ReadPosition | null;
  /** When the oldest message was written that still waits for an answer (UTC ms). */
  waitsSince(): number;
  /** Stores the answer. @throws when it could not be stored: it must be read again. */
  take(answer: ArrivedAnswer): Promise<TakenAnswer>;
  /** Stores that everything up to here was read. */
  seen(position: ReadPosition): Promise<void>;
  /** Whether what was answered before this server began is waited for. */
  isBehind(): boolean;
  /** Call it when everything is stored that the service has kept until now. */
  caughtUp(): void;
  /**
   * Call it when the service answers: a problem is over.
   * @param problem a sentence: it is read, but not as it should be.
   */
  works(problem?: string | null): void;
}

export interface AnswerSource {
  /** Whether its service keeps answers for us while this server does not read them. */
  readonly keepsAnswers: boolean;
  /** What channels of one source have in common. */
  key(channel: Channel, secret: string | null): string;
  /**
   * Reads answers until the signal, or until the service ends the connection.
   * @throws Error a sentence: what keeps it from reading. SourceProblem where a pause is asked for.
   */
  read(reading: Reading, signal: AbortSignal): Promise<void>;
}

/** What keeps a source from being read. */
export class SourceProblem extends Error {
  /** Until the next try; null: as usual. */
  readonly pauseMs: number | null;

  constructor(message: string, pauseMs: number | null = null) {
    super(message);
    this.name = "SourceProblem";
    this.pauseMs = pauseMs;
  }
}

/** Runs work with an end: after so long, or at the signal. */
export async function within<T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(), ms);
  try {
    return await work(AbortSignal.any([ends.signal, signal]));
  } finally {
    clearTimeout(timer);
  }
}
