/** Brings a worktree back from the trash. */
import type { Caller } from "../../contract/caller.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import { takeFromTrash } from "../../git/trash.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { gitAnswer } from "./git-answer.ts";
import { trashOrder, worktreeOf } from "./losses.ts";
import type { CleanContext } from "./losses.ts";

/** @throws WorkerError forbidden (an agent), not_found; conflict: it is not in the trash. */
export async function restoreWorkspace(context: CleanContext, taskId: number, caller: Caller): Promise<Workspace> {
  const { store, git, paths, gate } = context;
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not bring worktrees back. Ask the user to do it.");
  const worktree = worktreeOf(store, taskId);
  if (worktree === null)
    throw new WorkerError("not_found", `Task ${taskId} has no worktree. See those that there are: claude-worker workspace list`);
  if (worktree.state !== "trashed" || worktree.trash === null) {
    const where = worktree.state === "gone" ? "was deleted" : "is in its place";
    throw new WorkerError("conflict", `The worktree of task ${taskId} ${where}, so there is nothing to bring back.`);
  }
  return await gate.withAll(store.workspaces.sharing(taskId), "its worktree is brought back", async () => {
    const branch = await gitAnswer(async () => await takeFromTrash(git, trashOrder({ paths }, worktree, 0)));
    const back: Workspace = { ...worktree, state: "kept", branch, trash: null, trashedAt: null };
    await store.write(() => store.workspaces.put(back));
    return back;
  });
}
