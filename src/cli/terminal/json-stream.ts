/**
 * The lines of every JSON stream (`logs`, `watch`, `run --watch`, `retry --watch`, `wait`,
 * `list --watch`): one object a line, which its only field names.
 */
import type { EventView } from "../../contract/views/event.ts";
import type { TaskSummaryView, TaskView } from "../../contract/views/task.ts";
import { jsonLine } from "./io.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

export type StreamLine =
  /** A step of a task. */
  | { readonly event: EventView }
  /**
   * A task as it is submitted, or has ended; in `list --watch` as it has changed, without its long
   * texts.
   */
  | { readonly task: TaskView | TaskSummaryView }
  /** The end of a wait: the tasks that have not ended. */
  | { readonly wait: { readonly open: readonly TaskRef[]; readonly timed_out: boolean } };
// An error is a line too, and the last: report-error.ts writes it.

/** One line of a JSON stream, with its line break. */
export function streamLine(line: StreamLine): string {
  return jsonLine(line);
}
