/** Assembles the operations into the one interface that doors are handed. */
import type { LoadedSettings } from "../config/load-settings.ts";
import { rawLogPath, summaryLogPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import type { Subscription, WorkerApi } from "../contract/api.ts";
import type { Caller } from "../contract/caller.ts";
import type { EventPage, ServerView, TaskView } from "../contract/views.ts";
import type { TaskEvent } from "../domain/events/event.ts";
import { WorkerError } from "../domain/errors.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { lastTryText } from "../domain/attempt/refusal.ts";
import type { Task } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";
import { callerOfToken, createToken, listTokens, removeToken } from "./tokens/access-tokens.ts";
import { cancelAnyway } from "./tasks/cancel-task.ts";
import { isAgent, requireAgentPriority, requireOwn } from "./rights/guard-agent.ts";
import { holdQueue, listHolds, resumeQueue } from "./holds/hold-queue.ts";
import { listTasks } from "./tasks/list-tasks.ts";
import { backupDatabase, checkDatabase, pruneOldTasks } from "./storage/maintain-storage.ts";
import { removeTask } from "./tasks/remove-task.ts";
import { requireTask } from "./tasks/require-task.ts";
import { retryTask } from "./tasks/retry-task.ts";
import { accountOf } from "./server/show-account.ts";
import { configOf } from "./server/show-config.ts";
import { statisticsOf, usageOf } from "./server/show-usage.ts";
import type { StartRights } from "./rights/start-rights.ts";
import { promptHints } from "../domain/agents/prompt-quality.ts";
import { requireMachineTask } from "./tasks/submit-machine-task.ts";
import { promptRulesOf } from "./rights/prompt-rules.ts";
import { submitTasksOnce } from "./tasks/submit-once.ts";
import { SubmitRate } from "./tasks/submit-rate.ts";
import { submitTasks } from "./tasks/submit-task.ts";
import { submitWarnings } from "./tasks/submit-warnings.ts";
import { callerOfTaskToken } from "./tokens/task-token.ts";
import { attemptView, eventView, taskSummaryView, taskView } from "./tasks/task-view.ts";
import type { WaitingContext } from "./tasks/task-view.ts";
import { addTrust, removeTrust, trustView } from "./trust/trust-directory.ts";
import type { ClaudeCodeTrust } from "./tasks/working-directory.ts";

export interface ApiContext {
  readonly store: Store;
  readonly settings: Settings;
  /** Where each setting came from. */
  readonly origins: LoadedSettings["origins"];
  readonly paths: Paths;
  /** What tokens of tasks are made with. */
  readonly taskTokenKey: string;
  /** Shared with the scheduler, so that views and starts judge alike. */
  readonly rights: StartRights;
  readonly claudeCodeTrust: ClaudeCodeTrust;
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
  /** Fingerprint of the account that tasks run with now. */
  account(): string;
  /**
   * Whether an orderly stop has begun: new tasks are refused then, everything else still answers.
   */
  readonly isStopping?: () => boolean;
  /** What only the server knows of itself. */
  server(): ServerView;
  /**
   * Tells the runner of a running task to stop it as cancelled; resolves with whether it was told.
   */
  stopRunner(taskId: number): Promise<boolean>;
  /** One small request with the server's credentials. */
  probe(): Promise<Outcome>;
  /** Replaces the runners that wait parked with what they were started with. */
  renewRunners(): void;
  stopServer(options: { mode: "leave" | "drain" | "now"; deadline_ms?: number | undefined }): Promise<void>;
}

export function workerApi(context: ApiContext): WorkerApi {
  const { store, settings, paths, now, rights, claudeCodeTrust } = context;
  const submitContext = {
    store,
    settings,
    claudeCodeTrust,
    env: context.env,
    rate: new SubmitRate(settings.submits_per_minute),
    agentRate: new SubmitRate(settings.agent_submits_per_minute, "agent_submits_per_minute"),
    now,
  };
  const batchContext = { ...submitContext, isBatch: true };
  const promptRules = promptRulesOf(settings);
  const view = (task: Task): TaskView => taskView(task, waitingContext(context, now()), paths);
  const viewWithWarnings = (task: Task): TaskView => {
    const warnings = submitWarnings(context, task);
    return { ...view(task), ...(warnings.length === 0 ? {} : { warnings }) };
  };
  return {
    async submitTask(input, caller) {
      requireOpen(context);
      return viewWithWarnings(only(await submitTasks(submitContext, [input], caller)));
    },
    async submitTasks(inputs, caller) {
      requireOpen(context);
      return (await submitTasks(batchContext, inputs, caller)).map(viewWithWarnings);
    },
    async submitTaskOnce(input, key, caller) {
      requireOpen(context);
      const { tasks, replayed } = await submitTasksOnce(submitContext, [input], key, caller);
      return { task: viewWithWarnings(only(tasks)), replayed };
    },
    async submitTasksOnce(inputs, key, caller) {
      requireOpen(context);
      const { tasks, replayed } = await submitTasksOnce(batchContext, inputs, key, caller);
      return { tasks: tasks.map(viewWithWarnings), replayed };
    },
    promptHints: (input) => promptHints(input, promptRules),
    requireMachineTask: (input) => requireMachineTask(submitContext, input, promptRules),
    getTask: (id) => view(requireTask(store, id)),
    listTasks(query) {
      const { rows, nextCursor } = listTasks(store, query);
      const waiting = waitingContext(context, now());
      return { tasks: rows.map((row) => taskSummaryView(row, waiting)), next_cursor: nextCursor };
    },
    listAttempts: (taskId) => store.attempts.ofTask(requireTask(store, taskId).id).map(attemptView),
    taskEvents: (taskId, after, limit) => eventPage(store.events.ofTask(taskId, after, limit), after, "seq"),
    taskEventsTail: (taskId, limit) => eventPage(store.events.tail(requireTask(store, taskId).id, limit), 0, "seq"),
    allEvents: (after, limit) => eventPage(store.events.all(after, limit), after, "id"),
    newestEventId: () => store.events.lastId(),
    onEvents: (taskId, wake) => subscription(store, taskId, wake),
    async cancelTask(id, caller) {
      const { task, warning } = await cancelAnyway(store, id, { caller, now: now(), stopRunner: context.stopRunner });
      return { ...view(task), ...(warning === undefined ? {} : { warning }) };
    },
    retryTask: async (id, changes, caller) => viewWithWarnings(await retryTask(submitContext, id, changes, caller)),
    async updateTask(id, change, caller, check) {
      const updated = await store.write(() => {
        const task = requireTask(store, id);
        requireOwn(store, task, caller);
        if (change.priority !== undefined && isAgent(caller)) requireAgentPriority({ store, settings }, task, change.priority);
        check?.(view(task));
        return store.tasks.patch(id, now(), change);
      });
      return view(updated ?? requireTask(store, id));
    },
    removeTask: (id, caller) => removeTask(store, paths, id, caller),
    logFile: (id, kind) => (requireTask(store, id), kind === "raw" ? rawLogPath(paths, id) : summaryLogPath(paths, id)),
    listTrust: () => trustView(store, claudeCodeTrust),
    async addTrust(directory) {
      await addTrust(store, directory, { now: now(), rights });
      return trustView(store, claudeCodeTrust);
    },
    async removeTrust(directory) {
      await removeTrust(store, directory);
      return trustView(store, claudeCodeTrust);
    },
    listHolds: () => listHolds(store, context.account(), now()),
    async hold(reason: string | null, _caller: Caller) {
      await holdQueue(store, reason, now());
      return listHolds(store, context.account(), now());
    },
    async resume() {
      // Before the first task starts: what was mended (a sign-in) must count for it.
      context.renewRunners();
      await resumeQueue(store, now());
      return listHolds(store, context.account(), now());
    },
    callerOfToken: (secret) => callerOfTaskToken(store, context.taskTokenKey, secret) ?? callerOfToken(store, secret, now()),
    listTokens: () => listTokens(store),
    createToken: (input) => createToken(store, input, now()),
    removeToken: (id) => removeToken(store, id),
    usage: (query) => usageOf(store, query, accountOf(store, settings, context.account(), Date.now())),
    async probe() {
      const { kind, message } = await context.probe();
      return { works: kind === "succeeded", outcome: kind, message };
    },
    config: () => configOf({ settings, origins: context.origins }, { file: paths.config, env: context.env }),
    statistics: () => statisticsOf(store),
    backup: (file) => backupDatabase(store, file),
    checkDatabase: () => checkDatabase(store),
    prune: (input) => pruneOldTasks(store, paths, input, now()),
    server: context.server,
    stopServer: context.stopServer,
  };
}

/** @throws WorkerError unavailable. */
function requireOpen({ isStopping }: ApiContext): void {
  if (isStopping?.() !== true) return;
  throw new WorkerError("unavailable", "The server is stopping and takes no more tasks. Submit again when it is up.", [], {
    retryAfterMs: 5000,
  });
}

function only(tasks: readonly Task[]): Task {
  const [task] = tasks;
  if (task === undefined) throw new WorkerError("internal", "A submitted task is missing.");
  return task;
}

/** What a pending task's reason depends on, read once per request. */
function waitingContext({ store, settings, account, rights }: ApiContext, now: number): WaitingContext {
  return {
    account: account(),
    runningTotal: store.tasks.counts().running,
    runningByGroup: {},
    limits: { total: settings.workers, groups: {} },
    holds: store.holds.active(),
    now,
    lastTry(taskId) {
      const outcome = store.attempts.lastOutcome(taskId);
      return outcome === null ? null : lastTryText(outcome);
    },
    rightsRefusal: (task) => rights.whyNot(task),
    startOf: (attemptId) => store.attempts.get(attemptId)?.startedAt ?? null,
    agentLimit(taskId) {
      const most = settings.agent_workers;
      if (most === null || store.agentTasks.withinLimit([taskId], most).length > 0) return null;
      return `${most} of ${most} tasks of its client are running.`;
    },
  };
}

function eventPage(events: readonly TaskEvent[], after: number, cursor: "seq" | "id"): EventPage {
  return { events: events.map(eventView), next_after: events.at(-1)?.[cursor] ?? after };
}

function subscription(store: Store, taskId: number | null, wake: () => void): Subscription {
  const close = store.onCommit(({ taskIds }) => {
    if (taskId === null || taskIds.has(taskId)) wake();
  });
  return { close };
}
