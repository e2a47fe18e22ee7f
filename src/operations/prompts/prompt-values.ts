/**
 * The values that the expressions of a task's prompt can name, read from the store as they are
 * asked for.
 */
import type { GivenValues } from "../../domain/prompts/given-values.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { joined } from "../workflows/joined-results.ts";
import type { Store } from "../../store/store.ts";

/** What of the store is read. */
type ReadStore = Pick<Store, "tasks" | "workspaces" | "dependencies" | "workflows">;

/**
 * @returns an object with the roots as its own properties. A task that was removed is missing.
 */
export function valuesOf(store: ReadStore, taskId: number, { needs, inputs = {}, vars = {}, matrix = {} }: GivenValues): object {
  const tasks = {};
  for (const { task } of store.dependencies.ofTask(taskId)) lazily(tasks, String(task), () => taskValue(store, task));
  const named = {};
  for (const [name, id] of Object.entries(needs)) lazily(named, name, () => taskValue(store, id));
  return { inputs, vars, matrix, tasks, needs: named };
}

/** Most prompts name one value of one task: the others are not read. */
function lazily(holder: object, name: string, read: () => unknown): void {
  let known: { readonly value: unknown } | null = null;
  Object.defineProperty(holder, name, {
    enumerable: true,
    get: () => {
      known ??= { value: read() };
      return known.value;
    },
  });
}

function taskValue(store: ReadStore, id: number): object | null {
  const task = store.tasks.get(id);
  if (task === null) return null;
  const workspace = store.workspaces.get(id);
  const { result, structuredResult } = task.result === null ? (partsOf(store, id) ?? task) : task;
  return {
    id,
    status: task.status,
    result,
    structured_result: structuredResult,
    error: task.error?.message ?? null,
    workspace:
      workspace === null
        ? null
        : {
            kind: workspace.kind,
            path: workspace.kind === "worktree" ? workspace.path : task.workingDirectory,
            branch: workspace.branch,
            base_commit: workspace.baseCommit,
          },
  };
}

/**
 * What has been returned to a step that stands for several tasks, and did not complete because one
 * of them failed; null: the task is not such a step.
 */
function partsOf(store: ReadStore, id: number): Pick<Task, "result" | "structuredResult"> | null {
  const step = store.workflows.stepOf(id);
  return step !== null && (step.kind === "join" || step.kind === "for_each") && isTerminal(step.status) ? joined(store, step) : null;
}
