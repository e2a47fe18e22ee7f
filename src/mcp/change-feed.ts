/**
 * Reports changed resources from the change feed while a client watches. Limits how often each
 * resource is reported.
 */
import type { Subscription, WorkerApi } from "../contract/api.ts";
import { logUri, tasksUri, taskUri } from "./resources.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

const quietMs = 250;
const readAtOnce = 500;

export class ChangeFeed {
  readonly #api: WorkerApi;
  readonly #publish: (uri: string) => void;
  #subscription: Subscription | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** The number of the last event that was read. */
  #after: Promise<number> = Promise.resolve(0);

  /** @param publish called for each resource that changed. */
  constructor(api: WorkerApi, publish: (uri: string) => void) {
    this.#api = api;
    this.#publish = publish;
  }

  /** May be called again. */
  start(): void {
    if (this.#subscription !== null) return;
    this.#after = this.#api.allEvents({ tail: 0 }).then(({ next_after }) => next_after);
    // Without a position nothing is reported until the feed starts again.
    this.#after.catch(() => undefined);
    this.#subscription = this.#api.onEvents(null, () => {
      this.#timer ??= setTimeout(() => void this.#tell(), quietMs);
    });
  }

  /** May be called twice. */
  stop(): void {
    this.#subscription?.close();
    this.#subscription = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #tell(): Promise<void> {
    this.#timer = null;
    const ids = new Set<TaskRef>();
    // What cannot be read now is read with the next change.
    this.#after = this.#after.then((after) => this.#readFrom(after, ids).catch(() => after));
    await this.#after.catch(() => undefined);
    if (ids.size === 0 || this.#subscription === null) return;
    this.#publish(tasksUri);
    for (const id of ids) {
      this.#publish(taskUri(id));
      this.#publish(logUri(id));
    }
  }

  /** Adds the tasks of all events after a number to `ids`. @returns the number of the last one. */
  async #readFrom(after: number, ids: Set<TaskRef>): Promise<number> {
    for (;;) {
      const { events, next_after } = await this.#api.allEvents({ after, limit: readAtOnce });
      for (const { task_id } of events) ids.add(task_id);
      after = next_after;
      if (events.length < readAtOnce) return after;
    }
  }
}
