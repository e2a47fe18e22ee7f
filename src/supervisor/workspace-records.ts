/**
 * Stores what the journal says about a task's files: where they are, and their snapshots. Works
 * inside of the ingest's write.
 */
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import type { JournalRecord } from "../domain/events/record.ts";
import { countOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import type { Attempt } from "../domain/task/task.ts";
import { checkpointIn } from "../domain/workspace/checkpoint-note.ts";
import type { CheckpointNote } from "../domain/workspace/checkpoint-note.ts";
import type { Workspace } from "../domain/workspace/workspace.ts";
import type { Store } from "../store/store.ts";

export class WorkspaceRecords {
  readonly #store: Store;
  readonly #attempt: Attempt;
  #isSettingUp: boolean;

  constructor(store: Store, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
    this.#isSettingUp = store.workspaces.get(attempt.taskId)?.setup?.state === "running";
  }

  /** Whether the command that sets the worktree up runs. */
  get isSettingUp(): boolean {
    return this.#isSettingUp;
  }

  take(record: JournalRecord): void {
    if (record.type !== "worker") return;
    if (record.subtype === "no_checkpoint") this.#withoutSnapshots(stringOf(record["text"]) ?? "");
    if (record.subtype === "worktree_ready") this.#ready(objectOf(record));
    if (record.subtype === "worktree_set_up") this.#change({ isSetUp: true });
    if (record.subtype === "setup_cache" && record["what"] === "used") this.#copied(record);
    if (record.subtype === "setup_started" || record.subtype === "setup_ended") this.#setUp(record);
    if (record.subtype !== "checkpoint") return;
    const note = checkpointIn(objectOf(record));
    if (note !== null) this.#keep(note, Date.parse(record._at));
  }

  #keep({ top, repository, isDirty, message, ...taken }: CheckpointNote, at: number): void {
    const { workspaces, checkpoints, turns } = this.#store;
    const { id: attemptId, taskId } = this.#attempt;
    const turn = (message === null ? null : turns.numberOf(taskId, message)) ?? turns.inAll(taskId);
    checkpoints.insert({ ...taken, taskId, attemptId, at, turn });
    const known = workspaces.get(taskId);
    const { branch, head: headCommit, changes } = taken;
    // A retry may have another directory.
    const baseCommit = known?.repository === repository ? known.baseCommit : headCommit;
    const found = { branch, baseCommit, headCommit, changes, isDirty, problem: null };
    workspaces.put({ ...(known ?? inPlace(taskId)), ...(known?.kind === "worktree" ? {} : { path: top, repository }), ...found });
  }

  #ready({ how, branch, head }: JsonObject): void {
    const fresh = how === "found" ? {} : { isSetUp: false };
    this.#change({ state: "ready", branch: stringOf(branch), headCommit: stringOf(head), ...fresh });
  }

  #setUp(record: JournalRecord): void {
    for (const { type, data } of eventsFromRecord(record)) {
      const startedAt = Date.parse(record._at);
      if (type === "setup_started") {
        const { command } = data;
        this.#isSettingUp = true;
        this.#change({ setup: { command, state: "running", exitCode: null, reason: null, outputTail: "", startedAt, tookMs: null } });
      }
      if (type !== "setup_ended") continue;
      this.#isSettingUp = false;
      const { command, state, exit_code: exitCode, reason, output_tail: outputTail, took_ms: tookMs } = data;
      this.#change({ setup: { command, state, exitCode, reason, outputTail, startedAt: startedAt - tookMs, tookMs } });
    }
  }

  /** What an earlier set-up made is there: the command did not run. */
  #copied(record: JournalRecord): void {
    const { command, tookMs: took } = objectOf(record);
    const tookMs = countOf(took) ?? 0;
    const startedAt = Date.parse(record._at) - tookMs;
    const run = {
      command: stringOf(command) ?? "",
      state: "passed",
      exitCode: null,
      reason: null,
      outputTail: "",
      startedAt,
      tookMs,
    } as const;
    this.#change({ setup: { ...run, isCached: true } });
  }

  /** Changes what is known of the task's worktree. */
  #change(changes: Partial<Workspace>): void {
    const { workspaces } = this.#store;
    const known = workspaces.get(this.#attempt.taskId);
    if (known?.kind === "worktree") workspaces.put({ ...known, ...changes });
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
    host: null,
    beginsWith: null,
    changes: null,
    isDirty: null,
    problem: null,
    trash: null,
    trashedAt: null,
    ports: null,
    isSetUp: false,
    setup: null,
  };
}
