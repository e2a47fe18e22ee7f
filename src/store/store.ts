/**
 * Defines the store's interface. Reads are synchronous; writes run inside `write`. Only this folder
 * uses SQL.
 */
import type { MemoryPeakStore } from "./sqlite/memory-peaks.ts";
import type { AccountStore } from "./sqlite/accounts.ts";
import type { AgentTaskStore } from "./sqlite/agent-tasks.ts";
import type { Change } from "./sqlite/change.ts";
import type { BrowserSessionStore } from "./sqlite/browser-sessions.ts";
import type { CheckpointStore } from "./sqlite/checkpoints.ts";
import type { BudgetStore } from "./sqlite/budgets.ts";
import type { ClockStore } from "./sqlite/clock.ts";
import type { DependencyStore } from "./sqlite/dependencies.ts";
import type { EventType, NewEvent, TaskEvent, TaskEventOf } from "../domain/events/event.ts";
import type { Hold, NewHold } from "../domain/order/hold.ts";
import type { HeldPart } from "../domain/order/held.ts";
import type { Lanes } from "../domain/order/lanes.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Attempt, Task, TaskSpec, TaskStatus } from "../domain/task/task.ts";
import type { MoveTarget, Spot } from "../domain/order/place.ts";
import type { ListOrder } from "../domain/task/list-order.ts";
import type { LongOptions, QueueOptions } from "../domain/task/options.ts";
import type { Operation } from "../domain/task/transitions.ts";
import type { AskStore } from "./sqlite/asks.ts";
import type { GroupStore } from "./sqlite/groups.ts";
import type { ForkStore } from "./sqlite/forks.ts";
import type { MessageStore } from "./sqlite/messages.ts";
import type { NotificationStore } from "./sqlite/notifications.ts";
import type { QuestionStore } from "./sqlite/questions.ts";
import type { ApplyStore } from "./sqlite/applies.ts";
import type { ReviewCommentStore } from "./sqlite/review-comments.ts";
import type { PullRequestWatchStore } from "./sqlite/pull-request-watches.ts";
import type { RewindStore } from "./sqlite/rewinds.ts";
import type { RuleStore } from "./sqlite/rules.ts";
import type { PromptStore } from "./sqlite/prompts.ts";
import type { TemplateStore } from "./sqlite/templates.ts";
import type { ScheduleStore } from "./sqlite/schedules.ts";
import type { ProbeStore } from "./sqlite/probes.ts";
import type { SubmissionStore } from "./sqlite/submissions.ts";
import type { TaskCallerStore } from "./sqlite/task-callers.ts";
import type { TokenStore } from "./sqlite/tokens.ts";
import type { AttachmentStore } from "./sqlite/attachments.ts";
import type { TurnStore } from "./sqlite/turns.ts";
import type { TrustedCommandStore } from "./sqlite/trusted-commands.ts";
import type { TrustedRunStore } from "./sqlite/trusted-runs.ts";
import type { UsageStore } from "./sqlite/usage.ts";
import type { WorkflowStore } from "./sqlite/workflows.ts";
import type { WorkspaceStore } from "./sqlite/workspaces.ts";
import type { IterationStore } from "./sqlite/iterations.ts";
import type { VerificationStore } from "./sqlite/verifications.ts";

