/**
 * Owns every running attempt of this server: claims tasks for runners, adopts attempts of an
 * earlier server, forwards stops.
 */
import { runnerSocketPath } from "../config/paths.ts";
import { messageOf, WorkerError } from "../domain/errors.ts";
import { stopsRunning } from "../domain/order/hold.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import type { StoredStopReason } from "../domain/attempt/stop-reason.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import { PendingWork } from "../domain/services/async-steps.ts";
import { failpoint } from "../processes/failpoint.ts";
import type { Change } from "../store/sqlite/change.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { claimTask, profileOfStart } from "./claim-task.ts";
import type { ClaimContext } from "./claim-task.ts";
import { connectRunner } from "./runner-connection.ts";
import { mayStopAny } from "./money-stops.ts";
import type { RunnerConnection } from "./runner-connection.ts";
import type { Reserved, RunnerPool } from "./runner-pool.ts";
import { SupervisedAttempt } from "./supervised-attempt.ts";

export interface SupervisorOptions extends AttemptContext, ClaimContext {
  readonly pool: RunnerPool;
  /**
   * Called before claims: makes the tasks ready, e.g. fills in their prompts. Resolves to those
   * that can be claimed now. Default: all of them.
   */
  prepareStart?(taskIds: readonly number[]): Promise<readonly number[]>;
  /** How many runners of waiting tasks are kept; those that wait the longest leave first. */
  readonly keptRunners: number;
  /** Called when the process of an attempt is gone. */
  onGone?(): void;
}

/**
 * Time until an attempt that could not be followed (no file descriptors left …) is adopted again.
 */
const againMs = 5_000;

/** Time limit for a runner's answer to a short message. */
const answerLimitMs = 10_000;

/** A runner that was asked to leave counts as leaving for so long. */
const leavingMs = 30_000;

interface Running {
  readonly attempt: SupervisedAttempt;
  /** Ends the wait for the runner's answer; the runner continues. */
  readonly letGo: AbortController;
  readonly done: Promise<void>;
}

