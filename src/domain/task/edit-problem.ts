/** Says why prompt and options of a task cannot change any more. */
import type { TaskRef } from "./task-ref.ts";
import type { TaskStatus } from "./status.ts";

interface Edited {
  readonly id: TaskRef;
  readonly status: TaskStatus;
  readonly hasSession: boolean;
  /** Whether its next attempt continues a session, which has the prompt already. */
  readonly hasBegun: boolean;
}

/** What happened and what to do instead; null: it can change. @param isPrompt the prompt is to. */
export function editProblem({ id, status, hasSession, hasBegun }: Edited, isPrompt: boolean): string | null {
  if (status === "pending") {
    if (!isPrompt || !hasBegun) return null;
    return `Task ${id} has begun, so Claude has its prompt already. Say more to it: claude-worker send ${id} "…"`;
  }
  const what = `Task ${id} is ${status}, and only a pending task can be edited.`;
  // A retry keeps the prompt: an ended task hears of another one only by a message.
  if (status === "running" || status === "waiting" || (isPrompt && hasSession))
    return `${what} Say it to the task: claude-worker send ${id} "…"`;
  if (isPrompt) return `${what} Submit a new task with the other prompt: claude-worker run "…"`;
  return `${what} Retry it with other flags: claude-worker retry ${id}`;
}
