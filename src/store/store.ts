/**
 * What the store offers. Reads answer at once; writes run inside `write`. Only this folder knows
 * SQL.
 */
import type { AccountStore } from "./sqlite/accounts.ts";
import type { AgentTaskStore } from "./sqlite/agent-tasks.ts";
import type { Change } from "./sqlite/change.ts";
import type { ClockStore } from "./sqlite/clock.ts";
import type { EventType, NewEvent, TaskEvent, TaskEventOf } from "../domain/events/event.ts";
import type { Hold, NewHold } from "../domain/order/hold.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Attempt, Task, TaskSpec, TaskStatus } from "../domain/task/task.ts";
import type { LongOptions, QueueOptions } from "../domain/task/options.ts";
import type { Operation } from "../domain/task/transitions.ts";
import type { ProbeStore } from "./sqlite/probes.ts";
import type { SubmissionStore } from "./sqlite/submissions.ts";
import type { TaskCallerStore } from "./sqlite/task-callers.ts";
import type { TokenStore } from "./sqlite/tokens.ts";
import type { AttachmentStore } from "./sqlite/attachments.ts";
import type { TurnStore } from "./sqlite/turns.ts";
import type { UsageStore } from "./sqlite/usage.ts";

export interface Store {
  readonly tasks: TaskStore;
  readonly attempts: AttemptStore;
  readonly events: EventStore;
  readonly holds: HoldStore;
  readonly probes: ProbeStore;
  readonly accounts: AccountStore;
  readonly clock: ClockStore;
  readonly trust: TrustStore;
  readonly tokens: TokenStore;
  readonly submissions: SubmissionStore;
  readonly usage: UsageStore;
  readonly agentTasks: AgentTaskStore;
  readonly callers: TaskCallerStore;
  readonly attachments: AttachmentStore;
  readonly turns: TurnStore;
  /**
   * This server's epoch: every write transaction checks that it is still the newest (a paused old
   * server changes nothing).
   */
  readonly epoch: number;
  /**
   * Runs `work` in the current group's transaction (own savepoint) and resolves after the group's
   * commit is durable. `work` is synchronous and may be called at most once. What it throws rejects
   * this promise only, and undoes this work only.
   * @throws WorkerError `storage_full`, `storage_unusable`; `conflict` with "another server took
   * over" when the epoch is stale.
   */
  write<T>(work: () => T): Promise<T>;
  /** Called after each commit with the tasks that it touched. Returns the unsubscribe. */
  onCommit(listener: (change: Change) => void): () => void;
  /**
   * Whether it takes writes; false while it is open for reading only because the disk was full at
   * the start.
   */
  isWritable(): boolean;
  /**
   * Sentences about what is wrong with the storage now; empty when all is well. A fault of writing
   * goes with the next write that succeeds.
   */
  problems(): readonly string[];
  /**
   * Looks whether the files are still in their place (they may have been removed), saves a removed
   * log, and returns sentences about what is lost. Each write looks by itself, too. @throws
   * WorkerError when the log cannot be saved yet.
   */
  inspect(): readonly string[];
  /** Writes a few bytes durably: whether writing works (again). Rejects like `write`. */
  probe(): Promise<void>;
  /**
   * Copies the database to `file` while it is in use, by a maintenance process (by this one when
   * the database's file was removed); checks the copy; overwrites nothing.
   * @throws WorkerError `conflict` when `file` exists, `storage_full`, `storage_unusable`,
   * `unavailable` when the store is closed meanwhile
   */
  backup(file: string): Promise<void>;
  /**
   * Everything that is wrong with the database, in sentences, found by a maintenance process; empty
   * when all is well.
   */
  check(): Promise<readonly string[]>;
  /**
   * Commits queued writes, ends the maintenance processes, checkpoints and closes. May be called
   * twice.
   */
  close(): Promise<void>;
}

