/** Retry: an ended task is pending again, from its beginning, in a new session. Its earlier attempts and events stay. */
import type { Caller } from "../contract/api.ts";
import { WorkerError } from "../domain/errors.ts";
import type { Task } from "../domain/task.ts";
import { doneBy } from "./audit.ts";
import { admitAgentRetry, enterAgentTask, isAgent } from "./guard-agent.ts";
import { requireTask } from "./require-task.ts";
import { requireBypassPossible, requireRoom, takeRate } from "./submit-task.ts";
import type { SubmitContext } from "./submit-task.ts";
import { requireRights, taskCallerOf } from "./task-rights.ts";
import { realDirectory } from "./working-directory.ts";

/**
 * The caller needs the rights that a submit of the same task would need, and is the one who asked for it from now on.
 * @throws WorkerError not_found, conflict when it has not ended; and as a submit: invalid_input (the directory is gone),
 * untrusted_directory, forbidden, too_many_requests.
 */
export function retryTask(context: SubmitContext, id: number, caller: Caller): Promise<Task> {
  const { store } = context;
  const now = context.now();
  return store.write(() => {
    const task = requireTask(store, id);
    const asked = taskCallerOf(store, caller);
    if (isAgent(caller)) admitAgentRetry(context, task, caller);
    requireRights(context, { ...task, workingDirectory: realDirectory(task.workingDirectory) }, asked);
    requireBypassPossible(task.permissionMode, context.env);
    requireRoom(context, 1);
    takeRate(context, 1, caller, now);
    const again = store.tasks.transition(id, "retry", now, {
      notBefore: null,
      notBeforeReason: null,
      cancelRequestedAt: null,
      poisonCount: 0,
      retriesSpent: 0,
      refusals: 0,
      refusal: null,
      refusedAt: null,
      sessionId: null,
      resumable: false,
      result: null,
      error: null,
      attention: null,
    });
    if (again === null) throw new WorkerError("conflict", `Task ${id} is ${task.status}. Only an ended task can be retried.`);
    store.callers.put(id, asked);
    if (isAgent(caller)) enterAgentTask(store, again, caller);
    store.events.append(id, null, [{ type: "retried", at: now, data: { ...doneBy(caller), was: task.status } }], null);
    return again;
  });
}
