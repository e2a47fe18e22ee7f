/**
 * Counts wrong tokens, or wrong links, by address. Refuses an address for a while after too many
 * within a minute. Right ones always pass.
 */
import { WorkerError } from "../../domain/errors.ts";

const windowMs = 60_000;
const mostFailures = 20;
const mostAddresses = 10_000;

export class FailedLogins {
  readonly #what: "token" | "link";
  readonly #byAddress = new Map<string, { since: number; count: number }>();

  constructor(what: "token" | "link" = "token") {
    this.#what = what;
  }

  /** @throws WorkerError too_many_requests when there were too many. */
  add(address: string, now: number): void {
    const failures = this.#current(address, now);
    failures.count++;
    if (failures.count <= mostFailures) return;
    const retryAfterMs = failures.since + windowMs - now;
    const what = this.#what;
    throw new WorkerError(
      "too_many_requests",
      `Too many wrong ${what}s came from this address. Wait a minute, and check the ${what}.`,
      [],
      { retryAfterMs },
    );
  }

  #current(address: string, now: number): { since: number; count: number } {
    const known = this.#byAddress.get(address);
    if (known !== undefined && now - known.since < windowMs && now >= known.since) return known;
    if (this.#byAddress.size >= mostAddresses) this.#byAddress.clear();
    const fresh = { since: now, count: 0 };
    this.#byAddress.set(address, fresh);
    return fresh;
  }
}