export interface Store {
  readonly tasks: TaskStore;
  readonly attempts: AttemptStore;
  readonly events: EventStore;
  readonly holds: HoldStore;
  readonly probes: ProbeStore;
  readonly accounts: AccountStore;
  readonly memoryPeaks: MemoryPeakStore;
  readonly clock: ClockStore;
  readonly trust: TrustStore;
  readonly tokens: TokenStore;
  readonly browserSessions: BrowserSessionStore;
  readonly submissions: SubmissionStore;
  readonly usage: UsageStore;
  readonly agentTasks: AgentTaskStore;
  readonly callers: TaskCallerStore;
  readonly attachments: AttachmentStore;
  readonly turns: TurnStore;
  readonly notifications: NotificationStore;
  readonly asks: AskStore;
  readonly dependencies: DependencyStore;
  readonly groups: GroupStore;
  readonly prompts: PromptStore;
  readonly budgets: BudgetStore;
  readonly templates: TemplateStore;
  readonly workflows: WorkflowStore;
  readonly forks: ForkStore;
  readonly applies: ApplyStore;
  readonly pullRequestWatches: PullRequestWatchStore;
  readonly rewinds: RewindStore;
  readonly reviewComments: ReviewCommentStore;
  readonly messages: MessageStore;
  readonly questions: QuestionStore;
  readonly rules: RuleStore;
  readonly schedules: ScheduleStore;
  readonly workspaces: WorkspaceStore;
  readonly checkpoints: CheckpointStore;
  readonly iterations: IterationStore;
  readonly verifications: VerificationStore;
  readonly trustedCommands: TrustedCommandStore;
  readonly trustedRuns: TrustedRunStore;
  /**
   * This server's epoch. Every write transaction checks that it is still the newest, so that a
   * paused old server changes nothing.
   */
  readonly epoch: number;
  /**
   * Runs reads that belong together in one transaction: all of them see one state, and SQLite locks
   * once instead of at each read, which costs more than most of the reads. `work` is synchronous
   * and changes nothing. Inside `write` and inside another `read` it just runs.
   */
  read<T>(work: () => T): T;
  /**
   * Runs `work` in the current group's transaction (own savepoint) and resolves after the group's
   * commit is durable. `work` is synchronous and may be called at most once. An error of `work`
   * rejects only this promise and undoes only this work.
   * @throws WorkerError `storage_full`, `storage_unusable`; `unavailable` with "another server took
   * over" when the epoch is stale.
   */
  write<T>(work: () => T): Promise<T>;
  /** Called after each commit with the tasks that it touched. Returns the unsubscribe. */
  onCommit(listener: (change: Change) => void): () => void;
  /**
   * Whether writes are possible; false while the store is open for reading because the disk was
   * full at the start.
   */
  isWritable(): boolean;
  /**
   * Sentences about present problems of the storage; empty when there are none. A problem of
   * writing ends with the next write that succeeds.
   */
  problems(): readonly string[];
  /**
   * Checks whether the files are still in their place, saves a removed log, and returns sentences
   * about what is lost. Each write makes the same check.
   * @throws WorkerError when the log cannot be saved yet.
   */
  inspect(): readonly string[];
  /** Writes a few bytes durably, to find out whether writing works. Rejects like `write`. */
  probe(): Promise<void>;
  /**
   * Copies the database to `file` while it is in use, in a maintenance process (in this process
   * when the database's file was removed). Checks the copy. Never overwrites a file.
   * @throws WorkerError `conflict` when `file` exists, `storage_full`, `storage_unusable`,
   * `unavailable` when the store is closed meanwhile
   */
  backup(file: string): Promise<void>;
  /**
   * Finds all damage of the database in a maintenance process. Returns sentences; empty when the
   * database is sound.
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
  | "queuedAt"
  | "rank"
  | "place"
  | "moved"
  | "unmet"
  | "answeredAt"
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
  | "verifyFailures"
  | "keeping"
  | "sessionId"
  | "sessionModel"
  | "resumable"
  | "profileAsked"
  | "result"
  | "structuredResult"
  | "error"
  | "earlierEnd"
  | "attention"
  | "costUsd"
  | "usage"
  | "numTurns"
  | "durationMs"
  | "lastAction"
  | "lastSeq"
  | "batch"
> & {
  /** Absent: it is submitted alone. */
  readonly batch?: number | null;
  /** The bytes of its attachments, for `attachments.add`. */
  readonly images?: readonly Uint8Array[];
};

/** A task without its prompt, its long options and its results. */
export type TaskRow = Omit<Task, "prompt" | keyof LongOptions | "result" | "structuredResult">;

