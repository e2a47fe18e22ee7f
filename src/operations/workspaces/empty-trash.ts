/** Deletes what was in the trash for seven days, and the snapshots of removed tasks. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { snapshotIndexPath, temporaryPath } from "../../config/paths.ts";
import { messageOf } from "../../domain/errors.ts";
import { trashMs } from "../../domain/workspace/workspace.ts";
import { Git } from "../../git/git.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { Objects } from "../../git/objects.ts";
import { tipOf } from "../../git/own-branch.ts";
import { deleteRefs, presentRefs, renewRefs } from "../../git/snapshot-ref.ts";
import { deleteTrashed } from "../../git/trash.ts";
import { unreachable } from "../../git/worktree-evidence.ts";
import { taskBranches, trashOrder, worktreeOf } from "./losses.ts";
import type { CleanContext, Worktree } from "./losses.ts";

/** So many snapshots are read from the store at once. */
const pageSize = 1000;

export interface EmptiedTrash {
  /** How many worktrees were deleted. */
  readonly deleted: number;
  /** How many are in the trash. */
  readonly left: number;
  /** A sentence for each that could not be deleted, and for snapshots that are left. */
  readonly problems: readonly string[];
}

/** @param now the earlier of the clocks, so that a clock that was set deletes nothing early. */
export async function emptyTrash(context: CleanContext, now: number): Promise<EmptiedTrash> {
  const { store } = context;
  const problems: string[] = [];
  await renewSnapshots(context);
  let [deleted, left] = [0, 0];
  for (const { taskId, state, trashedAt } of store.workspaces.worktrees()) {
    const worktree = state === "trashed" ? worktreeOf(store, taskId) : null;
    if (worktree === null) continue;
    left += 1;
    if (trashedAt === null || trashedAt > now - trashMs) continue;
    try {
      await deleteOne(context, worktree);
      deleted += 1;
      left -= 1;
    } catch (error) {
      problems.push(`The worktree of task ${taskId} stays in the trash: ${messageOf(error)}`);
    }
  }
  return { deleted, left, problems: [...problems, ...(await sweepSnapshots(context))] };
}

/**
 * Creates the refs of snapshots again that another program has deleted: git's own `gc` would take
 * their commits next. A repository that cannot be read is left alone. @returns how many.
 */
export async function renewSnapshots({ store, git: program }: Pick<CleanContext, "store" | "git">): Promise<number> {
  const repositories = new Map<string, OwnRefs | null>();
  let renewed = 0;
  for (let page = store.checkpoints.after({ taskId: 0, number: 0 }, pageSize); page.length > 0;) {
    for (const [repository, refs] of Map.groupBy(page, (each) => each.repository)) {
      const known = repositories.get(repository);
      const own = known === undefined ? await ownRefs(program, repository) : known;
      repositories.set(repository, own);
      const missing = refs.filter(({ ref }) => own !== null && !own.present.has(ref));
      if (own !== null && missing.length > 0) renewed += await own.renew(missing);
    }
    await setImmediate();
    page = store.checkpoints.after(page.at(-1) ?? { taskId: 0, number: 0 }, pageSize);
  }
  return renewed;
}

interface OwnRefs {
  readonly present: ReadonlySet<string>;
  /** @returns how many. */
  renew(refs: readonly { readonly ref: string; readonly commit: string }[]): Promise<number>;
}

/** Null: the repository cannot be read. A snapshot says so itself where it is asked for. */
async function ownRefs(program: GitProgram, repository: string): Promise<OwnRefs | null> {
  if (!existsSync(repository)) return null;
  const git = new Git(program, repository);
  const call = { env: { GIT_DIR: repository } };
  try {
    return { present: await presentRefs(git, call), renew: async (refs) => await renewRefs(git, refs, call).catch(() => 0) };
  } catch {
    return null;
  }
}

async function deleteOne(context: CleanContext, worktree: Worktree): Promise<void> {
  const { store, paths } = context;
  const order = trashOrder(context, worktree, 0);
  const pids = await context.processesIn(order.trash);
  if (pids === null || pids.length > 0) throw new Error("a process works in it.");
  if (!existsSync(order.trash) && existsSync(order.path)) {
    // A kill came before the move: the worktree was never removed.
    await store.write(() => store.workspaces.put({ ...worktree, state: "kept", trash: null, trashedAt: null }));
    return;
  }
  await deleteTrashed(order);
  for (const id of store.workspaces.sharing(worktree.taskId)) rmSync(temporaryPath(paths, id), { recursive: true, force: true });
  await deleteSafeBranch(context, worktree);
  await store.write(() => {
    const gone = { state: "gone", trash: null, trashedAt: null, ports: null } as const;
    if (worktree.host !== null || store.tasks.row(worktree.taskId) !== null) store.workspaces.put({ ...worktree, ...gone });
    else store.workspaces.remove(worktree.taskId);
  });
  if (store.tasks.row(worktree.taskId) === null) rmSync(snapshotIndexPath(paths, worktree.taskId), { force: true });
}

/** Deletes the branch of the task's own name where every commit of it is elsewhere. */
async function deleteSafeBranch({ store, git: program }: CleanContext, worktree: Worktree): Promise<void> {
  const { repository, branch, namesBranch } = worktree;
  if (branch === null || namesBranch || !branch.startsWith("cw/") || !existsSync(join(repository, "HEAD"))) return;
  try {
    const git = new Git(program, repository);
    const call = { env: { GIT_DIR: repository } };
    const tip = await tipOf(git, call, branch);
    if (tip === null) return;
    const question = { ...worktree, taskBranches: taskBranches(store, repository) };
    if ((await unreachable(new Objects(program, repository), [tip], question)).length > 0) return;
    await git.run(["update-ref", "-d", `refs/heads/${branch}`, tip], { ...call, use: "write", isPlain: true });
  } catch {
    // The branch stays: that loses nothing.
  }
}

/**
 * Deletes the snapshots of removed tasks: first the refs, then the rows that name them.
 * @returns a sentence for each task whose snapshots are left.
 */
export async function sweepSnapshots({ store, paths, git: program }: CleanContext): Promise<string[]> {
  const problems: string[] = [];
  for (const taskId of store.checkpoints.stray()) {
    const workspace = store.workspaces.get(taskId);
    const repository = workspace?.repository ?? null;
    try {
      if (repository !== null && existsSync(join(repository, "HEAD")))
        await deleteRefs(new Git(program, repository), store.checkpoints.ofTask(taskId), { env: { GIT_DIR: repository } });
      await store.write(() => store.checkpoints.remove(taskId));
      rmSync(snapshotIndexPath(paths, taskId), { force: true });
    } catch (error) {
      problems.push(`Snapshots of the removed task ${taskId} are left: ${messageOf(error)}`);
    }
  }
  await store.write(() => store.workspaces.removeStray());
  return problems;
}
