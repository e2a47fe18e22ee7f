/** Implements the maintenance of the storage: backup, check and prune. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import type { BackupView, CheckView, PruneInput, PruneView } from "../../contract/operations/maintenance.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { CleanContext } from "../workspaces/losses.ts";
import { pruneTasks } from "../tasks/prune-tasks.ts";

/** Largest count of a dry run. */
const mostCounted = 1_000_000;

/**
 * @throws WorkerError invalid_input, conflict (the file exists), storage_full, storage_unusable.
 */
export async function backupDatabase(store: Store, file: string): Promise<BackupView> {
  if (!isAbsolute(file))
    throw new WorkerError("invalid_input", `The backup ${file} must be an absolute path.`, [{ pointer: "/file", detail: "not absolute" }]);
  requireWritable(dirname(file));
  await store.backup(file);
  return { file, bytes: statSync(file).size };
}

/**
 * Checks the directory first, because a wrong directory is an error of the input, not of the
 * storage.
 * @throws WorkerError invalid_input.
 */
function requireWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const detail = `The directory ${directory} cannot be written to (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`;
    throw new WorkerError("invalid_input", `${detail} Create it, or name another place.`, [{ pointer: "/file", detail }]);
  }
}

export async function checkDatabase(store: Store): Promise<CheckView> {
  const problems = await store.check();
  return { sound: problems.length === 0, problems: [...problems] };
}

/**
 * Deletes only ended tasks.
 * @throws WorkerError storage_unusable when logs of removed tasks are left.
 */
export async function pruneOldTasks(context: CleanContext, { older_than_ms, dry_run }: PruneInput, now: number): Promise<PruneView> {
  const before = now - older_than_ms;
  if (dry_run) return { tasks: context.store.tasks.endedBefore(before, mostCounted).length, kept: 0, dry_run };
  const { removed, kept, problems } = await pruneTasks(context, before);
  const [problem] = problems;
  if (problem === undefined) return { tasks: removed, kept, dry_run };
  throw new WorkerError("storage_unusable", `Removed tasks: ${removed}, but ${problems.length} of their logs are left. ${problem}`);
}
