/** What tools, handles and resources tell of a task and of its log. */
import type { WorkerApi } from "../contract/api.ts";
import type { TaskView } from "../contract/views/task.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { outputOf, wholeOf } from "./brief-task.ts";
import type { ToolData } from "./tool-data.ts";
import { markAgentOutput } from "./untrusted.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

/** The most lines of a log that one answer holds. */
export const maxLines = 1000;

/** What the tool tells of a task; also a handle's result. */
export function taskData(task: TaskView, from = 0): ToolData {
  const output = outputOf(task, { from });
  return { task: wholeOf(task), agent_output: output, next_step: nextStep(task, output.result_truncated) };
}

function nextStep(task: TaskView, truncated: boolean): string {
  switch (task.status) {
    case "pending":
    case "running":
      return `Continue with other work, or call wait_for_tasks with ids [${task.id}]. get_task_logs shows what it does now.`;
    case "waiting":
      return `It waits for an answer. list_questions with task ${task.id} shows what it asks; answer_question answers questions of content. A permission is the user's to give: claude-worker inbox.`;
    case "completed":
      if (task.attention.length > 0)
        return "It completed, but see attention: what was denied, failed or left undone. Check the work; retry_task can allow more.";
      return truncated
        ? "The result is longer: call get_task with result_offset for the rest. Then check the work."
        : "Check the work: read the files it changed, run the tests.";
    case "skipped":
      return "It did not run: a task that it depends on ended in another way (error). A retry of that task lets it run after it; retry_task runs it all the same.";
    case "cancelled":
      return "It was stopped on purpose. retry_task runs it again if the user wants that.";
    default:
      return "Read get_task_logs to see why, then retry_task, or create_task with a better prompt.";
  }
}

/** The newest lines, marked, cut to what an answer may hold. */
export async function logExcerpt(api: WorkerApi, id: TaskRef, lines: number): Promise<{ text: string; truncated: boolean }> {
  // Not every event has a line, and few have several: this many events hold that many lines and
  // more.
  const { events } = await api.taskEvents({ id, tail: Math.min(lines * 2, maxLines * 2) });
  const all = events.flatMap(({ summary }) => summary).map((line) => plainLine(line, 1000));
  const newest = all.slice(-lines);
  const marked = markAgentOutput(newest.join("\n"), { keep: "end" });
  const isFirst = (events[0]?.seq ?? 1) === 1;
  return { text: marked.text, truncated: marked.truncated || newest.length < all.length || !isFirst };
}
