/** Says in one line how a task ended. */
import type { TaskSummaryView } from "../../../contract/views/task.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { attentionMark } from "./attention.ts";
import type { Painter } from "./colour.ts";
import { statusColours, statusMarks } from "./status.ts";
import { dollars } from "./time.ts";
import { statusWord } from "./verification.ts";

/** `✔ Task 42 completed · 12 s · 3 turns · $0.0123`, and why not when it did not. */
export function endLine(task: TaskSummaryView, paint: Painter): string {
  const facts = [
    `${statusMarks[task.status]} Task ${task.id} ${statusWord(task)}${attentionMark(task)}`,
    task.duration_ms === null ? "" : formatDuration(task.duration_ms),
    task.num_turns === null || task.num_turns === 0 ? "" : `${task.num_turns} ${task.num_turns === 1 ? "turn" : "turns"}`,
    task.cost_usd === null ? "" : dollars(task.cost_usd),
  ];
  const line = paint[statusColours[task.status]](facts.filter((fact) => fact !== "").join(" · "));
  return task.error === null ? line : `${line}\n${plainLine(task.error.message, 1000)}`;
}
