/** A list of tasks: a table for people, tab-separated lines for programs. */
import type { TaskSummaryView } from "../../../contract/views/task.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { attentionMark, attentionText } from "./attention.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { statusColours, statusMarks } from "./status.ts";
import { table } from "./table.ts";
import type { Cell } from "./table.ts";
import { dollars, relativeTime } from "./time.ts";
import { statusWord } from "./verification.ts";

/** The columns of the tab-separated form, in order. */
export const listColumns = ["id", "status", "created_at", "started_at", "ended_at", "cost_usd", "name", "title", "note"] as const;

/** What a narrow terminal does without: when it was created, how long it took, what it cost. */
const optional = [2, 3, 4];

/** @param now UTC milliseconds. */
export function taskTable(tasks: readonly TaskSummaryView[], output: Output, now: number): string {
  const paint = painter(output);
  const rows = tasks.map((task) => {
    return [
      { text: String(task.id), paint: paint.bold },
      statusCell(task, paint),
      { text: relativeTime(task.created_at, now), paint: paint.dim },
      { text: tookOf(task, now) },
      { text: task.cost_usd === null ? "" : dollars(task.cost_usd) },
      titleCell(task),
    ];
  });
  const header = ["ID", "STATUS", "CREATED", "TOOK", "COST", "TASK"];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0, 3, 4], optional });
}

/** The status, with what to look at. */
export function statusCell(task: TaskSummaryView, paint: Painter): Cell {
  const word = task.cancel_requested && task.status === "running" ? "stopping" : statusWord(task);
  return {
    text: `${statusMarks[task.status]} ${word}${attentionMark(task)}`,
    paint: paint[task.attention.length === 0 ? statusColours[task.status] : "yellow"],
  };
}

/** The title, then what a person wants to know next. The status has already what to look at. */
export function titleCell(task: TaskSummaryView): Cell {
  return { text: plainLine(task.name ?? task.title, 300), tail: task.status === "completed" ? "" : noteOf(task) };
}

/** One task a line, uncut; times are RFC 3339, what is not there is empty. */
export function taskLines(tasks: readonly TaskSummaryView[]): string {
  return tasks.map((task) => `${fieldsOf(task).join("\t")}\n`).join("");
}

function fieldsOf(task: TaskSummaryView): string[] {
  const { id, status, created_at, started_at, ended_at, cost_usd, name, title } = task;
  const texts = [name ?? "", title, noteOf(task)].map((text) => plainLine(text, maxNote));
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

/**
 * At the end of a long reason stands the command that helps: it is cut by a terminal's width only.
 */
const maxNote = 100_000;

/**
 * What a person wants to know next, in one line: why it waits, what it does, why it failed, what to
 * look at.
 */
export function noteOf(task: TaskSummaryView): string {
  if (task.status === "pending") return task.waiting_for === null ? "" : `(${plainLine(task.waiting_for.message, maxNote)})`;
  if (task.status === "waiting") {
    const since = task.asked_at === null ? "" : `asked ${relativeTime(task.asked_at, Date.now())}: `;
    return task.waiting_for === null ? "" : plainLine(`(${since}${task.waiting_for.message})`, maxNote);
  }
  if (task.status === "running") return plainLine(task.last_action ?? "starting", maxNote);
  return task.error === null ? attentionText(task) : plainLine(task.error.message, maxNote);
}

/** How long it has worked so far, without its waits; empty: it never began. */
export function tookOf(task: Pick<TaskSummaryView, "worked_ms" | "working_since">, now: number): string {
  const { worked_ms: worked, working_since: since } = task;
  if (since !== null) return formatDuration(Math.max(0, now - Date.parse(since)) + (worked ?? 0));
  return worked === null ? "" : formatDuration(worked);
}
