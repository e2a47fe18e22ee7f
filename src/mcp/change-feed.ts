/**
 * Tells which resources changed, while somebody watches: from the change feed, at most every so
 * often per resource.
 */
import type { Subscription, WorkerApi } from "../contract/api.ts";
import { logUri, tasksUri, taskUri } from "./resources.ts";

const quietMs = 250;
const readAtOnce = 500;

export class ChangeFeed {
  readonly #api: WorkerApi;
  readonly #publish: (uri: string) => void;
  #subscription: Subscription | null = null;
  #timer: NodeJS.Timeout | null = null;
  #after = 0;

  /** @param publish called for each resource that changed. */
  constructor(api: WorkerApi, publish: (uri: string) => void) {
    this.#api = api;
    this.#publish = publish;
  }

  /** May be called again. */
  start(): void {
    if (this.#subscription !== null) return;
    this.#after = this.#api.newestEventId();
    this.#subscription = this.#api.onEvents(null, () => {
      this.#timer ??= setTimeout(() => this.#tell(), quietMs);
    });
  }

  /** May be called twice. */
  stop(): void {
    this.#subscription?.close();
    this.#subscription = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tell(): void {
    this.#timer = null;
    const ids = new Set<number>();
    for (;;) {
      const { events, next_after } = this.#api.allEvents(this.#after, readAtOnce);
      for (const { task_id } of events) ids.add(task_id);
      this.#after = next_after;
      if (events.length < readAtOnce) break;
    }
    if (ids.size === 0) return;
    this.#publish(tasksUri);
    for (const id of ids) {
      this.#publish(taskUri(id));
      this.#publish(logUri(id));
    }
  }
}
