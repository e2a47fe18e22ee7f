/** A list of tasks: a table for people, tab-separated lines for programs. */
import type { TaskSummaryView } from "../../contract/views.ts";
import { formatDuration } from "../../domain/duration.ts";
import { plainLine } from "../../domain/plain-text.ts";
import type { Output } from "../io.ts";
import { attentionMark, attentionText } from "./attention.ts";
import { painter } from "./colour.ts";
import { statusColours, statusMarks } from "./status.ts";
import { table } from "./table.ts";
import { dollars, relativeTime } from "./time.ts";

/** The columns of the tab-separated form, in order. */
export const listColumns = ["id", "status", "created_at", "started_at", "ended_at", "cost_usd", "name", "title", "note"] as const;

/** Below this width a table has no room for its times and costs: these columns are left out. */
const narrowest = 70;
const leftOut: ReadonlySet<number> = new Set([2, 3, 4]);

/** @param now UTC milliseconds. */
export function taskTable(tasks: readonly TaskSummaryView[], output: Output, now: number): string {
  const paint = painter(output);
  const narrow = output.columns < narrowest;
  const rows = tasks.map((task) => {
    const note = task.status === "completed" ? "" : noteOf(task);
    const cells = [
      { text: String(task.id), paint: paint.bold },
      {
        text: `${statusMarks[task.status]} ${task.cancel_requested && task.status === "running" ? "stopping" : task.status}${attentionMark(task)}`,
        paint: paint[task.attention.length === 0 ? statusColours[task.status] : "yellow"],
      },
      { text: relativeTime(task.created_at, now), paint: paint.dim },
      { text: tookOf(task, now) },
      { text: task.cost_usd === null ? "" : dollars(task.cost_usd) },
      { text: plainLine(task.name ?? task.title, 300), tail: note },
    ];
    return narrow ? cells.filter((_, column) => !leftOut.has(column)) : cells;
  });
  const header = ["ID", "STATUS", "CREATED", "TOOK", "COST", "TASK"].filter((_, column) => !narrow || !leftOut.has(column));
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: narrow ? [0] : [0, 3, 4] });
}

/** One task a line, uncut; times are RFC 3339, what is not there is empty. */
export function taskLines(tasks: readonly TaskSummaryView[]): string {
  return tasks.map((task) => `${fieldsOf(task).join("\t")}\n`).join("");
}

function fieldsOf(task: TaskSummaryView): string[] {
  const { id, status, created_at, started_at, ended_at, cost_usd, name, title } = task;
  const texts = [name ?? "", title, noteOf(task)].map((text) => plainLine(text, 100_000));
  return [
    String(id),
    status,
    created_at,
    started_at ?? "",
    ended_at ?? "",
    cost_usd === null ? "" : String(Number(cost_usd.toFixed(6))),
    ...texts,
  ];
}

/** What a person wants to know next: why it waits, what it does, why it failed, what to look at. */
export function noteOf(task: TaskSummaryView): string {
  if (task.status === "pending") return task.waiting_for === null ? "" : `(${plainLine(task.waiting_for.message)})`;
  if (task.status === "running" || task.status === "waiting") return plainLine(task.last_action ?? "");
  return task.error === null ? attentionText(task) : plainLine(task.error.message);
}

/** How long it has run, or ran. */
export function tookOf(task: Pick<TaskSummaryView, "started_at" | "ended_at" | "duration_ms" | "status">, now: number): string {
  if (task.status === "running" && task.started_at !== null) return formatDuration(now - Date.parse(task.started_at));
  return task.duration_ms === null ? "" : formatDuration(task.duration_ms);
}
