/**
 * Looks up what a followed task has cost so far, for its status line. Events do not carry the
 * running cost, so a look follows them; a task without events is not looked at.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { TaskProgress } from "./task-progress.ts";

/** Events that come closer together than this cause one look. The cost comes after the event. */
const gatherMs = 1000;

/** The looks at one task. */
export class SpendingLook {
  readonly #client: WorkerClient;
  readonly #id: TaskRef;
  readonly #progress: TaskProgress;
  #timer: NodeJS.Timeout | null = null;

  constructor(client: WorkerClient, id: TaskRef, progress: TaskProgress) {
    this.#client = client;
    this.#id = id;
    this.#progress = progress;
  }

  /** Looks in a moment. A look that fails changes nothing: the feed reports the same failure. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#client.getTask({ id: this.#id }).then(
        (task) => this.#progress.see(task),
        () => {},
      );
    }, gatherMs);
  }

  /** May be called twice. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
