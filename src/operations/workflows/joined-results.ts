/** What the tasks have returned that a step of a workflow stands for. */
import { cutText } from "../../domain/text/cut-text.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import type { Store } from "../../store/store.ts";
import type { Ended } from "./end-step.ts";

/** What of the store is read. */
type ReadStore = Pick<Store, "tasks" | "workspaces" | "workflows">;

/** How much of each task's answer a join has. */
const maxJoined = 20_000;

/** Those that have not completed are there with their status. */
export function joined(store: ReadStore, { workflowId, key }: WorkflowStep): Ended {
  const children = store.workflows.steps(workflowId).filter(({ parent }) => parent === key);
  const items = children.flatMap((child) => {
    const task = store.tasks.get(child.taskId);
    if (task === null) return [];
    return [
      {
        key: child.key,
        id: task.id,
        status: task.status,
        result: cutText(task.result ?? "", maxJoined),
        structured_result: task.structuredResult,
        workspace: workspaceOf(store, task.id),
      },
    ];
  });
  const result = items.map((item) => `${item.key}: ${item.status === "completed" ? item.result : `(${item.status})`}`).join("\n\n");
  return { result, structuredResult: { items } };
}

/** Where a task's work is. */
function workspaceOf(store: ReadStore, taskId: number): JsonObject | null {
  const workspace = store.workspaces.get(taskId);
  return workspace === null ? null : { kind: workspace.kind, path: workspace.path, branch: workspace.branch };
}
