/** Defines deliveries: one message to one channel, and when it is tried again. */
import type { Content } from "./content.ts";
import type { DeliveryEvent } from "./notification.ts";

export const deliveryStates = ["pending", "delivered", "dead", "merged"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** Recipients of a delivery after a try that reached the others. */
export interface Rest {
  /** Who is to get it at the next try. */
  readonly to: readonly string[];
  /** Who was refused for good. */
  readonly refused: readonly string[];
}

export interface Delivery {
  readonly id: number;
  readonly channelId: number;
  /** The same at each try: receivers recognise a message that comes again. */
  readonly messageId: string;
  readonly event: DeliveryEvent;
  /** null: it is about no task. */
  readonly taskId: number | null;
  readonly occurrence: string;
  readonly content: Content;
  readonly state: DeliveryState;
  /** Tries that began. */
  readonly tries: number;
  readonly occurredAt: number;
  /** Whether it repeats a question that has no answer yet. */
  readonly isEscalation: boolean;
  /** null: all recipients of the channel are to get it. */
  readonly rest: Rest | null;
  /** It is tried at this time or later. Means nothing once it is not pending any more. */
  readonly nextTryAt: number;
  readonly endedAt: number | null;
  /** Why the last try failed. */
  readonly lastError: string | null;
  /** The delivery whose message says this, too; null: it is a message of its own. */
  readonly mergedInto: number | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Pauses after the first, second … try that failed: about a day in all. */
const pausesMs = [
  5_000,
  30_000,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
  4 * hourMs,
  6 * hourMs,
  10 * hourMs,
] as const;

/** The longest pause; a later next try comes from a clock that was set back. */
export const longestPauseMs = 11 * hourMs;

/** Pauses are up to a tenth longer, so that not all messages come at once to one receiver. */
const jitter = 0.1;

export interface FailedTry {
  /** Tries that began, with this one. */
  readonly tries: number;
  /** What the receiver asked for. */
  readonly retryAfterMs: number | null;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** When the message is tried again; null: not any more. */
export function nextTryAt({ tries, retryAfterMs, now, random }: FailedTry): number | null {
  const pauseMs = pausesMs[tries - 1];
  if (pauseMs === undefined) return null;
  const askedMs = Math.min(retryAfterMs ?? 0, 10 * hourMs);
  return now + Math.round(Math.max(pauseMs, askedMs) * (1 + jitter * random));
}
