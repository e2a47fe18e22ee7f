/**
 * A WorkerApi in memory for tests of doors. Keeps what its methods are given, starts nothing, and
 * lets a test decide what happens next.
 */
import type { ListQuery } from "../src/contract/operations/tasks.ts";
import type { ApiOperations } from "../src/contract/api.ts";
import type { Caller } from "../src/contract/caller.ts";
import { operations } from "../src/contract/operations/index.ts";
import type { EventView, HoldView, ServerView, TaskView, TokenView } from "../src/contract/views.ts";
import { WorkerError } from "../src/domain/errors.ts";
import { promptHints } from "../src/domain/agents/prompt-quality.ts";
import { isTerminal } from "../src/domain/task/task.ts";
import type { TaskStatus } from "../src/domain/task/task.ts";
import { plainView } from "./plain-task.ts";
import { event } from "./events.ts";
import type { EventType } from "../src/domain/events/event.ts";
import { localTask } from "./local-task.ts";
import type { LocalApi, LocalTask } from "./local-task.ts";
import type { TaskRef } from "../src/domain/task/task-ref.ts";

export interface FakeApi extends LocalApi {
  /** Adds an event to a task, as an attempt would. */
  tell(taskId: TaskRef, type: EventType, data?: object): EventView;
  /** Brings a task to its end, with the event that says so. */
  finish(taskId: TaskRef, status?: "completed" | "failed"): void;
  /** Every call that changes something: name and caller. */
  readonly calls: { readonly verb: string; readonly caller: Caller }[];
  /** What the next submit throws. */
  failNextSubmit: Error | null;
  /** How many subscriptions are open. */
  readonly subscriptions: number;
  /** How often events were read. */
  reads: number;
}

