/** The directory in which a task works, and the variables of its worktree. */
import type { WorkerClient } from "../../client/worker-client.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { portVariables } from "../../domain/workspace/workspace-variables.ts";

/** @throws WorkerError not_found; conflict: the worktree was removed, or is not made yet. */
export async function taskDirectory(client: WorkerClient, id: TaskRef): Promise<string> {
  return (await taskPlace(client, id)).path;
}

/**
 * The same with the variables of its ports, which Claude and the verify commands have there.
 * @throws WorkerError as `taskDirectory`.
 */
export async function taskPlace(
  client: WorkerClient,
  id: TaskRef,
): Promise<{ readonly path: string; readonly ports: Record<string, string> }> {
  const { workspace, working_directory } = await client.getTask({ id });
  if (workspace?.kind !== "worktree") return { path: working_directory, ports: {} };
  if (workspace.state === "trashed")
    throw new WorkerError("conflict", `The worktree of task ${id} is in the trash. Bring it back: claude-worker workspace restore ${id}`);
  if (workspace.state === "gone")
    throw new WorkerError("conflict", `The worktree of task ${id} was deleted. See its branch: claude-worker show ${id}`);
  if (workspace.state === "creating")
    throw new WorkerError("conflict", `The worktree of task ${id} is not made yet. It is when the task starts: claude-worker watch ${id}`);
  return { path: workspace.path, ports: portVariables(workspace.ports) };
}
