/**
 * Holds the current state of tasks for live displays. Follows the feed of events, and reads the
 * tasks again only after an event.
 */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskSummaryView } from "../../contract/views/task.ts";

/** Events that come closer together than this cause one look. */
const gatherMs = 300;

/** Keeps the current state of tasks for a live display. */
export class TaskBoard {
  readonly #client: WorkerClient;
  readonly #load: () => Promise<readonly TaskSummaryView[]>;
  readonly #onChange: () => void;
  #tasks: readonly TaskSummaryView[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isConnected = true;

  /** @param load the tasks to show. @param onChange called after each change. */
  constructor(client: WorkerClient, load: () => Promise<readonly TaskSummaryView[]>, onChange: () => void) {
    this.#client = client;
    this.#load = load;
    this.#onChange = onChange;
  }

  get tasks(): readonly TaskSummaryView[] {
    return this.#tasks;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Follows until the signal. Waits for a server that has ended. */
  async follow(signal: AbortSignal): Promise<void> {
    try {
      const { next_after: after } = await this.#client.allEvents({ tail: 0 });
      await this.#refresh();
      for await (const step of this.#client.follow(null, { after, signal, reconnectForMs: Number.POSITIVE_INFINITY })) {
        const was = this.#isConnected;
        this.#isConnected = step.type !== "disconnected";
        if (was !== this.#isConnected) this.#onChange();
        if (step.type !== "disconnected") this.#refreshSoon(signal);
      }
    } finally {
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
  }

  #refreshSoon(signal: AbortSignal): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // The feed reports the same failure.
      if (!signal.aborted) this.#refresh().catch(() => this.#onChange());
    }, gatherMs);
  }

  async #refresh(): Promise<void> {
    this.#tasks = await this.#load();
    this.#onChange();
  }
}
