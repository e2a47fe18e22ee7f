/**
 * Puts the files of an ended task back to one of its checkpoints: only those that the task itself
 * changed since then. A snapshot is taken before and after, so every state can be brought back.
 */
import type { Caller } from "../../contract/caller.ts";
import type { PutBackInput } from "../../contract/operations/workspaces.ts";
import type { PutBackView } from "../../contract/views/workspace.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { checkpointOfTurn } from "../../domain/workspace/checkpoint-of-turn.ts";
import { stretchesSince } from "../../domain/workspace/stretches.ts";
import type { Checkpoint, Workspace } from "../../domain/workspace/workspace.ts";
import { nameOf } from "../../git/changed-files.ts";
import type { BytePath } from "../../git/changed-files.ts";
import { changesSince } from "../../git/changes-since.ts";
import { Objects } from "../../git/objects.ts";
import { hasContent, leaveIgnored } from "../../git/ignored-before.ts";
import { filesOf } from "../../git/path-list.ts";
import type { FileEntry } from "../../git/path-list.ts";
import { lookAtPlan, obstacleProblem, obstaclesOf, planPutBack, putBack } from "../../git/put-back.ts";
import type { PutBackPlan } from "../../git/put-back.ts";
import { FilesMoved } from "../../git/replace-files.ts";
import type { Repository } from "../../git/repository.ts";
import { snapshotIndexPath } from "../../config/paths.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent } from "../rights/guard-agent.ts";
import type { RightsContext } from "../rights/task-rights.ts";
import { requireTask } from "../tasks/require-task.ts";
import { requireTrust } from "../tasks/working-directory.ts";
import { gitAnswer } from "./git-answer.ts";
import { openWorkspace, snapshotNow, treeNow } from "./present-files.ts";
import type { FilesContext } from "./present-files.ts";
import { clearIntent, settlePutBack, writeIntent } from "./put-back-intent.ts";
import { requireCheckpoint, requireSnapshots } from "./task-diff.ts";
import type { WorkspaceGate } from "./workspace-gate.ts";

/** So many names are in a message, and in an answer. */
const shownNames = 10;
const answeredNames = 1000;
/** Others may change the files meanwhile. */
const maxTries = 3;

export interface PutBackContext extends FilesContext, RightsContext {
  readonly gate: WorkspaceGate;
}

type Files = ReadonlyMap<BytePath, FileEntry>;

/**
 * @param number of the checkpoint; null: the one before the task's first step.
 * @throws WorkerError not_found, forbidden (an agent), untrusted_directory; conflict: the task has
 * not ended, another one works there, there are no snapshots, or others changed the files since.
 */
export async function putBackFiles(
  context: PutBackContext,
  id: number,
  number: number | null,
  input: PutBackInput,
  caller: Caller,
): Promise<PutBackView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not put files back. Ask the user to do it.");
  return await context.gate.with(id, "its files are put back", async () => {
    const workspace = requireQuiet(context, id);
    const target = number === null ? requireFirst(context, id) : requireCheckpoint(context.store, id, number);
    return await gitAnswer(async () => await restore(context, workspace, target, input, caller));
  });
}

/**
 * Puts the files back as they were after a turn. The caller has the task's gate.
 * @returns what was changed; or why nothing can be put back, as a sentence: there are no snapshots.
 * @throws WorkerError conflict, untrusted_directory.
 */
export async function putBackToTurn(
  context: PutBackContext,
  id: number,
  turn: number,
  input: PutBackInput,
  caller: Caller,
): Promise<PutBackView | string> {
  const { store } = context;
  const target = checkpointOfTurn(store.checkpoints.ofTask(id), turn);
  if (store.checkpoints.last(id) === null) return store.workspaces.get(id)?.problem ?? "There are no snapshots of them.";
  if (target === null) return `There is no snapshot of them from before the end of turn ${turn}.`;
  const workspace = requireQuiet(context, id);
  return await gitAnswer(async () => await restore(context, workspace, target, input, caller));
}

/** @throws WorkerError conflict, untrusted_directory. */
function requireQuiet({ store, claudeCodeTrust }: PutBackContext, id: number): Workspace & { readonly repository: string } {
  const task = requireTask(store, id);
  if (!isTerminal(task.status))
    throw new WorkerError(
      "conflict",
      `Task ${id} has not ended, so its files may still change. Wait for its end, or end it: claude-worker cancel ${id}`,
    );
  requireTrust(task.workingDirectory, store.trust, claudeCodeTrust);
  const workspace = requireSnapshots(store, id);
  const other = store.workspaces.busyAt(workspace.path).find((each) => each !== id);
  if (other === undefined) return workspace;
  throw new WorkerError(
    "conflict",
    `Task ${other} works in ${plainLine(workspace.path, 1000)}. Wait for its end: claude-worker wait ${other}`,
  );
}

