/**
 * One running attempt, seen from the server: follows its journal, keeps its time limits, passes
 * stops on, and ends it when its runner is gone.
 */
import type { Logger } from "pino";
import { setTimeout as sleep } from "node:timers/promises";
import { ownPaths, rawLogPath, summaryLogPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { isInForce } from "../domain/order/admission.ts";
import { WorkerError } from "../domain/errors.ts";
import type { OveragePolicy } from "../domain/task/overage.ts";
import { scopeHolds } from "../domain/order/scope.ts";
import { budgetLeftUsd } from "../domain/task/spending.ts";
import type { SweptProcess } from "../domain/events/record.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import { failpoint } from "../processes/failpoint.ts";
import { identityOf, killIfSame } from "../processes/identity.ts";
import { sweep } from "../processes/sweep.ts";
import type { StartMessage } from "../attempt-protocol/protocol.ts";
import { TimeLimits } from "../attempt-protocol/time-limits.ts";
import type { TimeLimit } from "../attempt-protocol/time-limits.ts";
import type { Store } from "../store/store.ts";
import { finalise, finaliseWithin } from "./finalise.ts";
import type { FinaliseOptions } from "./finalise.ts";
import { Ingest } from "./ingest.ts";
import type { RunnerConnection } from "./runner-connection.ts";

/**
 * From the end of the grace to the moment when the server itself kills a runner that does not end:
 * its own escalation takes 2 s and its sweep some more.
 */
const runnerEscalationMs = 15_000;
/**
 * A runner that this server adopts answers at once; one that takes this long is stopped or hangs,
 * and is ended so that its task goes on.
 */
const connectLimitMs = 30_000;
/** While the disk is full the journal is tried again this often. */
const storageRetryMs = 2_000;

export interface AttemptContext {
  readonly store: Store;
  readonly paths: Paths;
  readonly log: Logger;
  readonly bootId: string | null;
  readonly stopGraceMs: number;
  /** For tasks that name no stall timeout; null: none. */
  readonly stallTimeoutMs: number | null;
  /** For tasks that name no background grace. */
  readonly backgroundGraceMs: number;
  /** Longest run of one hook of Claude Code; null: only its own limit holds. */
  readonly hookTimeoutMs: number | null;
  now(): number;
  random(): number;
  /** Fingerprint of the account that tasks run with now. */
  account(): string;
  /** Refusals in a row with which a task fails. */
  readonly refusalTries: number;
  /** Whether tasks may spend on paid overage. */
  readonly overage: OveragePolicy;
  /** What only this server knows and no task's log may hold. Default: nothing. */
  secrets?(): Iterable<string>;
}

export class SupervisedAttempt {
  readonly #context: AttemptContext;
  readonly #task: Task;
  readonly #attempt: Attempt;
  readonly #ingest: Ingest;
  readonly #limits: TimeLimits;
  readonly #log: Logger;
  #connection: RunnerConnection | null = null;
  #catchingUp: Promise<void> | null = null;
  #more = false;
  #stopping: StopReason | null = null;
  #toldToStopAtStep = false;
  /** How the attempt ended, once that is in the store. */
  #outcome: Outcome | null = null;
  /** Left to itself: the server goes, or a newer server holds the attempt. */
  #released = false;
  #letGo: () => void = () => {};
  readonly #lettingGo = new Promise<null>((resolve) => (this.#letGo = () => resolve(null)));
  /** Why the runner could not even begin, where that is known. */
  #startFault: string | null = null;
  /** What went wrong where nobody waits: `follow` rejects with it. */
  #fault: { readonly error: unknown } | null = null;
  /**
   * When the runner went, by the boot clock; null while it is there, or when it was gone before
   * this server came.
   */
  #seenUp: number | null = null;
  #waitsForRoom = false;
  #killTimeout: NodeJS.Timeout | null = null;
  #connectTimeout: NodeJS.Timeout | null = null;

  constructor(context: AttemptContext, task: Task, attempt: Attempt) {
    this.#context = context;
    this.#task = task;
    this.#attempt = attempt;
    this.#ingest = new Ingest(context.store, attempt, rawLogPath(context.paths, task.id), task.workingDirectory, context.overage);
    this.#limits = new TimeLimits({
      // By the boot clock where it is known: a clock that is set ends no attempt.
      startedAt: attempt.startedUp ?? attempt.startedAt,
      timeoutMs: task.timeoutMs,
      stallTimeoutMs: task.stallTimeoutMs ?? context.stallTimeoutMs,
      now: attempt.startedUp === null ? context.now : bootClockMs,
      onOver: (limit) => void this.#timeIsUp(limit),
    });
    this.#log = context.log.child({ task: task.id, attempt: attempt.id });
  }

  get taskId(): number {
    return this.#task.id;
  }

  /**
   * Follows the runner to its end and finalises. Resolves when that is done, or when the attempt
   * was released.
   * @param connecting null: the runner is dead already; only its journal is left.
   * @throws what neither waiting nor a newer server explains (no file descriptors, a bug): the
   * attempt is open still, and may be followed anew.
   */
  async follow(connecting: Promise<RunnerConnection | null>): Promise<void> {
    try {
      const connection = await this.#connected(connecting);
      if (connection !== null) {
        await this.#converse(connection);
        this.#seenUp = bootClockMs();
      }
      if (!this.#released) await this.#end();
    } catch (error) {
      this.#fail(error);
    }
    this.#clearTimers();
    // Whoever follows the attempt anew must be alone with its journal.
    await this.#catchingUp;
    if (this.#fault !== null) throw this.#fault.error;
  }

  /**
   * Stops the attempt; the first reason counts. The store keeps the reason, so that a restarted
   * server goes on stopping.
   */
  async stop(reason: StopReason): Promise<void> {
    if (this.#stopping !== null || this.#released) return;
    this.#stopping = reason;
    this.#log.info({ reason }, "stopping the attempt");
    this.#sendStop(reason);
    try {
      await this.#persistently(() =>
        this.#context.store.write(() => this.#context.store.attempts.patch(this.#attempt.id, { stopRequested: reason })),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Stops the attempt between two steps where a hold on paid overage concerns it; it is resumed
   * when the hold is lifted.
   */
  stopBeforeOverage(): void {
    const { store, account, now } = this.#context;
    if (this.#stopping !== null || this.#toldToStopAtStep) return;
    const holds = store.holds.active().filter((hold) => hold.kind === "overage" && isInForce(hold, account(), now()));
    if (!holds.some(({ scope }) => scopeHolds(scope, this.#task, account()))) return;
    this.#toldToStopAtStep = this.#connection !== null;
    this.#connection?.send({ type: "stop_at_step" });
  }

  /** Lets go without touching the runner: it goes on, and the next server adopts it. */
  async release(): Promise<void> {
    this.#released = true;
    this.#letGo();
    this.#clearTimers();
    this.#connection?.close();
    await this.#catchingUp;
  }

  /** @returns null when the runner is dead, or when the attempt was released before it answered. */
  async #connected(connecting: Promise<RunnerConnection | null>): Promise<RunnerConnection | null> {
    this.#connectTimeout = setTimeout(() => this.#onConnectTimeout(), connectLimitMs);
    const connection = await Promise.race([connecting, this.#lettingGo]);
    clearTimeout(this.#connectTimeout);
    if (this.#released) connecting.then((late) => late?.close()).catch(() => {});
    else if (connection === null) this.#startFault = "its runner did not start, or died at once; the server's log says more";
    return this.#released ? null : connection;
  }

  #onConnectTimeout(): void {
    this.#log.warn("the runner does not answer");
    this.#killRunner().catch((error: unknown) => this.#fail(error));
  }

  async #converse(connection: RunnerConnection): Promise<void> {
    if (this.#released) return connection.close();
    this.#connection = connection;
    const closed = new Promise<void>((resolve) =>
      connection.onClose(() => {
        this.#connection = null;
        resolve();
      }),
    );
    connection.onMessage((message) => {
      if (message.type === "writing") this.#waitForRoom();
      if (message.type === "refused") this.#startFault = `its runner refused it (${message.reason})`;
      if (message.type !== "journal" && message.type !== "ended") return;
      this.#heard();
      this.#catchUp();
    });
    const values = [...(this.#context.secrets?.() ?? [])];
    if (values.length > 0) connection.send({ type: "secrets", values });
    failpoint("attempt.start.before");
    if (connection.hello.attemptId !== this.#attempt.id) connection.send(this.#startMessage());
    this.#limits.start();
    this.stopBeforeOverage();
    // A stop may have come while there was nobody to tell.
    if (this.#stopping !== null) this.#sendStop(this.#stopping);
    // Asked anew: a cancel may have come since the attempt was claimed or adopted.
    const stop = this.#attempt.stopRequested ?? (this.#context.store.tasks.isCancelRequested(this.#task.id) ? "cancelled" : null);
    if (stop !== null) await this.stop(stop);
    await this.#rememberProcess(connection.hello.pid);
    this.#catchUp();
    await closed;
  }

  #startMessage(): StartMessage {
    const { paths, stopGraceMs, backgroundGraceMs, hookTimeoutMs } = this.#context;
    const { id, taskId, sessionId, resume } = this.#attempt;
    return {
      type: "start",
      attemptId: id,
      taskId,
      // Claude Code counts a budget anew for each attempt.
      spec: { ...this.#task, maxBudgetUsd: budgetLeftUsd(this.#task.maxBudgetUsd, this.#task.costUsd) },
      sessionId: sessionId ?? crypto.randomUUID(),
      resume,
      followUp: null,
      journal: rawLogPath(paths, taskId),
      summary: summaryLogPath(paths, taskId),
      ownPaths: ownPaths(paths),
      backgroundGraceMs: this.#task.backgroundGraceMs ?? backgroundGraceMs,
      stopGraceMs,
      hookTimeoutMs,
    };
  }

  async #rememberProcess(pid: number): Promise<void> {
    if (this.#attempt.pid === pid) return;
    const identity = await identityOf(pid);
    await this.#persistently(() =>
      this.#context.store.write(() => this.#context.store.attempts.patch(this.#attempt.id, { pid, pidStart: identity?.start ?? null })),
    );
  }

  /** Ingests what is new; calls that come meanwhile are folded into one more round. */
  #catchUp(): void {
    this.#more = true;
    this.#catchingUp ??= this.#drain()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#catchingUp = null;
      });
  }

  /** Lets go; `follow` tells why. */
  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.#released = true;
    this.#connection?.close();
  }

  async #drain(): Promise<void> {
    while (this.#more && !this.#released) {
      this.#more = false;
      const end: { outcome: Outcome | null } = { outcome: null };
      const held = await this.#persistently(() => this.#ingest.catchUp(() => (end.outcome = finaliseWithin(this.#ending([])))));
      if (held === false) this.#fenced();
      if (held === true && end.outcome !== null) this.#hasEnded(end.outcome);
    }
  }

  /**
   * The runner is gone. Mostly its closing record was taken in by then, and the attempt ended with
   * it.
   */
  async #end(): Promise<void> {
    await this.#catchingUp;
    if (this.#outcome !== null) return;
    this.#catchUp();
    await this.#catchingUp;
    if (this.#released || this.#outcome !== null) return;
    const swept = await this.#sweepAfterDeath();
    const outcome = await this.#persistently(() => finalise(this.#ending(swept)));
    if (outcome != null) this.#hasEnded(outcome);
  }

  #ending(swept: readonly SweptProcess[]): FinaliseOptions {
    const { store, bootId, now, random, account, refusalTries } = this.#context;
    const attempt = { attemptId: this.#attempt.id, swept, seenUp: this.#seenUp, stopping: this.#stopping, startFault: this.#startFault };
    return { ...attempt, store, bootId, now: now(), wall: Date.now(), random, account: account(), refusalTries };
  }

  #hasEnded(outcome: Outcome): void {
    failpoint("finalise.after");
    this.#outcome = outcome;
    this.#log.info({ outcome }, "the attempt ended");
  }

  /** A runner that wrote its closing record has swept by itself. One that died has not. */
  async #sweepAfterDeath(): Promise<readonly SweptProcess[]> {
    const { store } = this.#context;
    if (store.events.ofAttempt(this.#attempt.id, ["attempt_ended"]).length > 0) return [];
    return sweep(this.#attempt.runnerId);
  }

  #fenced(): void {
    this.#log.warn("another server holds this attempt now; letting go");
    this.#released = true;
    this.#connection?.close();
  }

  /**
   * Repeats while the storage is full; the journal keeps everything meanwhile. An unusable storage
   * is waited for as well while the runner lives: a server that leaves must still be able to stop
   * it.
   * @returns undefined: released or fenced.
   */
  async #persistently<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (!this.#released) {
      try {
        return await work();
      } catch (error) {
        const code = error instanceof WorkerError ? error.code : null;
        if (code !== "storage_full" && !(code === "storage_unusable" && this.#connection !== null)) throw error;
        await sleep(storageRetryMs);
      }
    }
    return undefined;
  }

  /** What a stopped attempt says does not give it more time. */
  #heard(): void {
    if (this.#stopping === null) this.#limits.heard();
  }

  /**
   * A server that slept wakes to timers that are long over: what came meanwhile counts, and so does
   * whether the attempt is still its own.
   */
  async #timeIsUp(reason: TimeLimit): Promise<void> {
    const offset = this.#ingest.offset;
    this.#catchUp();
    await this.#catchingUp;
    if (this.#released) return;
    if (reason === "stalled" && this.#ingest.offset > offset) return this.#heard();
    const held = await this.#isHeld();
    if (held === true) await this.stop(reason);
    if (held === null && !this.#released) this.#limits.tellAgain(reason, storageRetryMs);
  }

  /**
   * Whether no newer server has taken the attempt over. On a full disk, where nothing can be asked,
   * it has not. null: not known now.
   */
  async #isHeld(): Promise<boolean | null> {
    const { store } = this.#context;
    try {
      return await store.write(() => store.attempts.get(this.#attempt.id)?.epoch === store.epoch);
    } catch (error) {
      const code = error instanceof WorkerError ? error.code : null;
      return code === "storage_full" ? true : code === "conflict" ? false : null;
    }
  }

  /**
   * The runner has ended its tree and only waits for room on the disk: killed, it would lose its
   * last records.
   */
  #waitForRoom(): void {
    this.#waitsForRoom = true;
    if (this.#killTimeout !== null) clearTimeout(this.#killTimeout);
  }

  #sendStop(reason: StopReason): void {
    const graceMs = this.#context.stopGraceMs;
    this.#connection?.send({ type: "stop", reason, graceMs });
    if (this.#waitsForRoom) return;
    this.#killTimeout ??= setTimeout(
      () => void this.#killRunner().catch((error: unknown) => this.#fail(error)),
      graceMs + runnerEscalationMs,
    );
  }

  async #killRunner(): Promise<void> {
    const attempt = this.#context.store.attempts.get(this.#attempt.id);
    // After another boot the same number and start tick may be anybody's.
    if (attempt?.pid == null || attempt.pidStart === null || attempt.bootId !== this.#context.bootId) return;
    this.#log.warn({ pid: attempt.pid }, "the runner did not end in time; killing it");
    await killIfSame({ pid: attempt.pid, start: attempt.pidStart }, "SIGKILL");
  }

  #clearTimers(): void {
    this.#limits.stop();
    for (const timer of [this.#killTimeout, this.#connectTimeout]) if (timer !== null) clearTimeout(timer);
    this.#killTimeout = this.#connectTimeout = null;
  }
}
