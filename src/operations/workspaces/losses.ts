/**
 * Says what would be lost, or disturbed, if a task's worktree were removed. A worktree may go only
 * when nothing is said: what cannot be found out counts as a loss.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { snapshotIndexPath } from "../../config/paths.ts";
import { messageOf } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Checkpoint, Workspace } from "../../domain/workspace/workspace.ts";
import { Git } from "../../git/git.ts";
import { Objects } from "../../git/objects.ts";
import { pathsBetween } from "../../git/path-list.ts";
import { PrivateIndex } from "../../git/private-index.ts";
import { snapshotLimits } from "../../git/snapshot.ts";
import type { TrashOrder } from "../../git/trash.ts";
import { evidenceOf, unreachable } from "../../git/worktree-evidence.ts";
import { worktreeFacts } from "../../git/worktree-facts.ts";
import { nameOf } from "../../git/changed-files.ts";
import type { Store } from "../../store/store.ts";
import type { FilesContext } from "./present-files.ts";
import type { WorkspaceGate } from "./workspace-gate.ts";

const timeoutMs = 120_000;

export interface CleanContext extends FilesContext {
  readonly gate: WorkspaceGate;
  /** Pids of the processes that work below a directory; null: they cannot be listed. */
  processesIn(directory: string): Promise<readonly number[] | null>;
}

/** A worktree with what every one has. */
export interface Worktree extends Workspace {
  readonly repository: string;
  readonly baseCommit: string;
}

export interface Losses {
  /** What stands in the way whatever a person says: each a part of a sentence. */
  readonly inUse: readonly string[];
  /** What would be lost. */
  readonly lost: readonly string[];
  /** What only the task's snapshots have afterwards. */
  readonly kept: readonly string[];
  /** Whether it lies in its place. */
  readonly isThere: boolean;
}

/** Null: it is not a worktree that git has made, or is to make. */
export function worktreeOf({ workspaces }: Store, taskId: number): Worktree | null {
  const found = workspaces.get(taskId);
  if (found?.kind !== "worktree" || found.repository === null || found.baseCommit === null) return null;
  return { ...found, repository: found.repository, baseCommit: found.baseCommit };
}

/**
 * The caller holds the gate of the task.
 * @param keepsSnapshots false: the task goes with its snapshots, so what is only in them would be
 * lost.
 */
export async function lossesOf(context: CleanContext, worktree: Worktree, keepsSnapshots: boolean): Promise<Losses> {
  const { store } = context;
  const inUse = await uses(context, worktree);
  const { place } = worktreeFacts(worktree.path, worktree.repository);
  if (place === "other") {
    const isGone = !existsSync(join(worktree.repository, "HEAD"));
    const why = isGone ? `its repository is not there: ${plainLine(worktree.repository, 1000)}` : "something else lies in its place";
    return { inUse: [...inUse, why], lost: [], kept: [], isThere: false };
  }
  const last = worktree.host === null ? store.checkpoints.last(worktree.taskId) : store.checkpoints.lastShared(worktree.host);
  if (place === "none")
    return { inUse, lost: keepsSnapshots ? [] : await onlyInSnapshots(context, worktree, last), kept: [], isThere: false };
  if (inUse.length > 0) return { inUse, lost: [], kept: [], isThere: true };
  try {
    return { inUse, ...(await inWorktree(context, worktree, last, keepsSnapshots)), isThere: true };
  } catch (error) {
    return { inUse, kept: [], lost: [`what it has cannot be found out: ${plainLine(messageOf(error), 500)}`], isThere: true };
  }
}

async function uses({ store, processesIn }: CleanContext, { taskId, path }: Worktree): Promise<string[]> {
  for (const id of store.workspaces.sharing(taskId)) {
    const task = store.tasks.row(id);
    const name = id === taskId ? "its task" : `task ${id}, which shares it,`;
    if (task !== null && !isTerminal(task.status)) return [`${name} has not ended`];
    if (task !== null && store.questions.unapplied(id).some(({ status }) => status === "open")) return [`${name} has an open question`];
  }
  const pids = await processesIn(path);
  if (pids === null) return ["the processes that work in it cannot be listed"];
  const [first] = pids;
  return first === undefined ? [] : [`${pids.length === 1 ? `process ${first} works` : `${pids.length} processes work`} in it`];
}

