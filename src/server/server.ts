/**
 * The server: wires the rooms in order, by name, and takes them down in the opposite order. Nothing
 * else constructs services.
 */
import { existsSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { accountFingerprint } from "../config/account.ts";
import { agentEnvironment } from "../config/agent-env.ts";
import type { LoadedSettings } from "../config/load-settings.ts";
import { runnerSocketPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import type { ServerView } from "../contract/views.ts";
import { WorkerError, messageOf } from "../domain/errors.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { secretsOf } from "../domain/text/secret-values.ts";
import { taskVariables } from "../domain/task/task-variables.ts";
import { createHttp } from "../http/server.ts";
import type { HttpDoor } from "../http/server.ts";
import { liftOverageHolds, listHolds } from "../operations/holds/hold-queue.ts";
import { noteClock } from "../operations/storage/note-clock.ts";
import { pruneTasks } from "../operations/tasks/prune-tasks.ts";
import { removeStrayLogs } from "../operations/tasks/remove-logs.ts";
import { StartRights } from "../operations/rights/start-rights.ts";
import { accountOf } from "../operations/server/show-account.ts";
import { rfc3339 } from "../operations/tasks/task-view.ts";
import { taskToken } from "../operations/tokens/task-token.ts";
import { ClaudeCodeTrust } from "../operations/tasks/working-directory.ts";
import { workerApi } from "../operations/worker-api.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { currentBootId } from "../processes/identity.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";
import { Retention } from "../scheduler/retention.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { takeLock } from "../store/sqlite/file/lock.ts";
import type { Lock } from "../store/sqlite/file/lock.ts";
import { openStore } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { endOrphans } from "../supervisor/orphans.ts";
import { Prober } from "../supervisor/prober.ts";
import { runProbe } from "../supervisor/run-probe.ts";
import { RunnerPool } from "../supervisor/runner-pool.ts";
import { newRunnerId, runnerIdPrefix } from "../supervisor/spawn-runner.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { collectGarbageWhenIdle } from "./collect-garbage.ts";
import { FileKeeper } from "./keep-files.ts";
import { lazyMcp } from "./lazy-mcp.ts";
import type { ServerOptions } from "./options.ts";
import { writeServerInfo } from "./server-info.ts";
import { sharedRun } from "./shared-run.ts";
import { monotonicClock } from "./monotonic-clock.ts";
import { ensureToken, keyFrom } from "./token-file.ts";
import { version } from "./version.ts";
import { takeInRoom } from "./when-writable.ts";

/** A parked runner that nobody connects to leaves after this long. */
const orphanTimeoutMs = 60_000;
const defaultDrainDeadlineMs = 600_000;
const dayMs = 86_400_000;
/** Where nothing is deleted by age, a set clock is remembered for as long as if this were set. */
const defaultKeepDays = 30;
/**
 * Stopped attempts end within this, hanging runners included. On a full disk their ends cannot be
 * written down: the next start finds them in the journals.
 */
const endLimitMs = 20_000;
const probeLimitMs = 60_000;

export interface ServerContext {
  readonly options: ServerOptions;
  readonly settings: Settings;
  readonly origins: LoadedSettings["origins"];
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

export interface RunningServer {
  readonly url: string | null;
  /** Sentences for whoever started it, e.g. that the port was taken. */
  readonly warnings: readonly string[];
  /**
   * Sentences about what is degraded from the start, e.g. a full disk: then it reads only, and
   * works as soon as there is room.
   */
  readonly problems: readonly string[];
  /**
   * Resolves with the exit code when it has stopped, for whatever reason: 1 when it had to leave
   * and a service manager should start it again.
   */
  readonly stopped: Promise<number>;
  /** A stronger mode takes over from a weaker one that still waits; see `strength`. */
  stop(options: StopOptions): Promise<void>;
}

interface StopOptions {
  readonly mode: "leave" | "drain" | "now";
  readonly deadline_ms?: number | undefined;
}

/**
 * Whoever is in more of a hurry is heard: `leave` ends a drain's wait and leaves the runners, `now`
 * interrupts them.
 */
const strength = { drain: 0, leave: 1, now: 2 } as const;

/**
 * Starts the server; when it resolves it answers on its socket.
 * @throws WorkerError server_running, storage_unusable, conflict (port) …; nothing is left running
 * then.
 */
export async function startServer(context: ServerContext): Promise<RunningServer> {
  const { paths } = context;
  prepareDataDirectory(paths);
  const lock = takeLock(paths.serverLock, { pid: process.pid, takeover: context.options.takeover });
  try {
    const token = ensureToken(paths.token);
    const store = openStore({ path: paths.database, onStale: () => abandon(context), readingWhenFull: true });
    return await wire(context, lock, store, token);
  } catch (error) {
    lock.release();
    throw withNextStep(lock.takenFrom === null ? error : namingTheOld(error, lock.takenFrom));
  }
}

/** Nothing gets better by itself where no server runs. */
function withNextStep(error: unknown): unknown {
  if (!(error instanceof WorkerError) || error.code !== "storage_full") return error;
  const what = error.message.replace("; saving then works again by itself.", ".");
  return new WorkerError(error.code, `${what} Then start the server: claude-worker server start (a service starts again by itself).`);
}

/**
 * A server that stopped in the middle of a write keeps the database locked; only its end frees it.
 */
function namingTheOld(error: unknown, pid: number): unknown {
  if (!(error instanceof WorkerError) || error.code !== "storage_unusable") return error;
  return new WorkerError(
    error.code,
    `${error.message} The server that does not answer (process ${pid}) may hold it: kill -9 ${pid}, then start again.`,
  );
}

async function wire(context: ServerContext, lock: Lock, store: Store, token: string): Promise<RunningServer> {
  const { settings, paths, log, env } = context;
  const now = monotonicClock();
  const startedAt = now();
  const agentEnv = agentEnvironment(env, settings.agent_env);
  const account = accountFingerprint(agentEnv, keyFrom(token, "account"));
  const taskTokenKey = keyFrom(token, "tasks");
  const idPrefix = runnerIdPrefix(paths.home);
  const boot = (runnerId: string, prewarm: boolean): RunnerBoot => ({
    runnerId,
    socket: runnerSocketPath(paths, runnerId),
    prewarm,
    orphanTimeoutMs,
    agentEnv: { ...agentEnv, [taskVariables.home]: paths.home, [taskVariables.token]: taskToken(taskTokenKey, runnerId) },
    claudeExecutable: settings.claude_executable,
    compileCache: join(paths.home, "cache"),
    // For tests and measurements only: another agent than Claude Code.
    agent: env["CLAUDE_WORKER_AGENT_MODULE"] ? { module: env["CLAUDE_WORKER_AGENT_MODULE"] } : "claude",
  });
  const pool = new RunnerPool({ warm: settings.warm, idPrefix, logFile: paths.serverLog, log, boot });
  const claudeCodeTrust = new ClaudeCodeTrust(env);
  const rights = new StartRights({ store, settings, claudeCodeTrust });
  const mayStart = (taskId: number): boolean => rights.mayStart(taskId);
  const bootId = await currentBootId();
  const supervisor = new Supervisor({
    store,
    mayStart,
    paths,
    log,
    pool,
    now,
    random: Math.random,
    nodeId: hostname(),
    bootId,
    stopGraceMs: settings.stop_grace_ms,
    stallTimeoutMs: settings.stall_timeout_ms,
    hookTimeoutMs: settings.hook_timeout_ms,
    refusalTries: settings.refusal_limit,
    overage: settings.overage,
    account,
    backgroundGraceMs: settings.background_grace_ms,
    secrets: () => secretsOf([env, { LOCAL_TOKEN: token }]),
  });
  const scheduler = new Scheduler({
    store,
    log,
    now,
    workers: settings.workers,
    agentWorkers: settings.agent_workers,
    account,
    mayStart,
    startTasks: (ids) => supervisor.startTasks(ids),
  });
  const probe = (model: string | null, signal: AbortSignal): Promise<Outcome> =>
    runProbe({ boot: boot(newRunnerId(idPrefix), false), model, logFile: paths.serverLog, signal });
  const prober = new Prober({
    store,
    log,
    now,
    account,
    probe,
    onSignedIn: () => pool.renew(),
  });
  const retention = new Retention({
    keepDays: settings.keep_days,
    log,
    // The earlier of both: a clock that was set forward and back must not make what is young look
    // old.
    now: () => Math.min(now(), Date.now()),
    pauseMs: async () => {
      const reading = { bootId, up: bootClockMs(), at: Date.now() };
      return (await noteClock(store, reading, (settings.keep_days ?? defaultKeepDays) * dayMs)).pauseMs;
    },
    prune: async (before) => (await pruneTasks(store, paths, before)).removed,
    removeStrayLogs: () => removeStrayLogs(store, paths),
  });

  let url: string | null = null;
  let stopping: Promise<void> | null = null;
  const server = (): ServerView => {
    const problems = [...new Set([...store.problems(), ...noRoom, ...keeper.problems()])];
    // A disk that was full is tried again when somebody looks; without a look nobody misses it (a
    // submit tries it anyway).
    if (problems.length > 0) store.probe().catch(() => {});
    return {
      status: stopping !== null ? "stopping" : problems.length > 0 ? "degraded" : "healthy",
      service: "claude-worker",
      version,
      pid: process.pid,
      url,
      socket: paths.serverSocket,
      home: paths.home,
      database: paths.database,
      log_file: paths.serverLog,
      started_at: rfc3339(startedAt),
      epoch: store.epoch,
      workers: { limit: settings.workers, running: store.tasks.counts().running, parked: pool.ready, warm: settings.warm },
      counts: store.tasks.counts(),
      holds: listHolds(store, account(), now()),
      account: accountOf(store, settings, account(), Date.now()),
      problems,
    };
  };

  let exitCode = 0;
  const { promise: stopped, resolve: resolveStopped } = Promise.withResolvers<number>();
  // It answers before all of it runs, so a stop may come in between.
  const { promise: started, resolve: resolveStarted } = Promise.withResolvers<void>();
  let stopMode: StopOptions["mode"] = "drain";
  const overtaken = Promise.withResolvers<void>();
  const stop: RunningServer["stop"] = ({ mode, deadline_ms }) => {
    if (strength[mode] > strength[stopMode]) {
      stopMode = mode;
      overtaken.resolve();
      if (stopping !== null) log.info({ mode }, "stopping sooner");
    }
    stopping ??= started.then(async () => await orderlyStop(deadline_ms ?? defaultDrainDeadlineMs)).then(() => resolveStopped(exitCode));
    return stopping;
  };
  const api = workerApi({
    store,
    settings,
    rights,
    claudeCodeTrust,
    taskTokenKey,
    origins: context.origins,
    paths,
    env,
    now,
    account,
    isStopping: () => stopping !== null,
    server,
    stopRunner: (taskId) => supervisor.stopTask(taskId, "cancelled"),
    probe: sharedRun(() => probe(null, AbortSignal.timeout(probeLimitMs))),
    renewRunners: () => pool.renew(),
    stopServer: async (options) => void stop(options),
  });
  const mcp = lazyMcp({ api, version, key: keyFrom(token, "mcp"), log });
  const http = createHttp({ api, token, log, mcp, allowedHosts: settings.allowed_hosts });

  // By another server: from one that slept (SIGSTOP, a suspended machine), or, of several that take
  // over at once, from the one before.
  const isOvertaken = (): boolean => existsSync(paths.serverLock) && !lock.held();
  const leaveIfOvertaken = (): void => void (isOvertaken() && abandon(context));
  const writeInfo = (): void => writeServerInfo(paths.serverInfo, { pid: process.pid, url, socket: paths.serverSocket, version }, log);
  /**
   * Without its data directory (somebody removed it) it can keep nothing, and without its lock's
   * name another server may start beside it: it must not linger.
   */
  const leaveIfLost = (): boolean => {
    leaveIfOvertaken();
    if (existsSync(paths.serverLock)) return false;
    if (stopping === null) log.fatal("the data directory, or the lock in it, was removed; leaving");
    exitCode = 1;
    void stop({ mode: "now" });
    return true;
  };
  const keeper = new FileKeeper({ paths, store, log, leaveIfLost, writeInfo, listen: () => http.listenSocket(paths.serverSocket) });
  const requireTheLock = (): void => {
    if (isOvertaken()) throw new WorkerError("server_running", "Another server has taken this data directory over. Use that one.");
  };

  const stopWaiting = new AbortController();
  let working: Promise<void> = Promise.resolve();
  /** Why it does not work yet, until it does. */
  let noRoom: readonly string[] = [];
  const metFull = Promise.withResolvers<void>();
  const steps = [
    () => endOrphans({ store, log, idPrefix, runDirectory: paths.run }),
    () => (settings.overage === "allow" ? liftOverageHolds(store) : undefined),
    () => supervisor.start(),
    () => scheduler.start(),
    () => retention.start(),
    () => prober.start(),
  ];
  async function work(): Promise<void> {
    const onFull = ({ message }: WorkerError): void => {
      noRoom = [message];
      metFull.resolve();
    };
    if (!(await takeInRoom(steps, { store, signal: stopWaiting.signal, onFull })) || noRoom.length === 0) return;
    log.info({ epoch: store.epoch }, "there is room on the disk: working");
    noRoom = [];
    writeInfo();
  }

  async function orderlyStop(drainDeadlineMs: number): Promise<void> {
    log.info({ mode: stopMode }, "stopping");
    stopWaiting.abort();
    await working;
    await Promise.all([scheduler.stop(), retention.stop(), prober.stop()]);
    if (stopMode === "drain") await within(Promise.race([supervisor.settled(), overtaken.promise]), drainDeadlineMs);
    leaveIfOvertaken(); // A drain that slept: what runs is the other server's.
    if (stopMode !== "leave" && supervisor.size > 0) {
      const ended = supervisor.stopAll("interrupted").then(() => supervisor.settled());
      await within(ended, settings.stop_grace_ms + endLimitMs);
    }
    leaveIfOvertaken(); // The socket's name may be the other server's.
    keeper.stop(); // What goes now is not to be made again.
    await http.stop();
    await supervisor.stop();
    await store.close();
    rmSync(paths.serverInfo, { force: true });
    lock.release();
    log.info("stopped");
  }

  const warnings: string[] = [];
  requireTheLock(); // Before it takes the socket from whoever took the lock.
  await http.listenSocket(paths.serverSocket);
  url = await listenTcp(http, context, warnings);
  writeInfo();
  const begun = work();
  await Promise.race([begun, metFull.promise]);
  if (noRoom.length > 0) {
    log.error({ problems: noRoom }, "the disk is full: serving for reading only");
    working = begun.catch((error: unknown) => {
      log.fatal({ error: messageOf(error) }, "the server cannot begin to work; leaving");
      exitCode = 1;
      void stop({ mode: "leave" });
    });
  }
  resolveStarted();
  store.onCommit(collectGarbageWhenIdle());
  process.on("SIGCONT", leaveIfLost);
  keeper.start();
  requireTheLock();
  log.info({ url, socket: paths.serverSocket, epoch: store.epoch, version }, "serving");
  return { url, warnings, problems: noRoom, stopped, stop };
}

const bindAllWarning =
  "DANGER: the server listens on every network. Whoever gets the token can run commands as your user, and the connection is not encrypted. Safer: 127.0.0.1 behind a tunnel (ssh -L) or a TLS proxy.";

async function listenTcp(http: HttpDoor, { settings, options, log }: ServerContext, warnings: string[]): Promise<string | null> {
  try {
    const { dangerouslyBindAll } = options;
    const { port } = await http.listenTcp(settings.host, settings.port, { dangerouslyBindAll });
    if (dangerouslyBindAll) warnings.push(bindAllWarning);
    return `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}`;
  } catch (error) {
    if (!(error instanceof WorkerError) || !(options.socketOnlyIfTaken || options.takeover)) {
      await http.stop();
      throw error;
    }
    warnings.push(`${messageOf(error)} The server answers on its unix socket only.`);
    log.warn({ error: messageOf(error) }, "serving the unix socket only");
    return null;
  }
}

/** A newer server took over: this one must not write, and it has nothing to clean. */
function abandon({ log }: ServerContext): void {
  log.fatal("another server took this data directory over; leaving at once");
  process.exit(0);
}

async function within(work: Promise<void>, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(deadlineMs, 2_147_483_647));
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
