/**
 * Moves the worktrees of ended tasks into the trash, each only when nothing would be lost by that.
 * They come back for seven days.
 */
import type { Caller } from "../../contract/caller.ts";
import type { CleanInput } from "../../contract/operations/workspaces.ts";
import type { CleanedView, CleanView } from "../../contract/views/workspace.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { moveToTrash } from "../../git/trash.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { lossesOf, trashOrder, worktreeOf } from "./losses.ts";
import type { CleanContext, Worktree } from "./losses.ts";

/**
 * @throws WorkerError forbidden (an agent), not_found: a task that is named has no worktree;
 * invalid_input: `force` without names.
 */
export async function cleanWorkspaces(context: CleanContext, input: CleanInput, caller: Caller): Promise<CleanView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not remove worktrees. Ask the user to do it.");
  if (input.force && input.tasks === undefined)
    throw new WorkerError("invalid_input", "force needs the tasks that it is for: name them.", [
      { pointer: "/force", detail: "names no task" },
    ]);
  const worktrees = chosen(context, input.tasks);
  const workspaces: CleanedView[] = [];
  for (const worktree of worktrees) workspaces.push(await cleanOne(context, worktree, input));
  return { workspaces, dry_run: input.dry_run };
}

function chosen({ store }: CleanContext, tasks: readonly number[] | undefined): Worktree[] {
  if (tasks !== undefined)
    return tasks.map((id) => {
      const found = worktreeOf(store, id);
      if (found === null)
        throw new WorkerError("not_found", `Task ${id} has no worktree. See those that there are: claude-worker workspace list`);
      return found;
    });
  const inUse = store.workspaces.worktrees().filter(({ state }) => state === "ready" || state === "kept");
  return inUse.map(({ taskId }) => worktreeOf(store, taskId)).filter((each) => each !== null);
}

const none = { only_snapshots: [] as string[], removed: false, advice: null };

/** The task cannot start between the look and the move, and nothing else works on its files. */
async function cleanOne(context: CleanContext, { taskId: task, ...known }: Worktree, input: CleanInput): Promise<CleanedView> {
  const { gate, store } = context;
  const busy = { task, path: known.path, cleaned: false, ...none, reasons: ["something else works on its files"] };
  const sharing = store.workspaces.sharing(task);
  if (sharing.some((each) => gate.isBusy(each))) return busy;
  return await gate.withAll(sharing, "its worktree is removed", async () => await cleanHeld(context, worktreeOf(store, task), input, busy));
}

/** @param worktree as it is now; null: its row is gone. */
async function cleanHeld(
  context: CleanContext,
  worktree: Worktree | null,
  { dry_run: isDryRun, force }: CleanInput,
  known: CleanedView,
): Promise<CleanedView> {
  const answer = (cleaned: boolean, reasons: readonly string[], kept: readonly string[] = []): CleanedView => ({
    ...known,
    ...none,
    cleaned,
    reasons: [...reasons],
    only_snapshots: [...kept],
  });
  const { task } = known;
  if (worktree?.state === "trashed")
    return { ...answer(false, ["it is in the trash already"]), removed: true, advice: `Back: claude-worker workspace restore ${task}` };
  if (worktree === null || worktree.state === "gone") return { ...answer(false, ["it was deleted before"]), removed: true };
  const { inUse, lost, kept, isThere } = await lossesOf(context, worktree, true);
  if (inUse.length > 0) return answer(false, [...inUse, ...lost]);
  if (lost.length > 0 && !force) return { ...answer(false, lost), advice: wayOut(task) };
  if (!isThere) return answer(false, ["it is not there"]);
  if (isDryRun) return answer(true, lost, kept);
  try {
    await trashWorktree(context, worktree);
    return answer(true, lost, kept);
  } catch (error) {
    return answer(false, [plainLine(messageOf(error), 1000)]);
  }
}

/** Work that another branch has is not lost with the worktree. */
function wayOut(task: number): string {
  return `Bring it onto a branch (claude-worker apply ${task}, or land), or throw it away: claude-worker workspace clean ${task} --force`;
}

/**
 * Moves it. The caller holds the gate. The row says first what is done: after a kill in between the
 * worktree can be brought back.
 */
export async function trashWorktree({ store, git, paths, now }: CleanContext, worktree: Worktree): Promise<void> {
  const at = now();
  const order = trashOrder({ paths }, worktree, at);
  await store.write(() => store.workspaces.put({ ...worktree, state: "trashed", trash: order.trash, trashedAt: at }));
  try {
    await moveToTrash(git, order);
  } catch (error) {
    await store.write(() => store.workspaces.put(worktree));
    throw error;
  }
}
