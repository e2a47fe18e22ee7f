/**
 * How many requests were answered, by route and status: for monitoring. Counts of this process,
 * from its start.
 */

export interface RequestCount {
  /** The operation's name in the API's document; `unknown` for addresses that are none. */
  readonly operation: string;
  readonly status: number;
  readonly count: number;
}

export class RequestCounts {
  readonly #counts = new Map<string, { operation: string; status: number; count: number }>();

  add(operation: string, status: number): void {
    const key = `${operation} ${status}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { operation, status, count: 1 });
    else counted.count++;
  }

  all(): RequestCount[] {
    return [...this.#counts.values()];
  }
}
