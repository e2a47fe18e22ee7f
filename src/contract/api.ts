/** Every operation that a door may ask for. `operations/` implements it; `http/` and `mcp/` are handed it by the daemon and hold no rules. */
import type { ParsedTaskInput } from "./task-input.ts";
import type { AttemptView, EventPage, EventView, HoldView, ServerView, TaskPage, TaskView, TrustView } from "./views.ts";
import type { TaskStatus } from "../domain/task.ts";

/** Who calls: decided by the door that authenticated the call. */
export interface Caller {
  readonly scope: "read" | "submit" | "admin";
  /** For audit: "socket", "token:<name>", … */
  readonly name: string;
}

export interface ListQuery {
  readonly status?: readonly TaskStatus[] | undefined;
  readonly group?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly text?: string | undefined;
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
  /** `input` was parsed by the door. Durable when it resolves. @throws WorkerError invalid_input, untrusted_directory, forbidden, storage_full, unavailable. */
  submitTask(input: ParsedTaskInput, caller: Caller): Promise<TaskView>;
  /** All or nothing. */
  submitTasks(inputs: readonly ParsedTaskInput[], caller: Caller): Promise<TaskView[]>;
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
  /** Calls `wake` (coalesced) whenever the store may hold newer events of the task (or of any task when null). Read from the store then. */
  onEvents(taskId: number | null, wake: () => void): Subscription;
  /** Writes the wish down and returns; a running task ends soon after. @throws WorkerError not_found, conflict (already ended). */
  cancelTask(id: number, caller: Caller): Promise<TaskView>;
  retryTask(id: number, caller: Caller): Promise<TaskView>;
  updateTask(id: number, change: { name?: string | null; priority?: number; labels?: Record<string, string> }, caller: Caller): Promise<TaskView>;
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
  server(): ServerView;
  /** Begins an orderly stop; the answer is sent before the server goes. */
  stopServer(options: { mode: "leave" | "drain" | "now"; deadline_ms?: number | undefined }, caller: Caller): Promise<void>;
}

export type { EventView };
