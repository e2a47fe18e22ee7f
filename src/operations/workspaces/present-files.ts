/** Takes and stores snapshots of the files of tasks that have ended, for what the server does. */
import { existsSync } from "node:fs";
import { ownPaths, snapshotIndexPath } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { workBase } from "../../domain/workspace/workspace.ts";
import type { Checkpoint, CheckpointReason, Workspace } from "../../domain/workspace/workspace.ts";
import { countChanges } from "../../git/count-changes.ts";
import { Git } from "../../git/git.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { PrivateIndex } from "../../git/private-index.ts";
import { openRepository, pathBelow } from "../../git/repository.ts";
import type { Repository } from "../../git/repository.ts";
import { presentTree, snapshotLimits, takeSnapshot } from "../../git/snapshot.ts";
import type { Snapshot, TreeOrder } from "../../git/snapshot.ts";
import type { Store } from "../../store/store.ts";
import { judgeEvidence } from "../verification/judge-evidence.ts";

const timeoutMs = 120_000;
const countTimeoutMs = 30_000;
/** How many left out files a checkpoint names. */
const maxNames = 20;

export interface FilesContext {
  readonly store: Store;
  readonly paths: Paths;
  readonly git: GitProgram;
  now(): number;
}

/**
 * Opens the work tree of a task.
 * @throws WorkerError conflict: it is gone, or something else lies there; GitProblem.
 */
export async function openWorkspace({ git }: FilesContext, workspace: Workspace): Promise<Repository> {
  const { path: top, repository, state } = workspace;
  const place = plainLine(top, 1000);
  if (state === "trashed")
    throw new WorkerError(
      "conflict",
      `The worktree of task ${workspace.taskId} is in the trash. Bring it back: claude-worker workspace restore ${workspace.taskId}`,
    );
  if (state === "gone" || !existsSync(top))
    throw new WorkerError("conflict", `The work tree ${place} of task ${workspace.taskId} is not there any more.`);
  const found = await openRepository(new Git(git, top));
  if (found.commonDirectory === repository && found.top === top) return found;
  throw new WorkerError("conflict", `${place} is not the work tree of task ${workspace.taskId} any more. Look what lies there.`);
}

/**
 * Takes a snapshot of the files as they are now, and stores it when something has changed.
 * @returns the newest checkpoint. @throws GitProblem.
 */
export async function snapshotNow(
  context: FilesContext,
  workspace: Workspace,
  repository: Repository,
  reason: CheckpointReason,
): Promise<Checkpoint> {
  const { store, paths, now } = context;
  const { taskId } = workspace;
  const last = store.checkpoints.last(taskId);
  const attempt = last === null ? null : store.attempts.get(last.attemptId);
  if (last === null) throw new WorkerError("conflict", `Task ${taskId} has no checkpoint.`);
  const taken = await takeSnapshot({
    ...treeOrder(paths, taskId, repository),
    refs: `refs/claude-worker/${taskId}/${attempt?.number ?? 1}`,
    number: last.number + 1,
    message: `Checkpoint ${last.number + 1} of task ${taskId}\n`,
    last: { tree: last.tree, head: last.head, leftOut: last.leftOut },
  });
  if (taken === null) return last;
  const base = workBase(workspace) ?? store.checkpoints.first(taskId)?.commit ?? null;
  const changes = base === null ? null : await countChanges(repository.git, base, taken.commit, countTimeoutMs).catch(() => null);
  const checkpoint = checkpointOf(last, taken, { reason, at: now(), turn: store.turns.inAll(taskId), changes });
  await store.write(() => {
    store.checkpoints.insert(checkpoint);
    const known = store.workspaces.get(taskId) ?? workspace;
    const { branch, head: headCommit, isDirty } = taken;
    store.workspaces.put({ ...known, branch, headCommit, changes, isDirty });
    judgeEvidence(store, taskId, checkpoint.tree, checkpoint.at);
  });
  return checkpoint;
}

/** The tree of the files as they are now, without a snapshot. @throws GitProblem. */
export async function treeNow(paths: Paths, taskId: number, repository: Repository): Promise<string> {
  const order = treeOrder(paths, taskId, repository);
  return (await presentTree(order)).tree;
}

function treeOrder(paths: Paths, taskId: number, repository: Repository): TreeOrder {
  return {
    repository: { ...repository, git: repository.git.again() },
    index: new PrivateIndex(snapshotIndexPath(paths, taskId)),
    except: ownPaths(paths).flatMap((own) => pathBelow(own, repository.top)),
    limits: snapshotLimits,
    timeoutMs,
  };
}

function checkpointOf(last: Checkpoint, taken: Snapshot, more: Pick<Checkpoint, "reason" | "at" | "turn" | "changes">): Checkpoint {
  const { isDirty: _isDirty, leftOut, ...snapshot } = taken;
  const { taskId, attemptId, number } = last;
  return {
    ...snapshot,
    ...more,
    taskId,
    attemptId,
    number: number + 1,
    leftOut: leftOut.slice(0, maxNames),
    leftOutCount: leftOut.length,
  };
}
