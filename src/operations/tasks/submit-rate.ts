/** How fast one account may submit: a bucket of tokens per account that refills evenly. */
import { WorkerError } from "../../domain/errors.ts";

interface Bucket {
  tasks: number;
  filledAt: number;
}

export class SubmitRate {
  readonly #perMinute: number;
  /** As many as there are tokens, and trees of tasks. */
  readonly #buckets = new Map<string, Bucket>();

  readonly #setting: string;

  /**
   * @param perMinute tasks; as many may come at once after a pause. @param setting that says so,
   * for the error.
   */
  constructor(perMinute: number, setting = "submits_per_minute") {
    this.#setting = setting;
    this.#perMinute = perMinute;
  }

  /** Counts a submit. @throws WorkerError too_many_requests, saying when there is room again. */
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
