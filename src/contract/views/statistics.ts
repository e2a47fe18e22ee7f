/** What the metrics count. */
import type { z } from "zod";
import type { usageSumView } from "./usage.ts";

/**
 * A distribution: how many values lie above the bound before and up to `upto_ms`; the last has no
 * bound (null).
 */
export interface Histogram {
  readonly rows: readonly { readonly upto_ms: number | null; readonly count: number }[];
  readonly sum_ms: number;
}

/** Counters since the database was made. */
export interface Statistics {
  readonly waits: Histogram;
  readonly attempts: Histogram;
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  readonly events: number;
  /** Messages to people that wait, and that were given up, over all channels. */
  readonly notifications: { readonly pending: number; readonly dead: number };
  readonly usage: readonly z.infer<typeof usageSumView>[];
}
