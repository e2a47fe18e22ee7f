/**
 * With the setting `exclusive_directories`, tasks that work in place take a lock of their checkout,
 * so that no two of them change it at once.
 */
import { dirname } from "node:path";
import { gitAbove } from "../../config/main-checkout.ts";
import type { Settings } from "../../config/settings.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";

/** Begins the name of a checkout's lock. */
const mark = "checkout:";

type Worker = Pick<Task, "locks" | "workspaceKind" | "permissionMode" | "workingDirectory">;

/**
 * The task's locks, with that of its checkout where it needs one. A task in plan mode changes no
 * files. Outside of git the working directory counts.
 * @param task.workingDirectory real.
 */
export function withCheckoutLock(
  task: Worker,
  { exclusive_directories: mode }: Pick<Settings, "exclusive_directories">,
): readonly string[] {
  if (mode === "off") return task.locks;
  const named = task.locks.filter((name) => !name.startsWith(mark));
  if (task.workspaceKind === "worktree" || task.permissionMode === "plan") return named;
  const git = gitAbove(task.workingDirectory);
  return [...named, mark + (git === null ? task.workingDirectory : dirname(git))];
}

/** The same for a stored task. A step of a workflow without Claude Code takes no locks. */
export function locksOf(
  { store, settings }: { readonly store: Pick<Store, "workflows">; readonly settings: Pick<Settings, "exclusive_directories"> },
  task: Worker & Pick<Task, "id">,
): readonly string[] {
  const kind = store.workflows.stepOf(task.id)?.kind ?? "task";
  return kind === "task" ? withCheckoutLock(task, settings) : [];
}
