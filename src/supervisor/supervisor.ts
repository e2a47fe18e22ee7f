/**
 * Owns every running attempt of this server: claims tasks for runners, adopts what an earlier
 * server left, passes stops on.
 */
import { statSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { rawLogPath, runnerSocketPath } from "../config/paths.ts";
import { messageOf, WorkerError } from "../domain/errors.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import type { Service } from "../domain/service.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { failpoint } from "../processes/failpoint.ts";
import type { Change } from "../store/sqlite/change.ts";
import { connectRunner } from "./runner-connection.ts";
import type { RunnerConnection } from "./runner-connection.ts";
import type { Reserved, RunnerPool } from "./runner-pool.ts";
import { SupervisedAttempt } from "./supervised-attempt.ts";
import type { AttemptContext } from "./supervised-attempt.ts";

export interface SupervisorOptions extends AttemptContext {
  readonly nodeId: string;
  readonly pool: RunnerPool;
  /**
   * Asked inside of the claim: rights may have gone since the scheduler chose the task. Default:
   * always.
   */
  mayStart?(taskId: number): boolean;
}

/**
 * An attempt that could not be followed (no file descriptors left …) is taken up again after this
 * long.
 */
const againMs = 5_000;

/** A runner that is only told something has to answer within this time. */
const answerLimitMs = 10_000;

interface Running {
  readonly attempt: SupervisedAttempt;
  readonly done: Promise<void>;
}

export class Supervisor implements Service {
  readonly #options: SupervisorOptions;
  readonly #running = new Map<number, Running>();
  readonly #again = new Set<NodeJS.Timeout>();
  #unsubscribe: (() => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Adopts what is open and begins to listen for cancels. Resolves when every open attempt is this
   * server's; their runners answer when they do.
   */
  async start(): Promise<void> {
    if (this.#unsubscribe !== null) return;
    this.#unsubscribe = this.#options.store.onCommit((change) => this.#passStops(change));
    this.#options.pool.start();
    await Promise.all(
      this.#options.store.attempts.open().map(({ id }) => this.#adopt(id).catch((error: unknown) => this.#adoptLater(id, error))),
    );
  }

  /** Lets go of every attempt; their runners go on. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const timer of this.#again) clearTimeout(timer);
    this.#again.clear();
    await Promise.all([this.#options.pool.stop(), ...[...this.#running.values()].map(({ attempt }) => attempt.release())]);
    await this.settled();
  }

  /** How many attempts this server follows now. */
  get size(): number {
    return this.#running.size;
  }

  /** Resolves when no attempt is followed any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Stops every running attempt. */
  async stopAll(reason: StopReason): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ attempt }) => attempt.stop(reason)));
  }

  /**
   * Stops the attempt of one task, whether or not anything can be stored.
   * @returns whether its runner was told.
   */
  async stopTask(taskId: number, reason: StopReason): Promise<boolean> {
    const { store, paths, stopGraceMs } = this.#options;
    const running = [...this.#running.values()].find(({ attempt }) => attempt.taskId === taskId);
    if (running !== undefined) {
      // It tells the runner at once, and stores the reason when that can be done.
      void running.attempt.stop(reason);
      return true;
    }
    // Not taken over yet: the server was started on a full disk.
    const open = store.attempts.open().find((attempt) => attempt.taskId === taskId);
    if (open === undefined) return false;
    const connection = await connectRunner(runnerSocketPath(paths, open.runnerId), AbortSignal.timeout(answerLimitMs));
    connection?.send({ type: "stop", reason, graceMs: stopGraceMs });
    connection?.close();
    return connection !== null;
  }

  /**
   * Claims the tasks, one runner each, in one commit, and starts them. Tasks that are not pending
   * any more are passed over.
   * @throws WorkerError from the store; then nothing was claimed.
   */
  async startTasks(taskIds: readonly number[]): Promise<void> {
    const { store, now } = this.#options;
    const reserved = taskIds.map((id) => ({ id, runner: this.#options.pool.reserve() }));
    const claims = await store
      .write(() => reserved.map(({ id, runner }) => this.#claim(id, runner, now())))
      .catch((error: unknown) => {
        for (const { runner } of reserved) void this.#discard(runner);
        throw error;
      });
    claims.forEach((claim, index) => {
      const runner = reserved[index]?.runner;
      if (runner === undefined) return;
      if (claim === null) void this.#discard(runner);
      else this.#follow(claim.task, claim.attempt, runner.connect());
    });
  }

  #claim(taskId: number, runner: Reserved, now: number): { task: Task; attempt: Attempt } | null {
    const { store, nodeId, bootId, paths, account } = this.#options;
    const task = store.tasks.get(taskId);
    if (task === null || task.status !== "pending" || this.#options.mayStart?.(taskId) === false) return null;
    const resume = task.resumable && task.sessionId !== null;
    const sessionId = resume ? task.sessionId : runner.warm ? null : randomUUID();
    const journalStart = sizeOf(rawLogPath(paths, taskId));
    const claim = store.attempts.claim(
      taskId,
      {
        runnerId: runner.runnerId,
        nodeId,
        sessionId,
        resume,
        warm: runner.warm,
        bootId,
        account: account(),
        startedUp: bootClockMs(),
        journalStart,
      },
      now,
    );
    if (claim === null) return null;
    const data = { attempt: claim.attempt.number, runner_id: runner.runnerId, session_id: sessionId, warm: runner.warm };
    store.events.append(taskId, claim.attempt.id, [{ type: resume ? "resumed" : "started", at: now, data }]);
    return claim;
  }

  #follow(task: Task, attempt: Attempt, connection: Promise<RunnerConnection | null>): void {
    const supervised = new SupervisedAttempt(this.#options, task, attempt);
    const done = supervised
      .follow(connection)
      .catch((error: unknown) => this.#followAgain(attempt.id, error))
      .finally(() => this.#running.delete(attempt.id));
    this.#running.set(attempt.id, { attempt: supervised, done });
  }

  /**
   * Its task must not stay running with nobody behind it: as after a restart, the attempt is
   * adopted anew.
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

  /** While the disk is full nothing can be taken over; the runner continues meanwhile. */
  #adoptLater(attemptId: number, error: unknown): void {
    if (!(error instanceof WorkerError) || error.code !== "storage_full") throw error;
    this.#followAgain(attemptId, error);
  }

  async #adopt(attemptId: number): Promise<void> {
    const { store, paths, log } = this.#options;
    const [attempt, task] = await store.write(() => {
      const adopted = store.attempts.adopt(attemptId);
      return [adopted, adopted === null ? null : store.tasks.get(adopted.taskId)];
    });
    if (attempt === null || task === null) return;
    failpoint("attempt.adopt.after");
    log.info({ task: task.id, attempt: attempt.id }, "adopting an attempt");
    this.#follow(task, attempt, connectRunner(runnerSocketPath(paths, attempt.runnerId)));
  }

  #passStops(change: Change): void {
    const isNearOverage = this.#options.store.holds.active().some(({ kind }) => kind === "overage");
    if (isNearOverage) for (const { attempt } of this.#running.values()) attempt.stopBeforeOverage();
    for (const { attempt } of this.#running.values()) {
      if (!change.taskIds.has(attempt.taskId)) continue;
      if (this.#options.store.tasks.isCancelRequested(attempt.taskId)) void attempt.stop("cancelled");
    }
  }

  async #discard(runner: Reserved): Promise<void> {
    if (!runner.warm) return;
    const connection = await runner.connect();
    connection?.send({ type: "leave" });
    connection?.close();
  }
}

/** Bytes of a file now; 0 when there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
