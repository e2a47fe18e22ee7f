/** What model calls cost: tokens and money, by model. */

/** Tokens and money of one model, cumulative over the task's session. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly costUsd: number;
}

/** A session's running total, as it was reported last. */
export interface SessionSpent {
  readonly costUsd: number;
  readonly usage: Readonly<Record<string, ModelUsage>>;
  /** When (UTC ms). */
  readonly at: number;
  /** Where a resumed session continues counting: spent by earlier attempts, and counted then. */
  readonly base: boolean;
}
