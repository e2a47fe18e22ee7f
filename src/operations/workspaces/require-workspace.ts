/** Whether a task can continue where its files are. */
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { WorkspaceGate } from "./workspace-gate.ts";

/** @throws WorkerError conflict: its files are changed now, or are in the trash. */
export function requireWorkspace({ store, gate }: { readonly store: Store; readonly gate: WorkspaceGate }, taskId: number): void {
  gate.requireFree(taskId);
  if (store.workspaces.get(taskId)?.state !== "trashed") return;
  throw new WorkerError(
    "conflict",
    `The worktree of task ${taskId} is in the trash. Bring it back: claude-worker workspace restore ${taskId}`,
  );
}
