/** Limits how fast one account may submit, with a token bucket for each account. */
import { WorkerError } from "../../domain/errors.ts";

interface Bucket {
  tasks: number;
  filledAt: number;
}

export class SubmitRate {
  readonly #perMinute: number;
  /** One bucket for each API token and each tree of tasks. */
  readonly #buckets = new Map<string, Bucket>();

  readonly #setting: string;

  /**
   * @param perMinute tasks per minute; the same number may come at once after a pause.
   * @param setting the name of the setting, for the error.
   */
  constructor(perMinute: number, setting = "submits_per_minute") {
    this.#setting = setting;
    this.#perMinute = perMinute;
  }

  /**
   * Counts a submit.
   * @throws WorkerError too_many_requests, with the time of the next possible submit.
   */
  take(account: string, tasks: number, now: number): void {
    const bucket = this.#filled(account, now);
    if (Math.min(tasks, this.#perMinute) > bucket.tasks) {
      const waitMs = Math.ceil(((Math.min(tasks, this.#perMinute) - bucket.tasks) / this.#perMinute) * 60_000);
      const message = `More than ${this.#perMinute} tasks a minute. Try again in ${Math.ceil(waitMs / 1000)} s, or raise the limit: claude-worker config set ${this.#setting} N`;
      throw new WorkerError("too_many_requests", message, [], { retryAfterMs: waitMs });
    }
    bucket.tasks -= tasks;
  }

  #filled(account: string, now: number): Bucket {
    const bucket = this.#buckets.get(account) ?? { tasks: this.#perMinute, filledAt: now };
    const passedMs = Math.max(0, now - bucket.filledAt);
    bucket.tasks = Math.min(this.#perMinute, bucket.tasks + (passedMs / 60_000) * this.#perMinute);
    bucket.filledAt = now;
    this.#buckets.set(account, bucket);
    return bucket;
  }
}
