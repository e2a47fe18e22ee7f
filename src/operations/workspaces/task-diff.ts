/** Shows what a task changed: how its files differ between two of its snapshots. */
import type { DiffQuery } from "../../contract/operations/workspaces.ts";
import type { DiffView, FileDiffView, HunkView } from "../../contract/views/diff.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { FileHunks, Hunk } from "../../domain/workspace/diff.ts";
import { workBase } from "../../domain/workspace/workspace.ts";
import type { Checkpoint, Workspace } from "../../domain/workspace/workspace.ts";
import { changedFilesBetween } from "../../git/changed-paths.ts";
import type { ChangedFile } from "../../git/changed-paths.ts";
import { hunksOf } from "../../git/file-hunks.ts";
import { isText } from "../../git/changed-files.ts";
import type { BytePath } from "../../git/changed-files.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { Objects } from "../../git/objects.ts";
import type { Store } from "../../store/store.ts";
import { gitAnswer } from "./git-answer.ts";

const defaultLimit = 100;

/** One of the two states that are compared. */
export interface Side {
  /** Null: the commit that the task's worktree began with. */
  readonly checkpoint: number | null;
  readonly commit: string;
}

/**
 * @throws WorkerError not_found: no such checkpoint; conflict: there are no snapshots, or they are
 * not in the repository any more.
 */
export async function taskDiff(store: Store, git: GitProgram, taskId: number, query: DiffQuery): Promise<DiffView> {
  const { repository } = requireSnapshots(store, taskId);
  const { from, to } = sidesOf(store, taskId, query);
  const { offset = 0, limit = defaultLimit, hunks = true } = query;
  return await gitAnswer(async () => {
    const objects = new Objects(git, repository);
    await requireSides(objects, taskId, [from, to]);
    const files = await changedFilesBetween(objects, from.commit, to.commit);
    const page = files.slice(offset, offset + limit);
    const shown = hunks ? await hunksOf(objects, { from: from.commit, to: to.commit }, page) : page.map(() => null);
    return {
      from,
      to,
      changed_files: files.length,
      insertions: files.reduce((sum, { lines }) => sum + (lines?.insertions ?? 0), 0),
      deletions: files.reduce((sum, { lines }) => sum + (lines?.deletions ?? 0), 0),
      files: page.map((file, at) => fileView(file, shown[at] ?? null)),
      next_offset: offset + limit < files.length ? offset + limit : null,
    };
  });
}

/** The two states that a query names. @throws WorkerError not_found: no such checkpoint. */
export function sidesOf(
  store: Store,
  taskId: number,
  { since, to }: Pick<DiffQuery, "since" | "to">,
): { from: Side; to: Side & { checkpoint: number } } {
  const last = to === undefined ? lastOf(store, taskId) : requireCheckpoint(store, taskId, to);
  return {
    from: since === undefined ? beginningOf(store, taskId) : sideOf(requireCheckpoint(store, taskId, since)),
    to: { checkpoint: last.number, commit: last.commit },
  };
}

/**
 * Where the snapshots of a task are.
 * @throws WorkerError conflict: there are none.
 */
export function requireSnapshots({ workspaces, checkpoints }: Store, taskId: number): Workspace & { readonly repository: string } {
  const workspace = workspaces.get(taskId);
  const repository = workspace?.repository ?? null;
  if (workspace !== null && repository !== null && checkpoints.last(taskId) !== null) return { ...workspace, repository };
  const why = workspace?.problem ?? "Its first attempt has not begun.";
  throw new WorkerError("conflict", `There are no snapshots of the files of task ${taskId}. ${why}`);
}

/** @throws WorkerError not_found. */
export function requireCheckpoint({ checkpoints }: Store, taskId: number, number: number): Checkpoint {
  const found = checkpoints.get(taskId, number);
  if (found !== null) return found;
  throw new WorkerError("not_found", `Task ${taskId} has no checkpoint ${number}. See them: claude-worker checkpoints ${taskId}`);
}

function lastOf({ checkpoints }: Store, taskId: number): Checkpoint {
  const last = checkpoints.last(taskId);
  if (last === null) throw new WorkerError("conflict", `Task ${taskId} has no checkpoint.`);
  return last;
}

function beginningOf(store: Store, taskId: number): Side {
  const workspace = store.workspaces.get(taskId);
  const base = workspace === null ? null : workBase(workspace);
  if (base !== null) return { checkpoint: null, commit: base };
  return sideOf(store.checkpoints.first(taskId) ?? lastOf(store, taskId));
}

function sideOf({ number, commit }: Checkpoint): Side {
  return { checkpoint: number, commit };
}

/** @throws GitProblem: the repository has not both any more. */
export async function requireSides(objects: Objects, taskId: number, sides: readonly Side[]): Promise<void> {
  for (const side of sides) await objects.requireCommit(side.commit, nameOfSide(taskId, side));
}

function nameOfSide(taskId: number, { checkpoint, commit }: Side): string {
  return checkpoint === null ? `The commit ${commit.slice(0, 12)}` : `Checkpoint ${checkpoint} of task ${taskId}`;
}

function fileView(file: ChangedFile, shown: FileHunks | null): FileDiffView {
  return {
    path: file.path,
    old_path: file.oldPath,
    path_bytes: bytesOf(file.bytes),
    old_path_bytes: file.oldBytes === null ? null : bytesOf(file.oldBytes),
    status: file.status,
    old_mode: file.oldMode,
    new_mode: file.newMode,
    binary: file.lines === null,
    insertions: file.lines?.insertions ?? null,
    deletions: file.lines?.deletions ?? null,
    hunks: shown?.hunks?.map(hunkView) ?? null,
    encoding: shown?.encoding ?? "utf8",
    not_shown: shown?.why ?? null,
  };
}

/** Base64; null: the name is text. */
export function bytesOf(name: BytePath): string | null {
  return isText(name) ? null : Buffer.from(name, "latin1").toString("base64");
}

function hunkView({ oldStart, oldLines, newStart, newLines, section, lines }: Hunk): HunkView {
  return { old_start: oldStart, old_lines: oldLines, new_start: newStart, new_lines: newLines, section, lines: [...lines] };
}
