/**
 * What a status line says of a task that is followed: elapsed time, turns, cost and the last
 * action, as the events come.
 */
import type { EventView } from "../../contract/views/event.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { isMachinery } from "../../domain/events/machinery.ts";
import { formatDuration } from "../../domain/text/duration.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { dollars } from "../terminal/render/time.ts";

/** What a watcher sees in other words, or has no use for; `logs` shows it. */
export const silent: ReadonlySet<EventView["type"]> = new Set(["submitted", "session", "ended"]);

export class TaskProgress {
  readonly #begunAt: number;
  #lastAction: string;
  #costUsd: number | null;
  #turns: number;

  /** @param task as it was when following began. */
  constructor(task: TaskView) {
    this.#begunAt =
      task.attempt_started_at === null ? Date.parse(task.updated_at) : Date.parse(task.attempt_started_at) - (task.duration_ms ?? 0);
    this.#lastAction = task.waiting_for === null ? (task.last_action ?? "") : `waits: ${task.waiting_for.message}`;
    this.#costUsd = task.cost_usd;
    this.#turns = task.num_turns ?? 0;
  }

  take(event: EventView): void {
    // The server counted them: a step tells its turn, a result tells all.
    this.#turns = Math.max(this.#turns, turnOf(event));
    if (event.type === "result") this.#costUsd = event.data.cost_usd ?? this.#costUsd;
    // What a task waits for says more than that it was submitted.
    if (!silent.has(event.type) && !isMachinery(event)) this.#lastAction = event.summary.at(-1) ?? this.#lastAction;
  }

  /** Takes the running cost, which no event carries. */
  see(task: TaskView): void {
    this.#costUsd = task.cost_usd ?? this.#costUsd;
    this.#turns = Math.max(this.#turns, task.num_turns ?? 0);
  }

  /** One plain line. @param instead said in the place of the last action. */
  text(instead: string | null = null): string {
    const turns = this.#turns;
    const facts = [
      formatDuration(Date.now() - this.#begunAt).replace(/\.\d/, ""),
      turns === 0 ? "" : `${turns} ${turns === 1 ? "turn" : "turns"}`,
      this.#costUsd === null ? "" : dollars(this.#costUsd),
      instead ?? plainLine(this.#lastAction),
    ];
    return facts.filter((fact) => fact !== "").join(" · ");
  }
}

function turnOf({ type, data }: EventView): number {
  if (type === "result") return data.num_turns ?? 0;
  return type === "text" || type === "thinking" || type === "tool_use" ? (data.turn ?? 0) : 0;
}
