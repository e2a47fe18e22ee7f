/** Builds the services of the server. No other file constructs them. */
import { checkRunner } from "./run-check.ts";
import { hostname } from "node:os";
import { Profiles } from "../config/profiles.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Service } from "../domain/services/service.ts";
import { overageOf } from "../domain/task/overage.ts";
import { whenHeldOf } from "../domain/task/profile.ts";
import { redactWith } from "../domain/text/redact-with.ts";
import { sessionEnvironment } from "../config/profile-environment.ts";
import { secretsInSettings } from "../config/secrets-in-settings.ts";
import { secretsOf } from "../domain/text/secret-values.ts";
import { createHttp } from "../http/server.ts";
import { liftOverageHolds } from "../operations/holds/hold-queue.ts";
import { prepareStep } from "../operations/workflows/prepare-step.ts";
import { prepareStart } from "../operations/prompts/prepare-start.ts";
import { StartRights } from "../operations/rights/start-rights.ts";
import { noteClock } from "../operations/storage/note-clock.ts";
import { ghProgram } from "../git/gh.ts";
import { lookAtPullRequest } from "../operations/pull-requests/look-at-pull-request.ts";
import { fireSchedule } from "../operations/schedules/fire-schedule.ts";
import { followClock } from "../operations/schedules/follow-clock.ts";
import { SubmitRate } from "../operations/tasks/submit-rate.ts";
import { linksFor } from "../operations/questions/answer-by-link.ts";
import { AnswerLinks } from "../operations/questions/answer-links.ts";
import { keepSessions } from "../operations/questions/keep-sessions.ts";
import { expireQuestions } from "../operations/questions/expire-questions.ts";
import { GitProgram } from "../git/git-program.ts";
import { emptyTrash } from "../operations/workspaces/empty-trash.ts";
import { keepFiles } from "../operations/workspaces/keep-files.ts";
import { sweepScratch } from "../operations/workspaces/sweep-scratch.ts";
import { WorkspaceGate } from "../operations/workspaces/workspace-gate.ts";
import { processesInside } from "../processes/processes-inside.ts";
import { pruneTasks } from "../operations/tasks/prune-tasks.ts";
import { removeStrayLogs } from "../operations/tasks/remove-logs.ts";
import { ClaudeCodeTrust } from "../operations/tasks/working-directory.ts";
import { workerApi } from "../operations/worker-api.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { freeDiskMb, readMachine } from "../processes/machine-state.ts";
import { currentBootId } from "../processes/identity.ts";
import { PullRequestWatcher } from "../scheduler/pull-request-watcher.ts";
import { ScheduleClock } from "../scheduler/schedule-clock.ts";
import { QuestionDeadlines } from "../scheduler/question-deadlines.ts";
import { SessionKeeper } from "../scheduler/session-keeper.ts";
import { Retention } from "../scheduler/retention.ts";
import { FanOutGate } from "../scheduler/fan-out-gate.ts";
import { ResourceGate } from "../scheduler/resource-gate.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { endOrphans } from "../supervisor/orphans.ts";
import { hostProblem } from "../notifications/address.ts";
import { LimitsWatch } from "../supervisor/limits-watch.ts";
import { Prober } from "../supervisor/prober.ts";
import { settleReserve } from "../supervisor/keep-reserve.ts";
import { runProbe, runUsage } from "../supervisor/run-probe.ts";
import { RunnerPool } from "../supervisor/runner-pool.ts";
import { newRunnerId, runnerIdPrefix } from "../supervisor/spawn-runner.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { AskedProbe } from "./asked-probe.ts";
import type { NotifierOptions } from "../notifications/notifier.ts";
import { BackgroundWork } from "./background-work.ts";
import { channelServices } from "./channel-services.ts";
import type { ChannelServices } from "./channel-services.ts";
import { collectGarbageWhenIdle } from "./collect-garbage.ts";
import { HttpService } from "./http-service.ts";
import { FileKeeper } from "./keep-files.ts";
import { LazyMcp } from "./lazy-mcp.ts";
import { LockWatch } from "./lock-watch.ts";
import { monotonicClock } from "./monotonic-clock.ts";
import { runnerBoot } from "./runner-boot.ts";
import type { ServerBase } from "./server-context.ts";
import { writeServerInfo } from "./server-info.ts";
import { serverView } from "./server-view.ts";
import type { Shutdown } from "./shutdown.ts";
import { keyFrom } from "./token-file.ts";
import { version } from "./version.ts";
import { webDirectory } from "./web-directory.ts";