async function inWorktree(
  context: CleanContext,
  worktree: Worktree,
  last: Checkpoint | null,
  keepsSnapshots: boolean,
): Promise<Pick<Losses, "lost" | "kept">> {
  const { store, paths, git } = context;
  const { taskId, path, repository, branch, baseCommit } = worktree;
  const evidence = await evidenceOf(git, new Git(git, path), {
    path,
    repository,
    branch,
    baseCommit,
    taskBranches: taskBranches(store, repository),
    lastTree: last?.tree ?? null,
    tree: { index: new PrivateIndex(snapshotIndexPath(paths, taskId)), except: [], limits: snapshotLimits, timeoutMs },
  });
  const { commits, commitCount, files, fileCount, repositories, repositoryCount, worktrees, worktreeCount, uncommitted, uncommittedCount } =
    evidence;
  const lost: string[] = [];
  const kept: string[] = [];
  const isKept = fileCount + repositoryCount + worktreeCount === 0;
  if (isKept && (await isApplied(context, worktree, last))) return { lost, kept };
  if (commitCount > 0) lost.push(`${counted(commitCount, "commit")} on no other branch and no remote: ${named(commits, commitCount)}`);
  if (fileCount > 0) lost.push(`${counted(fileCount, "file")} in no snapshot: ${named(files, fileCount)}`);
  if (repositoryCount > 0)
    lost.push(
      `work that only ${repositoryCount === 1 ? "the repository" : "the repositories"} inside has: ${named(repositories, repositoryCount)}`,
    );
  if (worktreeCount > 0)
    lost.push(
      `${worktreeCount === 1 ? "a git worktree" : "git worktrees"} inside, of a subagent or made by hand, with work of its own: ${named(worktrees, worktreeCount)}. Commit it there onto a branch, or remove it: git worktree remove PATH`,
    );
  if (isKept && uncommittedCount > 0)
    (keepsSnapshots ? kept : lost).push(`${counted(uncommittedCount, "file")} not committed: ${named(uncommitted, uncommittedCount)}`);
  return { lost, kept };
}

/** Whether all files of the last snapshot were applied, and the result is on a branch still. */
async function isApplied({ store, git }: CleanContext, worktree: Worktree, last: Checkpoint | null): Promise<boolean> {
  const applied = store.applies.last(worktree.taskId);
  if (applied === null || applied.result === null || applied.tree !== last?.tree) return false;
  const objects = new Objects(git, worktree.repository);
  const question = { ...worktree, taskBranches: taskBranches(store, worktree.repository) };
  return (await unreachable(objects, [applied.result], question)).length === 0;
}

/** The worktree is gone, so the snapshots may have the only copy. */
async function onlyInSnapshots({ store, git }: CleanContext, worktree: Worktree, last: Checkpoint | null): Promise<string[]> {
  if (last === null) return [];
  try {
    const objects = new Objects(git, worktree.repository);
    const from = last.head === null ? worktree.baseCommit : last.head;
    const files = await pathsBetween(objects, `${from}^{tree}`, last.tree);
    const lines = await unreachable(objects, [from], { ...worktree, taskBranches: taskBranches(store, worktree.repository) });
    return [
      ...(lines.length === 0 ? [] : [`${counted(lines.length, "commit")} on no other branch and no remote: ${named(lines, lines.length)}`]),
      ...(files.length === 0 ? [] : [`${counted(files.length, "file")} only in its snapshots: ${named(files.map(nameOf), files.length)}`]),
    ];
  } catch (error) {
    return [`what its snapshots have cannot be found out: ${plainLine(messageOf(error), 500)}`];
  }
}

/** Branches of this repository that tasks work on. */
export function taskBranches({ workspaces }: Store, repository: string): string[] {
  return workspaces
    .worktrees({ withGone: true })
    .flatMap((each) => (each.repository === repository && each.branch !== null && each.namesBranch ? [each.branch] : []));
}

/** How the worktree is moved into the trash, and back. */
export function trashOrder({ paths }: Pick<CleanContext, "paths">, worktree: Worktree, now: number): TrashOrder {
  const { path, repository, branch, trash, taskId } = worktree;
  return {
    path,
    repository,
    branch,
    lock: join(dirname(path), ".lock"),
    trash: trash ?? join(paths.workspaces, ".trash", `${taskId}-${now}`),
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Up to ten names. */
function named(names: readonly string[], count: number): string {
  const shown = names.slice(0, 10).map((each) => plainLine(each, 200));
  return `${shown.join(", ")}${count > shown.length ? " …" : ""}`;
}