/** @param logDirectory where `logFile` points. */
export function fakeApi(logDirectory = "/nonexistent"): FakeApi {
  const tasks = new Map<TaskRef, LocalTask>();
  const events: EventView[] = [];
  const listeners = new Set<(taskId: TaskRef) => void>();
  const holds: HoldView[] = [];
  const trusted = new Set<string>();
  const tokens: TokenView[] = [];
  const now = (): string => new Date().toISOString();
  const get = (id: TaskRef): LocalTask => {
    const task = tasks.get(id);
    if (task === undefined) throw new WorkerError("not_found", `There is no task ${id}. See: claude-worker list`);
    return task;
  };
  const change = (id: TaskRef, part: Partial<TaskView>): LocalTask => {
    const task = localTask({ ...get(id), ...part, updated_at: now() });
    tasks.set(id, task);
    return task;
  };
  const wake = (id: TaskRef): void => {
    for (const listener of listeners) listener(id);
  };
  const pageOf = (found: EventView[], after: number, key: "id" | "seq") => ({ events: found, next_after: found.at(-1)?.[key] ?? after });
  const ofTask = (id: TaskRef): EventView[] => events.filter((event) => event.task_id === id);
  const trust = () => ({ directories: [...trusted].map((path) => ({ path, since: now(), by: "claude-worker" as const })) });
  const counts = (): Record<TaskStatus, number> => {
    const all = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
    for (const task of tasks.values()) all[task.status]++;
    return all;
  };

  const api: FakeApi = {
    ...notFaked(),
    calls: [],
    failNextSubmit: null,
    reads: 0,
    get subscriptions() {
      return listeners.size;
    },
    tell(taskId, type, data = {}) {
      const seq = get(taskId).last_event + 1;
      const told: EventView = {
        id: events.length + 1,
        task_id: taskId,
        seq,
        attempt_id: null,
        at: now(),
        summary: [],
        ...event(type, data),
      };
      events.push(told);
      change(taskId, { last_event: seq });
      wake(taskId);
      return told;
    },
    finish(taskId, status = "completed") {
      change(taskId, { status, ended_at: now(), result: "done" });
      api.tell(taskId, "ended", { status });
    },
    async submitTask(input, caller) {
      const [task] = (await api.submitTasks({ tasks: [input] }, caller)).tasks;
      if (task === undefined) throw new Error("no task");
      return task;
    },
    submitTaskOnce: async (input, _key, caller) => ({ task: await api.submitTask(input, caller), replayed: false }),
    submitTasksOnce: async (input, _key, caller) => ({ ...(await api.submitTasks(input, caller)), replayed: false }),
    requireMachineTask: async () => {},
    promptHints: async (input) => promptHints(input),
    async submitTasks({ tasks: inputs }, caller) {
      api.calls.push({ verb: "submit", caller });
      const failure = api.failNextSubmit;
      api.failNextSubmit = null;
      if (failure !== null) throw failure;
      const submitted = inputs.map((input) => {
        const task = localTask(plainView(tasks.size + 1, input, now()));
        tasks.set(task.id, task);
        api.tell(task.id, "submitted");
        return get(task.id);
      });
      return { tasks: submitted };
    },
    getTask: async ({ id }) => get(id),
    async listTasks(query = {}) {
      const found = [...tasks.values()].filter((task) => fits(task, query));
      if (query.order !== "oldest") found.reverse();
      const after = query.cursor === undefined ? 0 : Number(query.cursor);
      const limit = query.limit ?? 50;
      const page = found.slice(after, after + limit);
      return { tasks: page, next_cursor: found.length > after + limit ? String(after + limit) : null };
    },
    listAttempts: async ({ id }) => (get(id), { attempts: [] }),
    async taskEvents({ id, after = 0, limit = 100, tail }) {
      api.reads++;
      get(id);
      if (tail !== undefined) return pageOf(tail === 0 ? [] : ofTask(id).slice(-tail), get(id).last_event, "seq");
      return pageOf(
        ofTask(id)
          .filter((event) => event.seq > after)
          .slice(0, limit),
        after,
        "seq",
      );
    },
    async allEvents({ after = 0, limit = 100, tail } = {}) {
      api.reads++;
      const from = tail === undefined ? after : Math.max(0, events.length - tail);
      return pageOf(events.slice(from, from + (tail ?? limit)), from, "id");
    },
    onEvents(taskId, onWake) {
      const listener = (id: TaskRef): void => {
        if (taskId === null || taskId === id) onWake();
      };
      listeners.add(listener);
      return { close: () => listeners.delete(listener) };
    },
    async cancelTask({ id }, caller) {
      api.calls.push({ verb: "cancel", caller });
      if (isTerminal(get(id).status)) throw new WorkerError("conflict", `Task ${id} has ended already.`);
      change(id, { cancel_requested: true, status: "cancelled", ended_at: now() });
      api.tell(id, "ended", { status: "cancelled" });
      return get(id);
    },
    async retryTask({ id, ...changes }, caller) {
      api.calls.push({ verb: "retry", caller });
      if (!isTerminal(get(id).status)) throw new WorkerError("conflict", `Task ${id} has not ended yet.`);
      change(id, { status: "pending", ended_at: null, result: null, ...(changes as unknown as Partial<TaskView>) });
      api.tell(id, "retried");
      return get(id);
    },
    async updateTask({ id, ...part }, caller, check) {
      check?.(get(id));
      api.calls.push({ verb: "update", caller });
      return change(id, part as Partial<TaskView>);
    },
    async removeTask({ id }, caller) {
      api.calls.push({ verb: "remove", caller });
      if (!isTerminal(get(id).status)) throw new WorkerError("conflict", `Task ${id} has not ended. Cancel it first.`);
      tasks.delete(id);
      wake(id);
    },
    logFile: async (id, kind) => (get(id), `${logDirectory}/task_${id}_${kind}.log`),
    listTrust: async () => trust(),
    async addTrust({ directory }) {
      trusted.add(directory);
      return trust();
    },
    async removeTrust({ directory }) {
      trusted.delete(directory);
      return trust();
    },
    listHolds: async () => ({ holds: [...holds] }),
    async hold({ reason }) {
      holds.push({ kind: "manual", message: reason ?? "paused", since: now(), until: null, tasks_waiting: counts().pending });
      return { holds: [...holds] };
    },
    async resume() {
      holds.length = 0;
      return { holds: [] };
    },
    // What needs a store is tested with one (testing/real-api.ts).
    callerOfToken: async () => null,
    listTokens: async () => ({ tokens: [...tokens] }),
    async createToken({ name, scope, expires_at = null }) {
      const token: TokenView = { id: tokens.length + 1, name, scope, hint: "cw_fake", created_at: now(), expires_at, last_used_at: null };
      tokens.push(token);
      return { ...token, token: "cw_fake-secret" };
    },
    async removeToken({ id }) {
      tokens.splice(
        tokens.findIndex((token) => token.id === id),
        1,
      );
    },
    usage: async ({ by }) => ({ by, usage: [{ key: "2026-11-22", ...usage }], total: usage, account }),
    probeServer: async () => ({ works: true, outcome: "succeeded", message: "It answered." }),
    config: async () => ({ file: "", settings: [], environment: { path: "", credentials: "ANTHROPIC_API_KEY is set" } }),
    statistics: async () => ({ waits: noHistogram, attempts: noHistogram, outcomes: [], events: events.length, usage: [] }),
    backup: async ({ file }) => ({ file, bytes: 0 }),
    checkDatabase: async () => ({ sound: true, faults: [] }),
    prune: async ({ dry_run }) => ({ tasks: 0, dry_run }),
    server: async () => plainServer({ counts: counts(), holds: [...holds] }),
    async stopServer(_options, caller) {
      api.calls.push({ verb: "stop", caller });
      return await api.server();
    },
  };
  return api;
}