const dayMs = 86_400_000;
/** A chat has this long to say what was answered while no server ran. */
const catchUpMs = 15_000;
/** What was spent is counted by month at most. */
const spendingKeptMs = 62 * dayMs;
/** How long a clock that was set is remembered when `keep_days` is not set. */
const defaultKeepDays = 30;

/** All background services of the server. */
export interface Services extends ChannelServices {
  readonly lockWatch: LockWatch;
  readonly mcp: LazyMcp;
  readonly http: HttpService;
  readonly keeper: FileKeeper;
  readonly pool: RunnerPool;
  readonly supervisor: Supervisor;
  readonly scheduler: Scheduler;
  readonly questionDeadlines: QuestionDeadlines;
  readonly sessionKeeper: SessionKeeper;
  readonly retention: Retention;
  readonly pullRequestWatcher: PullRequestWatcher;
  readonly scheduleClock: ScheduleClock;
  readonly prober: Prober;
  readonly limitsWatch: LimitsWatch;
  readonly askedProbe: AskedProbe;
  /** Starts and stops the services that work on tasks. */
  readonly work: BackgroundWork;
  readonly garbage: Service;
  /** Writes `server.json` with the server's present address. */
  writeInfo(): void;
}

export async function buildServices(base: ServerBase, shutdown: Shutdown): Promise<Services> {
  const { context, lock, store, token } = base;
  const { settings, paths, log, env } = context;
  const now = monotonicClock();
  const startedAt = now();
  const profiles = new Profiles({ env, settings }, keyFrom(token, "account"));
  const account = (profile: string): string | null => profiles.account(profile);
  const whenHeld = (profile: string): string | null => whenHeldOf(settings.profiles, profile);
  const accounts = { account, profiles: profiles.names, whenHeld };
  const taskTokenKey = keyFrom(token, "tasks");
  const { public_url: publicUrl, link_lifetime_ms: lifetimeMs } = settings;
  const links = publicUrl === null ? null : new AnswerLinks({ key: keyFrom(token, "links"), publicUrl, lifetimeMs });
  const overage = overageOf(settings.overage);
  const idPrefix = runnerIdPrefix(paths.home);
  const logFile = paths.serverLog;
  const boot = runnerBoot({ context, environment: (profile) => profiles.environment(profile), taskTokenKey });
  const claudeCodeTrust = new ClaudeCodeTrust(env);
  const rights = new StartRights({ store, settings, claudeCodeTrust });
  const mayStart = (taskId: number): boolean => rights.mayStart(taskId);
  const bootId = await currentBootId();

  const pool = new RunnerPool({ warm: settings.warm, idPrefix, logFile, log, boot });
  const supervisor = new Supervisor({
    store,
    mayStart,
    prepareStart: (taskIds) =>
      prepareStart(
        { store, now, profileProblem: (profile) => profiles.problem(profile), prepareStep: (step) => prepareStep(lookContext, step) },
        taskIds,
      ),
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
    overage: overage.policy,
    capUsd: overage.capUsd,
    reserve: settings.reserve,
    account,
    whenHeld,
    backgroundGraceMs: settings.background_grace_ms,
    verifyTimeoutMs: settings.verify_timeout_ms,
    setupTimeoutMs: settings.setup_timeout_ms,
    keepFiles: (taskId, attemptId, wasSeen) => keepFiles(files, taskId, attemptId, wasSeen),
    secrets: (task) => [
      ...secretsOf([env, ...profiles.environments(), { LOCAL_TOKEN: token }]),
      ...(task === undefined ? [] : secretsInSettings(task, profiles.usableEnvironment(task.profile))),
    ],
    parkAfterMs: settings.park_after_ms,
    keptRunners: settings.workers,
    onGone: () => scheduler.wake(),
  });
  const resources = new ResourceGate({
    store,
    home: paths.home,
    floors: {
      minFreeMemoryMb: settings.min_free_memory_mb,
      minFreeDiskMb: settings.min_free_disk_mb,
      maxLoadPerCpu: settings.max_load_per_cpu,
    },
    readMachine: () => readMachine(),
    freeDiskMb,
    now,
  });
  const { fan_out_stagger_ms: staggerMs } = settings;
  const fanOut = staggerMs === 0 ? null : new FanOutGate({ store, staggerMs, now });
  const scheduler = new Scheduler({
    store,
    resources,
    ...(fanOut === null ? {} : { fanOut }),
    log,
    now,
    workers: settings.workers,
    agentWorkers: settings.agent_workers,
    ...accounts,
    mayStart,
    startTasks: (ids) => supervisor.startTasks(ids),
    slotsOfWaiting: () => supervisor.slotsOfWaiting(),
    settleReserve: async (moment) => {
      for (const fingerprint of new Set(profiles.names.map(account)))
        if (fingerprint !== null) await settleReserve(store, fingerprint, { setting: settings.reserve, now: moment, wall: Date.now() });
    },
    letThroughAt: (fingerprint) => limitsWatch.letThroughAt(fingerprint),
  });
  const probe = async (model: string | null, signal: AbortSignal, profile: string): Promise<Outcome> =>
    await runProbe({ boot: boot(newRunnerId(idPrefix), false, profile), model, logFile, signal });
  const askedProbe = new AskedProbe((signal, profile) => probe(null, signal, profile));
  const prober = new Prober({ store, log, now, ...accounts, probe, onSignedIn: () => pool.renew() });
  const limitsWatch = new LimitsWatch({
    store,
    log,
    now,
    ...accounts,
    reserve: settings.reserve,
    capUsd: overage.capUsd,
    usage: async (signal, profile) => await runUsage({ boot: boot(newRunnerId(idPrefix), false, profile), logFile, signal }),
  });
  const local = { LOCAL_TOKEN: token };
  const redact = redactWith(() => [env, local, ...profiles.environments()]);
  const linksOf: NotifierOptions["links"] = (question, channel) => (links === null ? null : linksFor(links, question, channel, now()));
  const channels = channelServices({ store, settings, claudeCodeTrust, log, env, now, redact, links: linksOf });
  const files = { store, paths, git: new GitProgram(env), gate: new WorkspaceGate(), now, processesIn: processesInside };
  const checks = checkRunner(redact);
  const retention = new Retention({
    keepDays: settings.keep_days,
    log,
    // The earlier of both clocks: a clock that was set forward and back must not make young tasks
    // look old.
    now: () => Math.min(now(), Date.now()),
    pauseMs: async () => {
      const reading = { bootId, up: bootClockMs(), at: Date.now() };
      return (await noteClock(store, reading, (settings.keep_days ?? defaultKeepDays) * dayMs)).pauseMs;
    },
    prune: async (before) => (await pruneTasks(files, before)).removed,
    emptyTrash: async () => {
      await sweepScratch(files, checks);
      await store.write(() => store.budgets.forget(now() - spendingKeptMs));
      return await emptyTrash(files, Math.min(now(), Date.now()));
    },
    removeStrayLogs: () => removeStrayLogs(store, paths),
  });

  const garbage = collectGarbageWhenIdle(store);
  const sessionKeeper = new SessionKeeper({
    log,
    keep: () => {
      const { tasks, kept } = keepSessions(store, (profile) => sessionEnvironment({ env, settings }, profile), Date.now());
      garbage.worked(tasks);
      return kept;
    },
  });
  const questionDeadlines = new QuestionDeadlines({
    store,
    log,
    now,
    answersRead: () => channels.answerListener.caughtUp(catchUpMs),
    expire: (moment) => expireQuestions(store, moment),
  });

  const gh = ghProgram(env);
  const lookContext = {
    ...files,
    settings,
    claudeCodeTrust,
    env,
    gh,
    rate: new SubmitRate(settings.submits_per_minute),
    agentRate: new SubmitRate(settings.agent_submits_per_minute, "agent_submits_per_minute"),
  };
  const pullRequestWatcher = new PullRequestWatcher({
    store,
    log,
    now,
    look: (taskId, signal) => lookAtPullRequest(lookContext, taskId, signal),
  });
  const scheduleClock = new ScheduleClock({
    store,
    log,
    wall: Date.now,
    followClock: (moment) => followClock(store, moment),
    fire: (id, turn) => fireSchedule({ ...lookContext, wall: Date.now }, id, turn),
  });

  const view = () =>
    serverView({
      base,
      startedAt,
      now,
      accounts,
      profiles,
      url: () => http.url,
      parked: () => pool.ready,
      problems: () => [...work.problems(), ...keeper.problems()],
      isStopping: () => shutdown.isStopping,
    });
  const api = workerApi({
    store,
    settings,
    rights,
    claudeCodeTrust,
    taskTokenKey,
    sessionKey: keyFrom(token, "browser sessions"),
    links,
    origins: context.origins,
    paths,
    env,
    now,
    ...accounts,
    isStopping: () => shutdown.isStopping,
    server: view,
    shortOf: (taskId) => fanOut?.blockOf(taskId) ?? resources.blockOf(taskId),
    resources: async () => {
      const { freeMemoryMb: memory, loadPerCpu: load, freeDiskMb: disk, shortOf } = await resources.look();
      return { free_memory_mb: memory, load_per_cpu: load, free_disk_mb: disk, short_of: shortOf };
    },
    slotsOfWaiting: () => {
      const { leaving, staying } = supervisor.slotsOfWaiting();
      return leaving + staying;
    },
    stopRunner: (taskId) => supervisor.stopTask(taskId, "cancelled"),
    unsend: (taskId, key, by) => supervisor.unsend(taskId, key, by),
    probe: (profile) => askedProbe.run(profile),
    renewRunners: () => pool.renew(),
    files,
    checks,
    gh,
    watchesChanged: () => pullRequestWatcher.wake(),
    wall: Date.now,
    schedulesChanged: () => scheduleClock.wake(),
    hostProblem,
    answersProblem: (channel) => channels.answerListener.problemOf(channel),
    stopServer: async (options) => void shutdown.stop(options),
  });
  const mcp = new LazyMcp({ api, version, key: keyFrom(token, "mcp"), log });
  const http = new HttpService(
    context,
    createHttp({ api, token, log, mcp, allowedHosts: settings.allowed_hosts, publicUrl, webDirectory: webDirectory() }),
  );

  const writeInfo = (): void =>
    writeServerInfo(paths.serverInfo, { pid: process.pid, url: http.url, socket: paths.serverSocket, version }, log);
  const lockWatch = new LockWatch({
    paths,
    lock,
    log,
    onLost: () => {
      if (!shutdown.isStopping) log.fatal("the data directory, or the lock in it, was removed; leaving");
      shutdown.fail("now");
    },
  });
  const keeper = new FileKeeper({
    paths,
    store,
    log,
    leaveIfLost: () => lockWatch.leaveIfLost(),
    writeInfo,
    listen: () => http.reopenSocket(),
  });
  const work = new BackgroundWork({
    store,
    log,
    before: [
      () => endOrphans({ store, log, idPrefix, runDirectory: paths.run }),
      () => (overage.policy === "allow" ? liftOverageHolds(store) : undefined),
    ],
    supervisor,
    takers: [scheduler, questionDeadlines, sessionKeeper, retention, prober, limitsWatch, pullRequestWatcher, scheduleClock],
    onLateStart: writeInfo,
    onError: () => shutdown.fail("leave"),
  });
  return {
    lockWatch,
    mcp,
    http,
    keeper,
    pool,
    supervisor,
    scheduler,
    questionDeadlines,
    sessionKeeper,
    retention,
    pullRequestWatcher,
    scheduleClock,
    prober,
    limitsWatch,
    askedProbe,
    ...channels,
    work,
    garbage,
    writeInfo,
  };
}
