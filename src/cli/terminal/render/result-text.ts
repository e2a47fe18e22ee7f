/** A task's result as people read it. */
import type { TaskView } from "../../../contract/views/task.ts";
import { visibleText } from "../../../domain/text/plain-text.ts";

/** A structured result as indented JSON; null: the task has none, and its result is a text. */
export function structuredText({ structured_result: structured }: TaskView): string | null {
  return structured === null ? null : visibleText(JSON.stringify(structured, null, 2));
}