export class Supervisor implements Service {
  readonly #options: SupervisorOptions;
  readonly #running = new Map<number, Running>();
  readonly #again = new Set<NodeJS.Timeout>();
  /** Pending claims and adoptions. */
  readonly #taking = new PendingWork();
  /** Pending short connections to runners that are not followed. */
  readonly #talks = new PendingWork();
  readonly #lifecycle = new Lifecycle({ begin: () => this.#begin(), end: () => this.#end() });
  #unsubscribe: (() => void) | null = null;
  #stopped = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Adopts open attempts and begins to listen for cancels. Resolves when this server holds every
   * open attempt; it does not wait for answers of their runners.
   */
  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Releases every attempt. The runners continue. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #begin(): Promise<void> {
    const { store, pool } = this.#options;
    this.#stopped = new AbortController();
    this.#unsubscribe = store.onCommit((change) => this.#passStops(change));
    pool.start();
    await Promise.all(store.attempts.open().map(({ id }) => this.#adopt(id).catch((error: unknown) => this.#adoptLater(id, error))));
  }

  async #end(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const timer of this.#again) clearTimeout(timer);
    this.#again.clear();
    // Attempts of pending claims and adoptions are also released.
    await this.#taking.ended();
    const released = [...this.#running.values()].map(async ({ attempt, letGo }) => {
      const release = attempt.release();
      letGo.abort();
      await release;
    });
    await Promise.all([this.#options.pool.stop(), ...released]);
    await this.settled();
    this.#stopped.abort();
    await this.#talks.ended();
  }

  /** How many attempts this server follows now. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * How many runners of waiting tasks hold a slot: each still has its memory and a Claude Code.
   * `leaving` were asked to leave a moment ago. `staying` could not, because of a sub-agent, a form
   * or other work of their task: they are those beyond the runners that are kept in any case.
   */
  slotsOfWaiting(): { readonly leaving: number; readonly staying: number } {
    const { now, keptRunners } = this.#options;
    const since = now() - leavingMs;
    const waiting = [...this.#running.values()].filter(({ attempt }) => attempt.waitsSince !== null);
    const leaving = waiting.filter(({ attempt }) => (attempt.askedToLeaveAt ?? -Infinity) > since).length;
    return { leaving, staying: Math.max(0, waiting.length - leaving - keptRunners) };
  }

  /** Resolves when no attempt is followed any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Stops every running attempt. */
  async stopAll(reason: StoredStopReason): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ attempt }) => attempt.stop(reason)));
  }

  /**
   * Stops the attempt of one task, also when the store cannot write.
   * @returns whether its runner got the stop.
   */
  async stopTask(taskId: number, reason: StoredStopReason): Promise<boolean> {
    const { store, paths, stopGraceMs } = this.#options;
    const running = [...this.#running.values()].find(({ attempt }) => attempt.taskId === taskId);
    if (running !== undefined) {
      // It sends the stop to the runner at once, and stores the reason when the store can write.
      void running.attempt.stop(reason);
      return true;
    }
    // The attempt is not adopted yet, because the server was started on a full disk.
    const open = store.attempts.open().find((attempt) => attempt.taskId === taskId);
    if (open === undefined) return false;
    const limit = AbortSignal.any([AbortSignal.timeout(answerLimitMs), this.#stopped.signal]);
    const connection = await this.#talks.add(connectRunner(runnerSocketPath(paths, open.runnerId), limit));
    connection?.send({ type: "stop", reason, graceMs: stopGraceMs });
    connection?.close();
    return connection !== null;
  }

  /**
   * Asks the runner of a task to take a message back. The store says later what came of it.
   * @returns false: no runner of the task is followed.
   */
  unsend(taskId: number, key: string, by: string): boolean {
    const running = [...this.#running.values()].find(({ attempt }) => attempt.taskId === taskId);
    running?.attempt.unsend(key, by);
    return running !== undefined;
  }

  /**
   * Claims the tasks, one runner each, in one commit, and starts them. Skips tasks that are not
   * pending any more. Claims nothing while the supervisor is stopped.
   * @throws WorkerError from the store; then nothing was claimed.
   */
  async startTasks(taskIds: readonly number[]): Promise<void> {
    if (this.#unsubscribe !== null) await this.#taking.add(this.#claimAll(taskIds));
  }

  async #claimAll(chosen: readonly number[]): Promise<void> {
    const { store } = this.#options;
    const taskIds = (await this.#options.prepareStart?.(chosen)) ?? chosen;
    const reserved = taskIds.map((id) => ({ id, runner: this.#options.pool.reserve(this.#profileOf(id)) }));
    const claims = await store
      .write(() => reserved.map(({ id, runner }) => claimTask(this.#options, id, runner)))
      .catch((error: unknown) => {
        for (const { runner } of reserved) this.#discard(runner);
        throw error;
      });
    claims.forEach((claim, index) => {
      const runner = reserved[index]?.runner;
      if (runner === undefined) return;
      if (claim === null) this.#discard(runner);
      else this.#follow(claim.task, claim.attempt, (letGo) => runner.connect(letGo));
    });
  }

  #profileOf(id: number): string {
    const task = this.#options.store.tasks.row(id);
    return task === null ? defaultProfile : profileOfStart(this.#options, task);
  }

  #follow(task: Task, attempt: Attempt, connect: (letGo: AbortSignal) => Promise<RunnerConnection | null>): void {
    const letGo = new AbortController();
    const supervised = new SupervisedAttempt(this.#options, task, attempt);
    const done = supervised
      .follow(connect(letGo.signal))
      .catch((error: unknown) => this.#followAgain(attempt.id, error))
      .finally(() => {
        letGo.abort();
        this.#running.delete(attempt.id);
        this.#options.onGone?.();
      });
    this.#running.set(attempt.id, { attempt: supervised, letGo, done });
  }

  /**
   * Adopts the attempt again, as after a restart, so that its task does not stay `running` without
   * a supervisor.
   */
  #followAgain(attemptId: number, error: unknown): void {
    const { log } = this.#options;
    log.error({ attempt: attemptId, error: messageOf(error), againMs }, "the attempt cannot be followed; trying again");
    if (this.#unsubscribe === null) return;
    const timer = setTimeout(() => {
      this.#again.delete(timer);
      this.#adopt(attemptId).catch((fault: unknown) => this.#followAgain(attemptId, fault));
    }, againMs);
    this.#again.add(timer);
  }

  /** Tries the adoption again later. A full disk prevents it; the runner continues meanwhile. */
  #adoptLater(attemptId: number, error: unknown): void {
    if (!(error instanceof WorkerError) || error.code !== "storage_full") throw error;
    this.#followAgain(attemptId, error);
  }

  #adopt(attemptId: number): Promise<void> {
    return this.#taking.add(this.#adoptNow(attemptId));
  }

  async #adoptNow(attemptId: number): Promise<void> {
    const { store, paths, log } = this.#options;
    const [attempt, task] = await store.write(() => {
      const adopted = store.attempts.adopt(attemptId);
      return [adopted, adopted === null ? null : store.tasks.get(adopted.taskId)];
    });
    if (attempt === null || task === null) return;
    failpoint("attempt.adopt.after");
    log.info({ task: task.id, attempt: attempt.id }, "adopting an attempt");
    this.#follow(task, attempt, (letGo) => connectRunner(runnerSocketPath(paths, attempt.runnerId), letGo));
  }

  #passStops(change: Change): void {
    const { store, now } = this.#options;
    const attempts = [...this.#running.values()].map(({ attempt }) => attempt);
    const touched = attempts.map(({ taskId }) => taskId).filter((id) => change.taskIds.has(id));
    if (store.holds.active().some(stopsRunning) || mayStopAny(store, touched, now()))
      for (const attempt of attempts) attempt.stopSpending();
    for (const { attempt } of this.#running.values()) {
      if (!change.taskIds.has(attempt.taskId)) continue;
      attempt.passOn();
      if (this.#options.store.tasks.isCancelRequested(attempt.taskId)) void attempt.stop("cancelled");
    }
    this.#parkSurplus();
  }

  /** Parks the tasks that have waited the longest, where more wait than runners are kept. */
  #parkSurplus(): void {
    const waiting = [...this.#running.values()].flatMap(({ attempt }) => {
      const since = attempt.waitsSince;
      return since === null ? [] : [{ attempt, since }];
    });
    const surplus = waiting.length - this.#options.keptRunners;
    if (surplus <= 0) return;
    for (const { attempt } of waiting.toSorted((a, b) => a.since - b.since).slice(0, surplus)) attempt.park();
  }

  /**
   * Asks a reserved runner to leave. A runner that does not answer before a stop leaves by itself.
   */
  #discard(runner: Reserved): void {
    if (!runner.warm) return;
    const leave = async (): Promise<void> => {
      const connection = await runner.connect(this.#stopped.signal);
      connection?.send({ type: "leave" });
      connection?.close();
    };
    void this.#talks.add(leave());
  }
}