/** Refuses every operation of the contract: a test of a door implements what it asks. */
function notFaked(): ApiOperations {
  const refusals = Object.keys(operations).map((name) => [name, () => Promise.reject(new Error(`the fake API has no ${name}`))]);
  return Object.fromEntries(refusals) as ApiOperations;
}

/** A healthy server without clients, with these parts. */
function plainServer(parts: Partial<ServerView> & Pick<ServerView, "counts">): ServerView {
  return {
    status: "healthy",
    service: "claude-worker",
    version: "0.0.0-test",
    pid: process.pid,
    url: null,
    socket: "",
    home: "",
    database: "",
    log_file: "",
    started_at: new Date(startedAt).toISOString(),
    epoch: 1,
    workers: { limit: 4, running: 0, parked: 0, warm: 0 },
    holds: [],
    account,
    problems: [],
    ...parts,
  };
}

const startedAt = Date.now();
const account = {
  fingerprint: "0123456789ab",
  reported_at: null,
  windows: {},
  overage: { setting: "forbid" as const, enabled: null, in_use: null, disabled_reason: null },
};

const usage = {
  results: 1,
  input_tokens: 20,
  output_tokens: 300,
  cache_read_input_tokens: 4000,
  cache_creation_input_tokens: 50,
  cost_usd: 0.125,
};
const noHistogram = { rows: [{ upto_ms: null, count: 0 }], sum_ms: 0 };

function fits(task: TaskView, query: ListQuery): boolean {
  if (query.status !== undefined && !query.status.includes(task.status)) return false;
  if (query.group !== undefined && task.group !== query.group) return false;
  if (query.attention !== undefined && task.attention.length > 0 !== query.attention) return false;
  if (query.text !== undefined && !`${task.name ?? ""} ${task.title}`.includes(query.text)) return false;
  if (query.name !== undefined && task.name?.startsWith(query.name) !== true) return false;
  return (query.label ?? []).every((pair) => Object.entries(task.labels).some(([key, value]) => pair === `${key}=${value}`));
}