function requireFirst({ store }: PutBackContext, id: number): Checkpoint {
  const first = store.checkpoints.first(id);
  if (first?.reason === "start") return first;
  throw new WorkerError(
    "conflict",
    `There is no snapshot of the files before the first step of task ${id}. See what there is: claude-worker checkpoints ${id}`,
  );
}

/** Others may change files while they are put back: then all is looked at again. */
async function restore(...order: Parameters<typeof restoreOnce>): Promise<PutBackView> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await restoreOnce(...order);
    } catch (error) {
      if (!(error instanceof FilesMoved) || tries >= maxTries) throw error;
    }
  }
}

async function restoreOnce(
  context: PutBackContext,
  workspace: Workspace & { readonly repository: string },
  target: Checkpoint,
  { force, dry_run: isDryRun }: PutBackInput,
  caller: Caller,
): Promise<PutBackView> {
  const { store, paths, git } = context;
  const { taskId } = workspace;
  const repository = await openWorkspace(context, workspace);
  const objects = new Objects(git, workspace.repository);
  await objects.requireCommit(target.commit, `Checkpoint ${target.number} of task ${taskId}`);
  await settlePutBack(context, workspace, repository);
  const known = store.checkpoints.ofTask(taskId);
  const before = await snapshotNow(context, workspace, repository, "restore");
  const [present, wanted] = [await filesOf(objects, before.commit), await filesOf(objects, target.commit)];
  const { ofTask, ofOthers } = await changesSince(objects, stretchesSince(known, target.number, before.commit));
  const later = [...ofTask].filter((each) => ofOthers.has(each) && !isSame(present, wanted, each));
  if (later.length > 0 && !force) throw laterProblem(taskId, later);
  const scratch = `${snapshotIndexPath(paths, taskId)}.rules`;
  const plan = await leaveIgnored(repository, planPutBack(ofTask, present, wanted), wanted, scratch);
  const obstacles = obstaclesOf(repository.top, plan, present).filter((each) => !isThere(repository.top, each, wanted));
  if (obstacles.length > 0) throw obstacleProblem(obstacles);
  const answer = {
    checkpoint: target.number,
    before: before.number,
    written: plan.write.slice(0, answeredNames).map(([each]) => nameOf(each)),
    removed: plan.remove.slice(0, answeredNames).map(nameOf),
    changed_files: plan.write.length + plan.remove.length,
    left_alone: plan.leftAlone.slice(0, answeredNames).map(nameOf),
    dry_run: isDryRun,
  };
  if (isDryRun || answer.changed_files === 0) return answer;
  const seen = lookAtPlan(repository.top, plan);
  await requireAsIn(context, { taskId, repository, objects, plan, present });
  writeIntent(paths, taskId, { before: before.number, target: target.number }, plan);
  await putBack({ ...repository, git: repository.git.again() }, plan, `${snapshotIndexPath(paths, taskId)}.put-back`, seen);
  await snapshotNow(context, workspace, repository, "restored");
  clearIntent(paths, taskId);
  await store.write(() => {
    const data = { ...doneBy(caller), checkpoint: target.number, before: before.number, changed_files: answer.changed_files };
    store.events.append(taskId, null, [{ type: "files_put_back", at: context.now(), data }], null);
  });
  return answer;
}

interface Planned {
  readonly taskId: number;
  readonly repository: Repository;
  readonly objects: Objects;
  readonly plan: PutBackPlan;
  readonly present: Files;
}

/** @throws FilesMoved: files that are to be changed are not as the snapshot has them. */
async function requireAsIn({ paths }: PutBackContext, { taskId, repository, objects, plan, present }: Planned): Promise<void> {
  const now = await filesOf(objects, await treeNow(paths, taskId, repository));
  const changing = [...plan.write.map(([file]) => file), ...plan.remove];
  const moved = changing.filter((file) => !isSame(present, now, file));
  if (moved.length > 0) throw new FilesMoved(moved, 0);
}

function isThere(top: string, file: BytePath, wanted: Files): boolean {
  const entry = wanted.get(file);
  return entry !== undefined && hasContent(top, file, entry);
}

function isSame(present: Files, wanted: Files, file: BytePath): boolean {
  const [now, then] = [present.get(file), wanted.get(file)];
  return now?.mode === then?.mode && now?.blob === then?.blob;
}

function laterProblem(taskId: number, later: readonly BytePath[]): WorkerError {
  const names = later
    .slice(0, shownNames)
    .map((each) => plainLine(nameOf(each), 200))
    .join(", ");
  const more = later.length > shownNames ? ` and ${later.length - shownNames} more` : "";
  return new WorkerError(
    "conflict",
    `Others than task ${taskId} have changed these files since: ${names}${more}. To put them back all the same: --force (REST: "force": true). A snapshot keeps them as they are now.`,
  );
}
