/** What `wait` shows on a terminal: a row for each task that has not ended, as it is now. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskSummaryView } from "../../contract/views/task.ts";
import type { Io } from "../terminal/io.ts";
import { LiveLines } from "../terminal/render/live-lines.ts";
import { liveTable } from "../terminal/render/live-table.ts";
import { TaskBoard } from "./task-board.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

/** Draws the rows of the tasks that `wait` waits for. */
export class WaitingRows {
  readonly #open: Set<TaskRef>;
  readonly #board: TaskBoard;
  readonly #live: LiveLines;
  readonly #stop = new AbortController();
  readonly #release: () => void;

  constructor(io: Io, client: WorkerClient, ids: readonly TaskRef[]) {
    this.#open = new Set(ids);
    const load = async (): Promise<TaskSummaryView[]> => await Promise.all([...this.#open].map(async (id) => await client.getTask({ id })));
    this.#board = new TaskBoard(client, load, () => this.#live.draw());
    this.#live = new LiveLines(io.stdout, () => this.#rows(io), 1000);
    this.#release = io.onKill(() => this.#live.stop());
    this.#live.start();
    // Rows are only an aid: the wait itself reports a failure.
    this.#board.follow(this.#stop.signal).catch(() => this.#live.stop());
  }

  /** Writes the line of a task that has ended above the rows. */
  ended(id: TaskRef, line: string): void {
    this.#open.delete(id);
    this.#live.above(line);
  }

  /** Writes a line above the rows. */
  above(line: string): void {
    this.#live.above(line);
  }

  stop(): void {
    this.#stop.abort();
    this.#live.stop();
    this.#release();
  }

  #rows(io: Io): string[] {
    const tasks = this.#board.tasks.filter(({ id, ended_at }) => this.#open.has(id) && ended_at === null);
    return tasks.length === 0 ? [] : liveTable(tasks, io.stdout, Date.now());
  }
}
