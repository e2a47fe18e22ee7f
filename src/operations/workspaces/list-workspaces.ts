/** Lists the worktrees of tasks, from the store alone. */
import type { WorkspacesQuery } from "../../contract/operations/workspaces.ts";
import type { WorktreeView } from "../../contract/views/workspace.ts";
import { trashMs } from "../../domain/workspace/workspace.ts";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339OrNull } from "../tasks/times.ts";

export function listWorkspaces(store: Store, { state: states }: WorkspacesQuery): WorktreeView[] {
  const all = store.workspaces.worktrees({ withGone: states?.includes("gone") === true });
  const wanted = states === undefined ? all : all.filter(({ state }) => state !== null && states.includes(state));
  return wanted.map((each) => worktreeView(store, each));
}

export function worktreeView({ tasks }: Store, workspace: Workspace): WorktreeView {
  const { taskId, state, path, repository, branch, changes, isDirty, trash, trashedAt } = workspace;
  const task = tasks.row(taskId);
  return {
    task: taskId,
    title: task?.title ?? null,
    status: task?.status ?? null,
    state: state ?? "gone",
    path,
    repository,
    branch,
    changed_files: changes?.files ?? null,
    insertions: changes?.insertions ?? null,
    deletions: changes?.deletions ?? null,
    dirty: isDirty,
    trash,
    deleted_at: rfc3339OrNull(trashedAt === null ? null : trashedAt + trashMs),
  };
}
