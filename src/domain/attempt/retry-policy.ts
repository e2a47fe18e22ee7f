/** How often and after which waits tasks are tried again. */

export interface RetryPolicy {
  /** Attempts in a row that died without progress, after which a task counts as poisonous. */
  readonly poisonLimit: number;
  /** Setbacks in a row (setbacks.ts) after which a task fails, even with progress between them. */
  readonly setbackLimit: number;
  /** Further tries after an overloaded API, as long as none makes progress. */
  readonly overloadedTries: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Refusals in a row, all alike, with which a task fails while the account works for others. */
  readonly refusalTries: number;
  /** First wait after a refusal; it doubles up to `backoffCapMs`. */
  readonly refusalBackoffMs: number;
  /** Attempts in a row whose work could not be verified, after which a task fails. */
  readonly unavailableTries: number;
  /** How long nothing starts after an attempt that met a full disk. */
  readonly storageWaitMs: number;
  /**
   * Longest random time after a usage limit's reset, so that not all workers start at the same
   * moment.
   */
  readonly limitJitterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  poisonLimit: 5,
  setbackLimit: 10,
  overloadedTries: 5,
  backoffBaseMs: 10_000,
  backoffCapMs: 300_000,
  refusalTries: 5,
  refusalBackoffMs: 15_000,
  unavailableTries: 3,
  storageWaitMs: 60_000,
  limitJitterMs: 30_000,
};
