/**
 * Stores what the journal says about a task's files: where they are, and their snapshots. Works
 * inside of the ingest's write.
 */
import type { JournalRecord } from "../domain/events/record.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import type { Attempt } from "../domain/task/task.ts";
import { checkpointIn } from "../domain/workspace/checkpoint-note.ts";
import type { CheckpointNote } from "../domain/workspace/checkpoint-note.ts";
import type { Workspace } from "../domain/workspace/workspace.ts";
import type { Store } from "../store/store.ts";

export class WorkspaceRecords {
  readonly #store: Store;
  readonly #attempt: Attempt;

  constructor(store: Store, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
  }

  take(record: JournalRecord): void {
    if (record.type !== "worker") return;
    if (record.subtype === "no_checkpoint") this.#withoutSnapshots(stringOf(record["text"]) ?? "");
    if (record.subtype === "worktree_ready") this.#ready(stringOf(record["branch"]), stringOf(record["head"]));
    if (record.subtype !== "checkpoint") return;
    const note = checkpointIn(objectOf(record));
    if (note !== null) this.#keep(note, Date.parse(record._at));
  }

  #keep({ top, repository, isDirty, ...taken }: CheckpointNote, at: number): void {
    const { workspaces, checkpoints, tasks } = this.#store;
    const { id: attemptId, taskId } = this.#attempt;
    checkpoints.insert({ ...taken, taskId, attemptId, at, turn: tasks.row(taskId)?.numTurns ?? 0 });
    const known = workspaces.get(taskId);
    const { branch, head: headCommit, changes } = taken;
    // A retry may have another directory.
    const baseCommit = known?.repository === repository ? known.baseCommit : headCommit;
    const found = { branch, baseCommit, headCommit, changes, isDirty, problem: null };
    workspaces.put({ ...(known ?? inPlace(taskId)), ...(known?.kind === "worktree" ? {} : { path: top, repository }), ...found });
  }

  #ready(branch: string | null, headCommit: string | null): void {
    const { workspaces } = this.#store;
    const { taskId } = this.#attempt;
    const known = workspaces.get(taskId);
    if (known?.kind === "worktree") workspaces.put({ ...known, state: "ready", branch, headCommit });
  }

  #withoutSnapshots(problem: string): void {
    const { workspaces, tasks } = this.#store;
    const { taskId } = this.#attempt;
    const known = workspaces.get(taskId) ?? { ...inPlace(taskId), path: tasks.row(taskId)?.workingDirectory ?? "" };
    workspaces.put({ ...known, problem });
  }
}

function inPlace(taskId: number): Workspace {
  return {
    taskId,
    kind: "in_place",
    state: null,
    path: "",
    prefix: "",
    repository: null,
    branch: null,
    namesBranch: false,
    baseCommit: null,
    headCommit: null,
    beginsWith: null,
    changes: null,
    isDirty: null,
    problem: null,
    trash: null,
    trashedAt: null,
  };
}
