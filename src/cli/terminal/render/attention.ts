/** What to look at in a task that completed, in a few words. */
import type { AttentionView, TaskSummaryView } from "../../../contract/views/task.ts";

const words: Record<AttentionView["kind"], (count: number) => string> = {
  denied: (count) => `${count} denied`,
  refused_question: (count) => `${count} ${count === 1 ? "question" : "questions"} refused`,
  failed_command: () => "last command failed",
  failed_subagent: (count) => `${count} ${count === 1 ? "sub-agent" : "sub-agents"} failed`,
  failed_mcp_server: (count) => `${count} MCP ${count === 1 ? "server" : "servers"} failed`,
  cut_background: (count) => `${count} background ${count === 1 ? "task" : "tasks"} cut`,
  uncommitted: (count) => `${count} uncommitted ${count === 1 ? "file" : "files"}`,
  directory_gone: () => "working directory gone",
  overridden_hook: (count) => (count === 1 ? "Stop hook overridden" : `Stop hooks overridden ${count} times`),
  changed_since_verified: (count) => `files changed after ${count === 1 ? "a check" : `${count} checks`}`,
  best_not_kept: () => "not the best iteration's files",
  unchecked: (count) => `${count} not checked by a hook`,
};

/** `2 denied, last command failed`; empty: nothing. */
export function attentionText({ attention }: Pick<TaskSummaryView, "attention">): string {
  return attention.map(({ kind, count }) => words[kind](count)).join(", ");
}

/** ` ⚠ 2 denied` to follow a status; empty: nothing. */
export function attentionMark(task: Pick<TaskSummaryView, "attention">): string {
  const text = attentionText(task);
  return text === "" ? "" : ` ⚠ ${text}`;
}
