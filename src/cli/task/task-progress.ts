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
  /** When it would have begun if it had worked all the time, or when its wait began. */
  #begunAt = 0;
  /** How long it has worked; null: it works, or has not begun. */
  #workedMs: number | null = null;
  #lastAction: string;
  #costUsd: number | null;
  #turns: number;

  /** @param task as it was when following began. */
  constructor(task: TaskView) {
    this.#seeTime(task);
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
    this.#seeTime(task);
  }

  /** A task that waits for an answer does not work. */
  #seeTime({ status, working_since: since, worked_ms: worked, asked_at: asked, updated_at: updated }: TaskView): void {
    this.#workedMs = status === "waiting" ? worked : null;
    this.#begunAt = since === null ? Date.parse(asked ?? updated) : Date.parse(since) - (worked ?? 0);
  }

  /** One plain line. @param instead said in the place of the last action. */
  text(instead: string | null = null): string {
    const turns = this.#turns;
    const elapsed = formatDuration(Date.now() - this.#begunAt).replace(/\.\d/, "");
    const facts = [
      this.#workedMs === null ? elapsed : formatDuration(this.#workedMs).replace(/\.\d/, ""),
      turns === 0 ? "" : `${turns} ${turns === 1 ? "turn" : "turns"}`,
      this.#costUsd === null ? "" : dollars(this.#costUsd),
      this.#workedMs === null ? "" : `waits ${elapsed}`,
      instead ?? plainLine(this.#lastAction),
    ];
    return facts.filter((fact) => fact !== "").join(" · ");
  }
}

function turnOf({ type, data }: EventView): number {
  if (type === "result") return data.num_turns ?? 0;
  return type === "text" || type === "thinking" || type === "tool_use" ? (data.turn ?? 0) : 0;
}
