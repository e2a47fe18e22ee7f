/** Takes the last snapshot of an attempt whose runner died before it could. */
import { messageOf } from "../../domain/errors.ts";
import { openWorkspace, snapshotNow } from "./present-files.ts";
import type { FilesContext } from "./present-files.ts";

/**
 * Call it once the attempt's processes are gone, and before the attempt is closed: nothing works on
 * the files then.
 * @param wasSeen whether this server saw the death. Otherwise a person may have worked there since,
 * so what changed does not count as the task's.
 * @returns why there is none; null: it is taken, or was not needed.
 */
export async function keepFiles(context: FilesContext, taskId: number, attemptId: number, wasSeen: boolean): Promise<string | null> {
  const { store } = context;
  const workspace = store.workspaces.get(taskId);
  const last = store.checkpoints.last(taskId);
  // Without a first snapshot of this attempt, nothing of it is known.
  if (workspace?.repository == null || last?.attemptId !== attemptId) return null;
  if (last.reason === "end" || last.reason === "park") return null;
  try {
    await snapshotNow(context, workspace, await openWorkspace(context, workspace), wasSeen ? "end" : "restore");
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