export interface TaskFilter {
  readonly statuses?: readonly TaskStatus[];
  readonly group?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Only tasks in this directory or below it. */
  readonly workingDirectory?: string;
  /** Only tasks with something to check (true), or only tasks without (false). */
  readonly attention?: boolean;
  /** Substring of name or title, case-insensitive. */
  readonly text?: string;
  /** The beginning of the name; case-sensitive. */
  readonly namePrefix?: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  /** Rows beyond this id in the direction of the order (keyset pagination). */
  readonly cursorId?: number;
  /** Newest first unless "oldest". `queue` leaves out all that is not pending. */
  readonly order?: ListOrder;
  /** With `queue`: rows behind this place. */
  readonly cursorSpot?: Spot;
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
    | "stashedAt"
    | "answeredAt"
    | "cancelRequestedAt"
    | "poisonCount"
    | "setbacks"
    | "cutCall"
    | "retriesSpent"
    | "refusals"
    | "refusal"
    | "refusedAt"
    | "verifyFailures"
    | "keeping"
    | "sessionId"
    | "sessionModel"
    | "resumable"
    | "profileAsked"
    | "result"
    | "structuredResult"
    | "error"
    | "earlierEnd"
    | "attention"
    | "costUsd"
    | "usage"
    | "durationMs"
    | "batch"
  >
>;

/** What a retry may change of the task. */
export type RetryPatch = TaskPatch & Partial<Omit<TaskSpec, "prompt"> & QueueOptions>;

export interface StartableOptions {
  /** What holds leave out. Default: nothing. */
  readonly held?: readonly HeldPart[];
  /** The same by the reserve, which some tasks ignore. Default: nothing. */
  readonly reserved?: readonly HeldPart[];
  /** Which groups are full and which locks are held. Default: all are free. */
  readonly lanes?: Lanes;
  /** Whether a task may start for other reasons, like rights. Default: it may. */
  readonly mayStart?: (id: number) => boolean;
}

export interface TaskStore {
  /** Inside `write`. */
  insert(task: NewTask): Task;
  /** Those of the tasks that are pending, in the order of the queue. */
  spots(ids: readonly number[]): Spot[];
  /** Inside `write`. Gives it another title than its prompt does. */
  retitle(id: number, title: string): void;
  /**
   * Inside `write`. Moves a pending task before all pending ones, behind all, or before another
   * pending one.
   * @returns false: it stands there already.
   */
  move(id: number, target: MoveTarget, now: number): boolean;
  /**
   * Inside `write`. Gives the places of these pending tasks to them in this order.
   * @param moved the one that a caller moved, and where to.
   * @returns false: they have this order already.
   */
  exchange(ids: readonly number[], moved: { readonly id: number; readonly target: MoveTarget }, now: number): boolean;
  get(id: number): Task | null;
  /** Without the long texts. */
  row(id: number): TaskRow | null;
  /** The options that lists do not show; null: the task does not exist. */
  longOptions(id: number): LongOptions | null;
  /** Cheap: reads no row in full. */
  exists(id: number): boolean;
  list(filter: TaskFilter): TaskRow[];
  /** From counters kept by triggers in the same transaction; never a scan. */
  counts(): Record<TaskStatus, number>;
  /**
   * The pending tasks that may start at `now`, best first (`inStartingOrder` of the domain), from
   * the partial index.
   */
  startable(now: number, limit: number, options?: StartableOptions): number[];
  /** The earliest `notBefore` of a pending task after `now`, or null. */
  nextStartAt(now: number): number | null;
  /** How many pending tasks a hold of these parts leaves out. Parts of models read each of them. */
  pendingOf(parts: readonly HeldPart[]): number;
  /** The profiles that pending tasks name. */
  pendingProfiles(): string[];
  /** Whether another task was refused in this way after `since`. */
  wasRefusedElsewhere(refusal: string, taskId: number, since: number): boolean;
  /**
   * Inside `write`. Clears a kind of refusal, and its back-off, of all tasks, because they did not
   * cause it. Returns how many.
   */
  forgetRefusals(refusal: string, now: number): number;
  /**
   * Inside `write`. Ends all back-offs after refusals. The refusals still count. Returns how many.
   */
  endBackOffs(now: number): number;
  /**
   * Inside `write`. Shortens waits that began after `now`, because the clock was set back since.
   * Returns how many.
   */
  shortenWaits(now: number): number;
  /** Whether a cancel was requested; cheap, without the long texts. */
  isCancelRequested(id: number): boolean;
  /** How many pending tasks stand before this one in starting order. */
  ahead(id: number): number;
  /**
   * Inside `write`. Changes the status as domain/task/transitions.ts allows; null: the operation is
   * not allowed now. Sets `endedAt` and `openAttemptId` by the new status.
   * @param endedAt `now` by default.
   */
  transition(id: number, operation: Operation, now: number, patch?: RetryPatch, endedAt?: number): Task | null;
  /** Inside `write`. Changes fields but not the status; null when the task does not exist. */
  patch(id: number, now: number, patch: RetryPatch & Partial<Pick<Task, "prompt">>): Task | null;
  /**
   * Inside `write`. Deletes a terminal task with its attempts and events. Returns false for other
   * tasks.
   */
  remove(id: number): boolean;
  /** Terminal tasks that ended before `before`, oldest first. */
  endedBefore(before: number, limit: number): number[];
}

export interface AttemptStore {
  /**
   * Inside `write`. Claims a task: pending → running, with a new open attempt of this epoch.
   * Returns null when the task is not pending any more.
   */
  claim(
    taskId: number,
    attempt: Pick<Attempt, "runnerId" | "nodeId" | "sessionId" | "resume" | "warm" | "bootId" | "journalStart"> &
      Partial<Pick<Attempt, "account" | "startedUp">>,
    now: number,
  ): { task: Task; attempt: Attempt } | null;
  get(id: number): Attempt | null;
  ofTask(taskId: number): Attempt[];
  /** The outcome of the task's newest ended attempt; null: no attempt has ended. */
  lastOutcome(taskId: number): Outcome | null;
  open(): Attempt[];
  /**
   * Inside `write`. Takes over an open attempt of an older epoch. Returns null when the attempt is
   * closed or belongs to a newer epoch.
   */
  adopt(id: number): Attempt | null;
  /** Inside `write`. Sets fields of an open attempt of this epoch; null otherwise. */
  patch(
    id: number,
    patch: Partial<Pick<Attempt, "pid" | "pidStart" | "sessionId" | "stopRequested" | "warm" | "sessionSpent">>,
  ): Attempt | null;
  /**
   * Inside `write`. Stores how far the journal is ingested. Returns false when the attempt is
   * closed or of another epoch.
   */
  advance(id: number, journalOffset: number, lastRecord: number, lastUp?: number | null): boolean;
  /**
   * Inside `write`. Closes an open attempt of this epoch. Returns false when another server closed
   * it. The task's transition is a separate, guarded call.
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
   * This attempt's events of these types, oldest first, without events that this version cannot
   * read.
   */
  ofAttempt<T extends EventType>(attemptId: number, types: readonly T[]): TaskEventOf<T>[];
}

export interface HoldStore {
  /** Active holds: not lifted; expired ones are included until `lift`. */
  active(): Hold[];
  /**
   * Inside `write`. Adds a hold. A later hold of the same kind and scope replaces the earlier one
   * and keeps its `since`; it never shortens a usage limit.
   * @param options.isQuiet nothing is notified of it.
   */
  put(hold: NewHold, now: number, options?: { readonly isQuiet?: boolean }): Hold;
  /** Inside `write`. Returns whether there was one. @param now default: the system's clock. */
  lift(kind: Hold["kind"], scope: string, now?: number): boolean;
  /**
   * Inside `write`. Moves the ends of holds that were added after `now` to an earlier time, because
   * the clock was set back since. Returns how many.
   */
  shortenWaits(now: number): number;
}

export interface TrustStore {
  list(): { path: string; since: number }[];
  has(path: string): boolean;
  /** Inside `write`. Real, absolute path. */
  add(path: string, now: number): void;
  /** Inside `write`. */
  remove(path: string): boolean;
}
