/** Lets the worktree of a task of a workflow begin with what an earlier task has left. */
import { stringOf } from "../../domain/text/read-json.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { failStep } from "./end-step.ts";

/**
 * Lets a worktree that is not made yet begin with what another task has left: the commits of its
 * branch, and the files of its last snapshot. @returns whether the task can start.
 */
export async function beginWithBase({ store, now }: SubmitContext, { taskId, spec, given }: WorkflowStep): Promise<boolean> {
  const base = stringOf(spec?.["base"]);
  if (base === null) return true;
  return await store.write(() => {
    const own = store.workspaces.get(taskId);
    if (store.tasks.row(taskId)?.status !== "pending" || own?.state !== "creating") return true;
    const source = given.needs[base] ?? 0;
    const left = store.workspaces.get(source);
    const last = store.checkpoints.last(source);
    const commit = last?.head ?? left?.headCommit ?? left?.baseCommit ?? null;
    if (left?.repository === own.repository && commit !== null) {
      store.workspaces.put({ ...own, baseCommit: commit, beginsWith: last?.commit ?? null });
      return true;
    }
    const why = left === null || left.repository === null ? "has left no files in git" : "worked in another repository";
    failStep({ store, now }, taskId, {
      code: "step_failed",
      message: `Its worktree cannot begin with needs.${base}: task ${source} ${why}.`,
    });
    return false;
  });
}
