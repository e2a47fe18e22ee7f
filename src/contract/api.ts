/**
 * Every operation that a door may ask for. `operations/` implements it; `http/` and `mcp/` are
 * handed it by the server and hold no rules.
 */
import type { Caller } from "./caller.ts";
import type { BackupView, CheckView, PruneInput, PruneView } from "./operations/maintenance.ts";
import type { UsageQuery } from "./operations/server.ts";
import type { ParsedTokenInput } from "./operations/tokens.ts";
import type { ParsedRetryInput } from "./retry-input.ts";
import type { ParsedTaskInput } from "./task-input.ts";
import type {
  AttemptView,
  CancelView,
  ConfigView,
  ProbeView,
  EventPage,
  HoldView,
  NewTokenView,
  ServerView,
  Statistics,
  TaskPage,
  TaskView,
  TokenView,
  TrustView,
  UsageView,
} from "./views.ts";
import type { TaskStatus } from "../domain/task/task.ts";

export interface ListQuery {
  readonly status?: readonly TaskStatus[] | undefined;
  readonly group?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly working_directory?: string | undefined;
  readonly attention?: boolean | undefined;
  readonly text?: string | undefined;
  /** Only tasks whose name begins with this; case counts. */
  readonly name?: string | undefined;
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  readonly order?: "newest" | "oldest" | undefined;
  /** 1-500, default 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Subscription {
  close(): void;
}

export interface WorkerApi {
  /**
   * `input` was parsed by the door. Durable when it resolves. @throws WorkerError invalid_input,
   * untrusted_directory, forbidden, storage_full, unavailable.
   */
  submitTask(input: ParsedTaskInput, caller: Caller): Promise<TaskView>;
  /** All or nothing. Faults name the task: `/tasks/3/working_directory`. */
  submitTasks(inputs: readonly ParsedTaskInput[], caller: Caller): Promise<TaskView[]>;
  /**
   * As `submitTask`, but the same key with the same input again gives the task that came of it the
   * first time (within a week).
   * @throws WorkerError unprocessable when the key was used for another input.
   */
  submitTaskOnce(input: ParsedTaskInput, key: string, caller: Caller): Promise<{ task: TaskView; replayed: boolean }>;
  submitTasksOnce(inputs: readonly ParsedTaskInput[], key: string, caller: Caller): Promise<{ tasks: TaskView[]; replayed: boolean }>;
  /**
   * Refuses a task that a machine wrote and that would not stand alone. To be called before its
   * submit. @throws WorkerError unprocessable.
   */
  requireMachineTask(input: ParsedTaskInput): void;
  /**
   * Sentences that say what would have made a machine's prompts better; empty when nothing is
   * missing or the rules are off.
   */
  promptHints(input: ParsedTaskInput): string[];
  /** @throws WorkerError not_found. */
  getTask(id: number): TaskView;
  listTasks(query: ListQuery): TaskPage;
  listAttempts(taskId: number): AttemptView[];
  /** Events of a task after its event number `after`. */
  taskEvents(taskId: number, after: number, limit: number): EventPage;
  /** The newest `limit` events of a task. */
  taskEventsTail(taskId: number, limit: number): EventPage;
  /** Events of all tasks after the global id `after`. */
  allEvents(after: number, limit: number): EventPage;
  /** The newest global id of an event, 0 when there is none. */
  newestEventId(): number;
  /**
   * Calls `wake` (coalesced) whenever the store may hold newer events of the task (or of any task
   * when null). Read from the store then.
   */
  onEvents(taskId: number | null, wake: () => void): Subscription;
  /**
   * Writes the wish down and returns; a running task ends soon after. @throws WorkerError
   * not_found, conflict (already ended).
   */
  cancelTask(id: number, caller: Caller): Promise<CancelView>;
  /**
   * Runs an ended task again from its beginning, in a new session, with these changes.
   * @throws WorkerError not_found, conflict (not ended); and as `submitTask` for what is changed.
   */
  retryTask(id: number, changes: ParsedRetryInput, caller: Caller): Promise<TaskView>;
  /**
   * @param check sees the task in the same transaction, before the change; what it throws undoes
   * the change.
   */
  updateTask(
    id: number,
    change: { name?: string | null; priority?: number; labels?: Record<string, string> },
    caller: Caller,
    check?: (task: TaskView) => void,
  ): Promise<TaskView>;
  /** Terminal tasks only, else `conflict`. Logs go with it. */
  removeTask(id: number, caller: Caller): Promise<void>;
  /** Path of a log file of a task (it may not exist yet). @throws WorkerError not_found. */
  logFile(id: number, kind: "raw" | "summary"): string;
  listTrust(): TrustView;
  addTrust(directory: string, caller: Caller): Promise<TrustView>;
  removeTrust(directory: string, caller: Caller): Promise<TrustView>;
  listHolds(): HoldView[];
  hold(reason: string | null, caller: Caller): Promise<HoldView[]>;
  /** Lifts every hold that a person may lift. */
  resume(caller: Caller): Promise<HoldView[]>;
  /** Who holds this secret; null when nobody does or the token has expired. */
  callerOfToken(secret: string): Caller | null;
  listTokens(): TokenView[];
  /**
   * The secret is in this answer and nowhere else. @throws WorkerError conflict (the name is
   * taken).
   */
  createToken(input: ParsedTokenInput, caller: Caller): Promise<NewTokenView>;
  /** @returns the account that is closed now. @throws WorkerError not_found. */
  removeToken(id: number, caller: Caller): Promise<string>;
  usage(query: UsageQuery): UsageView;
  /** Every setting, without secrets. */
  config(): ConfigView;
  /**
   * Sends one small request through Claude Code with the server's credentials. Takes up to a
   * minute; while it runs, others get its answer.
   */
  probe(): Promise<ProbeView>;
  /** What monitoring wants to know; for everything that `server()` does not tell. */
  statistics(): Statistics;
  /**
   * A checked copy of the database, while it is in use. @throws WorkerError conflict (the file
   * exists), storage_full …
   */
  backup(file: string, caller: Caller): Promise<BackupView>;
  checkDatabase(): Promise<CheckView>;
  /** Deletes old ended tasks with their logs. */
  prune(input: PruneInput, caller: Caller): Promise<PruneView>;
  server(): ServerView;
  /** Begins an orderly stop; the answer is sent before the server goes. */
  stopServer(options: { mode: "leave" | "drain" | "now"; deadline_ms?: number | undefined }, caller: Caller): Promise<void>;
}