export type NewTask = Omit<
  Task,
  | "id"
  | "title"
  | "status"
  | "startedAt"
  | "endedAt"
  | "updatedAt"
  | "cancelRequestedAt"
  | "openAttemptId"
  | "attemptCount"
  | "poisonCount"
  | "setbacks"
  | "cutCall"
  | "retriesSpent"
  | "refusals"
  | "refusal"
  | "refusedAt"
  | "sessionId"
  | "sessionModel"
  | "resumable"
  | "result"
  | "error"
  | "attention"
  | "costUsd"
  | "usage"
  | "numTurns"
  | "durationMs"
  | "lastAction"
  | "lastSeq"
> & {
  /** The bytes of its attachments, for `attachments.add`. */
  readonly images?: readonly Uint8Array[];
};

/** A task without its prompt, its long options and its result. */
export type TaskRow = Omit<Task, "prompt" | keyof LongOptions | "result">;

export interface TaskFilter {
  readonly statuses?: readonly TaskStatus[];
  readonly group?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Only tasks in this directory or below it. */
  readonly workingDirectory?: string;
  /** Only tasks with something to look at (true), or only those without (false). */
  readonly attention?: boolean;
  /** Substring of name or title, case-insensitive. */
  readonly text?: string;
  /** The name begins with this; case counts. */
  readonly namePrefix?: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  /** Rows beyond this id in the direction of the order (keyset pagination). */
  readonly cursorId?: number;
  /** Newest first unless "oldest". */
  readonly order?: "newest" | "oldest";
  /** 1-500. */
  readonly limit: number;
}

/** Fields that a change of status sets. Absent: unchanged. */
export type TaskPatch = Partial<
  Pick<
    Task,
    | "startedAt"
    | "notBefore"
    | "notBeforeReason"
    | "cancelRequestedAt"
    | "poisonCount"
    | "setbacks"
    | "cutCall"
    | "retriesSpent"
    | "refusals"
    | "refusal"
    | "refusedAt"
    | "sessionId"
    | "sessionModel"
    | "resumable"
    | "result"
    | "error"
    | "attention"
    | "costUsd"
    | "usage"
    | "durationMs"
  >
>;

/** What a retry may change of the task. */
export type RetryPatch = TaskPatch & Partial<Omit<TaskSpec, "prompt"> & QueueOptions>;

export interface TaskStore {
  /** Inside `write`. */
  insert(task: NewTask): Task;
  get(id: number): Task | null;
  /** Without the long texts. */
  row(id: number): TaskRow | null;
  /** The options that lists do not carry; null: the task is gone. */
  longOptions(id: number): LongOptions | null;
  /** Cheap: reads no row in full. */
  exists(id: number): boolean;
  list(filter: TaskFilter): TaskRow[];
  /** From counters kept by triggers in the same transaction; never a scan. */
  counts(): Record<TaskStatus, number>;
  /**
   * The pending tasks that may start at `now`, best first (domain's `inStartingOrder`), from the
   * partial index.
   * @param heldModels parts of model names whose tasks are left out; `default`: tasks that name no
   * model.
   */
  startable(now: number, limit: number, heldModels?: readonly string[]): number[];
  /** The earliest `notBefore` of a pending task after `now`, or null. */
  nextStartAt(now: number): number | null;
  /** How many pending tasks are of these models (as in `startable`). Reads every pending task. */
  pendingOf(models: readonly string[]): number;
  /** Whether another task was refused in this way after `since`. */
  wasRefusedElsewhere(refusal: string, taskId: number, since: number): boolean;
  /**
   * Inside `write`. Forgets a kind of refusal of all tasks, which did not cause it: they wait for
   * no back-off. Returns how many.
   */
  forgetRefusals(refusal: string, now: number): number;
  /**
   * Inside `write`. Ends every back-off after a refusal; the refusals still count. Returns how
   * many.
   */
  endBackOffs(now: number): number;
  /**
   * Inside `write`. Brings waits forward that were begun after `now`: the clock was set back since.
   * Returns how many.
   */
  mendWaits(now: number): number;
  /** Whether somebody asked to cancel it; cheap, without the long texts. */
  isCancelRequested(id: number): boolean;
  /** How many pending tasks stand before this one in starting order. */
  ahead(id: number): number;
  /**
   * Inside `write`. Guarded change of status per domain/task/transitions.ts; null: it may not
   * happen now. `endedAt`/`openAttemptId` follow the status; it ended at `now` unless told
   * otherwise.
   */
  transition(id: number, operation: Operation, now: number, patch?: RetryPatch, endedAt?: number): Task | null;
  /** Inside `write`. Changes fields without changing status; null when the task is gone. */
  patch(id: number, now: number, patch: TaskPatch & Partial<Pick<Task, "name" | "priority" | "labels">>): Task | null;
  /**
   * Inside `write`. Deletes the task with attempts and events if it is terminal; false otherwise.
   */
  remove(id: number): boolean;
  /** Terminal tasks that ended before `before`, oldest first. */
  endedBefore(before: number, limit: number): number[];
}

