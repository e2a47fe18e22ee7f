/** Says when and of which tasks a channel is notified, beside the events that it wants. */
import { nextLocalTime } from "./local-time.ts";

/** From and to as `22:00`, local time. They may span midnight. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
}

export interface ChannelRules {
  /** Only tasks that bear all of these. Holds concern every task. */
  readonly labels: Readonly<Record<string, string>>;
  /** When nothing is sent. What happens then is sent at the end. */
  readonly quiet: QuietHours | null;
  /** When the day's digest is sent, as `07:30`. */
  readonly digestAt: string | null;
  /** After so long without an answer a question is sent once more. */
  readonly escalateAfterMs: number | null;
  /** The channel that gets it then. Null: the same. */
  readonly escalateTo: number | null;
}

export const noRules: ChannelRules = { labels: {}, quiet: null, digestAt: null, escalateAfterMs: null, escalateTo: null };

/** Events that come late, e.g. from a night without a server, wait for each other so long. */
const gatherMs = 60_000;

export function labelsFit({ labels }: Pick<ChannelRules, "labels">, of: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => of[key] === value);
}

/** The end of the quiet hours that `now` lies in; null: it lies in none. */
export function quietUntil(quiet: QuietHours | null, now: number): number | null {
  if (quiet === null || quiet.from === quiet.to) return null;
  const end = nextLocalTime(quiet.to, now);
  // Within them the end comes before the next beginning.
  return end < nextLocalTime(quiet.from, now) ? end : null;
}

/** When a digest has what happened at `at`. */
export function digestTime(digestAt: string, at: number, now: number): number {
  const next = nextLocalTime(digestAt, at);
  return next > now ? next : now + gatherMs;
}
