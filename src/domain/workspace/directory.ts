/** In which directory a task works. */
import type { Task } from "../task/task.ts";
import type { Workspace } from "./workspace.ts";

/** @param workspace null: nothing is known, so the task works where it was asked to. */
export function directoryOf({ workingDirectory }: Pick<Task, "workingDirectory">, workspace: Workspace | null): string {
  if (workspace?.kind !== "worktree") return workingDirectory;
  return workspace.prefix === "" ? workspace.path : `${workspace.path}/${workspace.prefix}`;
}
