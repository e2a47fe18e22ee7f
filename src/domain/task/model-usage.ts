/** What model calls cost: tokens and money, by model. */

/** Tokens and money of one model, cumulative over the task's session. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly costUsd: number;
}

/** A session's running total, from the last report. */
export interface SessionSpent {
  readonly costUsd: number;
  readonly usage: Readonly<Record<string, ModelUsage>>;
  /** When (UTC ms). */
  readonly at: number;
  /**
   * Whether this is the total with which a resumed session begins. Earlier attempts spent it, and
   * it is counted already.
   */
  readonly base: boolean;
}
