/** A worktree's row as most tests need it. */
import type { Workspace } from "../src/domain/workspace/workspace.ts";

/** @param more what differs; the task has to be there for what lists it. */
export function plainWorkspace(more: Pick<Workspace, "taskId"> & Partial<Workspace>): Workspace {
  const { taskId } = more;
  return {
    kind: "worktree",
    state: "kept",
    path: `/home/me/.claude-worker/workspaces/app-1a2b3c4d/${taskId}-port`,
    prefix: "",
    repository: "/home/me/app/.git",
    branch: `cw/${taskId}-port`,
    namesBranch: false,
    baseCommit: "1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a9b2d4c",
    headCommit: "7b2d4c1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a",
    host: null,
    beginsWith: null,
    changes: { files: 3, insertions: 20, deletions: 4 },
    isDirty: false,
    problem: null,
    trash: null,
    trashedAt: null,
    ports: null,
    isSetUp: false,
    setup: null,
    ...more,
  };
}
