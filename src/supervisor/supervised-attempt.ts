/**
 * Supervises one running attempt: follows its journal, keeps its time limits, sends stops to its
 * runner, and finalises it when the runner has ended.
 */
import type { Logger } from "pino";
import { rawLogPath } from "../config/paths.ts";
import { isInForce } from "../domain/order/admission.ts";
import { stopsRunning } from "../domain/order/hold.ts";
import type { Hold } from "../domain/order/hold.ts";
import { isOfReserve } from "../domain/order/reserve.ts";
import { scopeHolds } from "../domain/order/scope.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import type { StoredStopReason } from "../domain/attempt/stop-reason.ts";
import { directoryOf } from "../domain/workspace/directory.ts";
import { failpoint } from "../processes/failpoint.ts";
import { identityOf } from "../processes/identity.ts";
import type { TimeLimit, TimeLimits } from "../attempt-protocol/time-limits.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { AnswerDelivery } from "./answer-delivery.ts";
import { AttemptEnd } from "./attempt-end.ts";
import { attemptLimits } from "./attempt-limits.ts";
import { isHeld, persistently, storageRetryMs } from "./attempt-storage.ts";
import { finalise, finaliseWithin } from "./finalise.ts";
import { Ingest } from "./ingest.ts";
import { MessageDelivery } from "./message-delivery.ts";
import { moneyStop } from "./money-stops.ts";
import type { RunnerConnection } from "./runner-connection.ts";
import { RunnerDeadlines } from "./runner-deadlines.ts";
import { startMessage } from "./start-message.ts";