export interface AttemptStore {
  /**
   * Inside `write`. `claim`: pending → running with a new open attempt of this epoch, or null when
   * the task is not pending any more.
   */
  claim(
    taskId: number,
    attempt: Pick<Attempt, "runnerId" | "nodeId" | "sessionId" | "resume" | "warm" | "bootId" | "journalStart"> &
      Partial<Pick<Attempt, "account" | "startedUp">>,
    now: number,
  ): { task: Task; attempt: Attempt } | null;
  get(id: number): Attempt | null;
  ofTask(taskId: number): Attempt[];
  /** How the task's newest attempt that has ended ended; null: none has. */
  lastOutcome(taskId: number): Outcome | null;
  open(): Attempt[];
  /**
   * Inside `write`. Takes an open attempt of an older epoch over; null when it is closed or a newer
   * epoch has it.
   */
  adopt(id: number): Attempt | null;
  /** Inside `write`. Sets fields of an open attempt of this epoch; null otherwise. */
  patch(
    id: number,
    patch: Partial<Pick<Attempt, "pid" | "pidStart" | "sessionId" | "stopRequested" | "warm" | "sessionSpent">>,
  ): Attempt | null;
  /**
   * Inside `write`. Remembers how far the journal is ingested. False when this epoch does not hold
   * the open attempt.
   */
  advance(id: number, journalOffset: number, lastRecord: number, lastUp?: number | null): boolean;
  /**
   * Inside `write`. Closes an open attempt of this epoch; false when somebody else did. The task's
   * transition is a separate, guarded call.
   */
  close(id: number, outcome: Outcome, now: number): boolean;
}

export interface EventStore {
  /**
   * Inside `write`. Numbers the events (seq per task) and sets the task's lastSeq and, where given,
   * lastAction.
   */
  append(taskId: number, attemptId: number | null, events: readonly NewEvent[], lastAction?: string | null): TaskEvent[];
  /** Events of one task after `seq`, oldest first. */
  ofTask(taskId: number, after: number, limit: number): TaskEvent[];
  /** The newest `limit` events of one task, oldest first. */
  tail(taskId: number, limit: number): TaskEvent[];
  /** Events of all tasks after the global id, oldest first. */
  all(afterId: number, limit: number): TaskEvent[];
  /** Newest global id, 0 when there is none. */
  lastId(): number;
  /**
   * This attempt's events of these types, oldest first; without those that this version cannot
   * read.
   */
  ofAttempt<T extends EventType>(attemptId: number, types: readonly T[]): TaskEventOf<T>[];
}

export interface HoldStore {
  /** Active holds: not lifted; expired ones are included until `lift`. */
  active(): Hold[];
  /**
   * Inside `write`. One hold per kind and scope: a later one replaces it, keeping `since`; no usage
   * limit is shortened.
   */
  put(hold: NewHold, now: number): Hold;
  /** Inside `write`. Returns whether there was one. */
  lift(kind: Hold["kind"], scope: string): boolean;
  /**
   * Inside `write`. Brings the ends of holds forward that were put after `now`: the clock was set
   * back since. Returns how many.
   */
  mendWaits(now: number): number;
}

export interface TrustStore {
  list(): { path: string; since: number }[];
  has(path: string): boolean;
  /** Inside `write`. Real, absolute path. */
  add(path: string, now: number): void;
  /** Inside `write`. */
  remove(path: string): boolean;
}
