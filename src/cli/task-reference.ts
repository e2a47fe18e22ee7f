/** Which task a person means: a number, or, where none is given, the only one that it can be. */
import type { WorkerClient } from "../client/worker-client.ts";
import { WorkerError } from "../domain/errors.ts";
import { plainLine } from "../domain/plain-text.ts";

/** The number of `42` or `#42`. @throws WorkerError invalid_input. */
export function taskId(text: string): number {
  const digits = /^#?(\d{1,15})$/.exec(text)?.[1];
  const id = Number(digits);
  if (digits !== undefined && id > 0) return id;
  throw new WorkerError("invalid_input", `"${text}" is not the id of a task: an id is a number like 42. See them: claude-worker list`);
}

/**
 * As `taskId`; without a text the only running task, or, where none runs, the only one that waits.
 * @throws WorkerError invalid_input listing the choices when there are several, or saying that there is none.
 */
export async function taskIdOrRunning(client: WorkerClient, text: string | undefined, verb: string): Promise<number> {
  if (text !== undefined) return taskId(text);
  const running = await client.list({ status: ["running", "waiting"], limit: 10 });
  const { tasks, next_cursor } = running.tasks.length > 0 ? running : await client.list({ status: ["pending"], limit: 10 });
  const [only, ...others] = tasks;
  if (only === undefined)
    throw new WorkerError(
      "invalid_input",
      `No task is running: say which one you mean, e.g. claude-worker ${verb} 42. See them: claude-worker list${
        verb === "show" ? " (the server itself: claude-worker server status)" : ""
      }`,
    );
  if (others.length === 0) return only.id;
  const choices = tasks.map((task) => `  ${task.id}  ${plainLine(task.name ?? task.title, 60)}`).join("\n");
  const more = next_cursor === null ? "" : "\n  …";
  const state = only.status === "pending" ? "waiting" : "running";
  throw new WorkerError(
    "invalid_input",
    `Several tasks are ${state}: say which one you mean, e.g. claude-worker ${verb} ${only.id}\n${choices}${more}`,
  );
}