export class SupervisedAttempt {
  readonly #context: AttemptContext;
  readonly #task: Task;
  readonly #attempt: Attempt;
  readonly #ingest: Ingest;
  readonly #limits: TimeLimits;
  readonly #deadlines: RunnerDeadlines;
  readonly #end: AttemptEnd;
  readonly #answers: AnswerDelivery;
  readonly #messages: MessageDelivery;
  readonly #log: Logger;
  #connection: RunnerConnection | null = null;
  #wasConnected = false;
  #catchingUp: Promise<void> | null = null;
  #more = false;
  #stopping: StoredStopReason | null = null;
  #toldToStopAtStep = false;
  /** How the attempt ended; set once that is in the store. */
  #outcome: Outcome | null = null;
  /** Whether the attempt was released: the server stops, or a newer server holds the attempt. */
  #released = false;
  #letGo: () => void = () => {};
  readonly #lettingGo = new Promise<null>((resolve) => (this.#letGo = () => resolve(null)));
  /** An error from code that no caller waits for. `follow` rejects with it. */
  #error: { readonly error: unknown } | null = null;
  constructor(context: AttemptContext, task: Task, attempt: Attempt) {
    this.#context = context;
    this.#task = task;
    this.#attempt = attempt;
    const directory = directoryOf(task, context.store.workspaces.get(task.id));
    this.#ingest = new Ingest(context.store, attempt, rawLogPath(context.paths, task.id), directory, context);
    this.#limits = attemptLimits(context, task, attempt, (limit) => void this.#timeIsUp(limit));
    this.#end = new AttemptEnd(context, attempt);
    this.#answers = new AnswerDelivery(context, attempt.taskId, {
      limits: this.#limits,
      send: (message) => this.#connection?.send(message),
    });
    this.#messages = new MessageDelivery(context.store, attempt, (message) => this.#connection?.send(message));
    this.#log = context.log.child({ task: task.id, attempt: attempt.id });
    const { store, bootId, stopGraceMs } = context;
    this.#deadlines = new RunnerDeadlines({
      store,
      attemptId: attempt.id,
      bootId,
      stopGraceMs,
      log: this.#log,
      onError: (error) => this.#fail(error),
    });
  }

  get taskId(): number {
    return this.#task.id;
  }

  /**
   * Follows the runner to its end and finalises. Resolves when that is done, or when the attempt
   * was released.
   * @param connecting null: the runner is dead already; only its journal is left.
   * @throws errors that waiting cannot solve and a newer server did not cause (no file descriptors,
   * a bug). The attempt is still open, and may be followed again.
   */
  async follow(connecting: Promise<RunnerConnection | null>): Promise<void> {
    try {
      const connection = await this.#connected(connecting);
      if (connection !== null) {
        await this.#converse(connection);
        this.#end.runnerGone();
      }
      if (!this.#released) await this.#finish();
    } catch (error) {
      this.#fail(error);
    }
    this.#clearTimers();
    // Only one follower may read the journal at a time.
    await this.#catchingUp;
    if (this.#error !== null) throw this.#error.error;
  }

  /**
   * Stops the attempt; the first reason counts. The store keeps the reason, so that a restarted
   * server continues the stop.
   */
  async stop(reason: StoredStopReason): Promise<void> {
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

  /** When the oldest open question was asked (UTC ms); null: the task does not wait. */
  get waitsSince(): number | null {
    return this.#answers.waitsSince;
  }

  /** When its runner was asked to leave because the task waits (UTC ms); null: it was not. */
  get askedToLeaveAt(): number | null {
    return this.#answers.askedToLeaveAt;
  }

  /** Ends the attempt while it waits, once nothing else of it runs. */
  park(): void {
    this.#answers.park();
  }

  /** Gives answers and messages to the runner. Called after each commit that touched the task. */
  passOn(): void {
    if (this.#connection === null || this.#released) return;
    if (this.#ingest.hasQuestions) this.#answers.pass();
    this.#messages.pass();
  }

  /** Asks the runner to take a message back. Its journal says what comes of it. */
  unsend(key: string, by: string): void {
    this.#messages.unsend(key, by);
  }

  /**
   * Stops the attempt between two steps when it may spend no more: a hold concerns it that stops
   * running tasks, too, or a budget. It is resumed when that is over.
   */
  stopSpending(): void {
    if (this.#stopping !== null || this.#toldToStopAtStep) return;
    if (!this.#isHeld() && moneyStop(this.#context.store, this.#task, this.#context.now()) === null) return;
    this.#toldToStopAtStep = this.#connection !== null;
    this.#connection?.send({ type: "stop_at_step" });
  }

  #isHeld(): boolean {
    const { store, now } = this.#context;
    const account = this.#context.account(this.#task.profile);
    const holds = store.holds.active().filter((hold) => stopsRunning(hold) && isInForce(hold, account, now()));
    const concerns = (hold: Hold): boolean =>
      scopeHolds(hold.scope, this.#task, account) && !(this.#task.ignoreReserve && isOfReserve(hold));
    return holds.some(concerns);
  }

  /**
   * Releases the attempt without touching the runner: the runner continues, and the next server
   * adopts it.
   */
  async release(): Promise<void> {
    this.#released = true;
    this.#letGo();
    this.#clearTimers();
    this.#connection?.close();
    await this.#catchingUp;
  }

  /** @returns null when the runner is dead, or when the attempt was released before it answered. */
  async #connected(connecting: Promise<RunnerConnection | null>): Promise<RunnerConnection | null> {
    this.#deadlines.connecting();
    const connection = await Promise.race([connecting, this.#lettingGo]);
    this.#deadlines.connected();
    if (this.#released) connecting.then((late) => late?.close()).catch(() => {});
    else if (connection === null) this.#end.startProblem = "its runner did not start, or died at once; the server's log says more";
    return this.#released ? null : connection;
  }

  async #converse(connection: RunnerConnection): Promise<void> {
    if (this.#released) return connection.close();
    this.#connection = connection;
    this.#wasConnected = true;
    const closed = new Promise<void>((resolve) =>
      connection.onClose(() => {
        this.#connection = null;
        resolve();
      }),
    );
    connection.onMessage((message) => {
      if (message.type === "writing") this.#deadlines.waitsForRoom();
      if (message.type === "refused") this.#end.startProblem = `its runner refused it (${message.reason})`;
      if (message.type !== "journal" && message.type !== "ended") return;
      this.#heard();
      this.#catchUp();
    });
    const values = [...(this.#context.secrets?.() ?? [])];
    if (values.length > 0) connection.send({ type: "secrets", values });
    failpoint("attempt.start.before");
    if (connection.hello.attemptId !== this.#attempt.id) connection.send(startMessage(this.#context, this.#task, this.#attempt));
    this.#limits.start();
    this.stopSpending();
    this.#answers.connected();
    this.#messages.connected();
    this.passOn();
    // A stop may have been requested before the runner was connected.
    if (this.#stopping !== null) this.#sendStop(this.#stopping);
    // Read again, because a cancel may have been requested since the attempt was claimed or
    // adopted.
    const stop = this.#attempt.stopRequested ?? (this.#context.store.tasks.isCancelRequested(this.#task.id) ? "cancelled" : null);
    if (stop !== null) await this.stop(stop);
    await this.#rememberProcess(connection.hello.pid);
    this.#catchUp();
    await closed;
  }

  async #rememberProcess(pid: number): Promise<void> {
    if (this.#attempt.pid === pid) return;
    const identity = await identityOf(pid);
    await this.#persistently(() =>
      this.#context.store.write(() => this.#context.store.attempts.patch(this.#attempt.id, { pid, pidStart: identity?.start ?? null })),
    );
  }

  /** Ingests new records. Calls during a round lead to one more round. */
  #catchUp(): void {
    this.#more = true;
    this.#catchingUp ??= this.#drain()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#catchingUp = null;
      });
  }

  /** Releases the attempt with an error; `follow` rejects with it. */
  #fail(error: unknown): void {
    this.#error ??= { error };
    this.#released = true;
    this.#connection?.close();
  }

  async #drain(): Promise<void> {
    while (this.#more && !this.#released) {
      this.#more = false;
      const end: { outcome: Outcome | null } = { outcome: null };
      const held = await this.#persistently(() =>
        this.#ingest.catchUp(() => (end.outcome = finaliseWithin(this.#end.facts(this.#stopping)))),
      );
      this.#limits.allowSilence(this.#ingest.runsCommand);
      if (held === false) this.#fenced();
      if (held === true && end.outcome !== null) this.#hasEnded(end.outcome);
    }
  }

  /**
   * Finalises after the runner has ended. Usually its closing record was ingested before and has
   * ended the attempt.
   */
  async #finish(): Promise<void> {
    await this.#catchingUp;
    if (this.#outcome !== null) return;
    this.#catchUp();
    await this.#catchingUp;
    if (this.#released || this.#outcome !== null) return;
    const swept = await this.#end.sweepAfterDeath();
    const notKept = await this.#context.keepFiles?.(this.#attempt.taskId, this.#attempt.id, this.#wasConnected);
    if (notKept != null) this.#log.warn({ why: notKept }, "the dead runner's last changes have no snapshot");
    const outcome = await this.#persistently(() => finalise(this.#end.facts(this.#stopping, swept)));
    if (outcome != null) this.#hasEnded(outcome);
  }

  #hasEnded(outcome: Outcome): void {
    failpoint("finalise.after");
    this.#outcome = outcome;
    this.#log.info({ outcome }, "the attempt ended");
  }

  #fenced(): void {
    this.#log.warn("another server holds this attempt now; letting go");
    this.#released = true;
    this.#connection?.close();
  }

  /** @returns undefined when the attempt was released or fenced. */
  #persistently<T>(work: () => Promise<T>): Promise<T | undefined> {
    return persistently(work, { isOver: () => this.#released, hasRunner: () => this.#connection !== null });
  }

  /** Resets the stall limit, unless the attempt is being stopped. */
  #heard(): void {
    if (this.#stopping === null) this.#limits.heard();
  }

  /**
   * Handles an expired limit. After the machine slept, timers are late, so first reads the new
   * records and checks whether this server still holds the attempt.
   */
  async #timeIsUp(reason: TimeLimit): Promise<void> {
    const offset = this.#ingest.offset;
    this.#catchUp();
    await this.#catchingUp;
    if (this.#released) return;
    if (reason === "stalled" && this.#ingest.offset > offset) return this.#heard();
    const held = await isHeld(this.#context.store, this.#attempt.id);
    if (held === true) await this.stop(reason);
    if (held === null && !this.#released) this.#limits.tellAgain(reason, storageRetryMs);
  }

  #sendStop(reason: StoredStopReason): void {
    this.#connection?.send({ type: "stop", reason, graceMs: this.#context.stopGraceMs });
    this.#deadlines.stopping();
  }

  #clearTimers(): void {
    this.#limits.stop();
    this.#answers.stop();
    this.#deadlines.clear();
  }
}
