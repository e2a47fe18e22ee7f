/** Statuses in their colours. */
import type { TaskStatus } from "../../../domain/task/task.ts";
import type { Colour } from "./colour.ts";

export const statusColours: Readonly<Record<TaskStatus, Colour>> = {
  pending: "yellow",
  running: "cyan",
  waiting: "magenta",
  completed: "green",
  failed: "red",
  cancelled: "dim",
  skipped: "dim",
};

export const statusMarks: Readonly<Record<TaskStatus, string>> = {
  pending: "…",
  running: "▶",
  waiting: "?",
  completed: "✔",
  failed: "✖",
  cancelled: "■",
  skipped: "↷",
};
