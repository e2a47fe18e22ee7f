/** Makes the views of workspaces and checkpoints from the store's rows. */
import type { CheckpointView, WorkspaceView } from "../../contract/views/workspace.ts";
import type { Apply } from "../../domain/workspace/apply.ts";
import type { ChangeCounts, Checkpoint, Workspace } from "../../domain/workspace/workspace.ts";
import type { SetupRun } from "../../domain/workspace/setup.ts";
import { portsFrom } from "../../domain/workspace/workspace-variables.ts";
import type { Store } from "../../store/store.ts";
import { rfc3339 } from "../tasks/times.ts";

/** @param applied where its work was applied last. */
export function workspaceView(workspace: Workspace, applied: Apply | null): WorkspaceView {
  return {
    kind: workspace.kind,
    state: workspace.state,
    path: workspace.path,
    repository: workspace.repository,
    branch: workspace.branch,
    base_commit: workspace.baseCommit,
    head_commit: workspace.headCommit,
    ...changesView(workspace.changes),
    dirty: workspace.isDirty,
    no_snapshots: workspace.problem,
    applied: applied === null ? null : { way: applied.way, branch: applied.branch, commit: applied.result, at: rfc3339(applied.at) },
    ports: portsFrom(workspace.ports),
    setup: workspace.setup === null ? null : setupView(workspace.setup),
  };
}

function setupView({
  command,
  state,
  exitCode,
  reason,
  outputTail,
  startedAt,
  tookMs,
  isCached,
}: SetupRun): NonNullable<WorkspaceView["setup"]> {
  const how = { command, state, exit_code: exitCode, reason, output_tail: outputTail };
  return { ...how, started_at: rfc3339(startedAt), took_ms: tookMs, cached: isCached === true };
}

/** A task's checkpoints, oldest first, and why the last try gave none. */
export function checkpointViews(store: Store, taskId: number): { checkpoints: CheckpointView[]; no_snapshots: string | null } {
  const numbers = new Map(store.attempts.ofTask(taskId).map(({ id, number }) => [id, number]));
  const checkpoints = store.checkpoints.ofTask(taskId).map((each) => checkpointView(each, numbers.get(each.attemptId) ?? 0));
  return { checkpoints, no_snapshots: store.workspaces.get(taskId)?.problem ?? null };
}

function checkpointView(checkpoint: Checkpoint, attempt: number): CheckpointView {
  return {
    number: checkpoint.number,
    attempt,
    reason: checkpoint.reason,
    turn: checkpoint.turn,
    at: rfc3339(checkpoint.at),
    ref: checkpoint.ref,
    commit: checkpoint.commit,
    tree: checkpoint.tree,
    head_commit: checkpoint.head,
    branch: checkpoint.branch,
    ...changesView(checkpoint.changes),
    ...leftOutView(checkpoint),
  };
}

/** The files that the snapshot does not have. */
export function leftOutView({ leftOut, leftOutCount }: Checkpoint): Pick<CheckpointView, "left_out" | "left_out_count"> {
  return { left_out: leftOut.map(({ path, why }) => ({ path, why })), left_out_count: leftOutCount };
}

function changesView(changes: ChangeCounts | null): Pick<WorkspaceView, "changed_files" | "insertions" | "deletions"> {
  return { changed_files: changes?.files ?? null, insertions: changes?.insertions ?? null, deletions: changes?.deletions ?? null };
}
