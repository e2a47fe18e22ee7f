/**
 * Implements the runner: answers on its socket, waits parked for one attempt, and runs it. Decides
 * when the runner is over; main.ts ends the process.
 */
import { messageOf } from "../domain/errors.ts";
import { optionDefaults } from "../domain/task/option-values.ts";
import type { Agent } from "../agent/agent.ts";
import { RunningAttempt } from "./attempt.ts";
import { ControlSocket } from "./control-socket.ts";
import { protocolVersion } from "../attempt-protocol/protocol.ts";
import type { FromRunner, RunnerBoot, StartMessage, ToRunner } from "../attempt-protocol/protocol.ts";
import type { Redaction } from "./redaction.ts";
import { TimeLimits } from "../attempt-protocol/time-limits.ts";

export interface RunnerOptions {
  readonly boot: RunnerBoot;
  readonly agent: Agent;
  readonly redaction: Redaction;
  readonly now: () => number;
  readonly isAdopting: () => boolean;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #socket: ControlSocket;
  #attempt: RunningAttempt | null = null;
  /** Active only while no server is connected: a connected server keeps the limits itself. */
  #limits: TimeLimits | null = null;
  #parked = false;
  #tellJournal = false;
  #orphaned: NodeJS.Timeout | null = null;
  #hadConnection = false;
  #leave: () => void = () => {};
  /** Resolves when the runner has no more work. */
  readonly over = new Promise<void>((resolve) => (this.#leave = resolve));

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#socket = new ControlSocket({
      greeting: () => this.#greeting(),
      onMessage: (message, reply) => this.#onMessage(message, reply),
      onConnections: (count) => this.#onConnections(count),
    });
  }

  /** Opens the socket. @throws when it cannot. */
  async listen(): Promise<void> {
    await this.#socket.listen(this.#options.boot.socket);
    this.#onConnections(0);
  }

  /** Starts the agent ahead of its work, if the boot asks for it. */
  async park(): Promise<void> {
    const { boot, agent } = this.#options;
    if (!boot.prewarm) return;
    try {
      await agent.park();
      this.#parked = true;
      if (this.#attempt === null) this.#socket.broadcast({ type: "parked" });
      void agent.lost.then(() => this.#leaveIfParked());
    } catch (error) {
      process.stderr.write(`claude-worker runner: parking failed: ${this.#said(error)}\n`);
      this.#leaveIfParked();
    }
  }

  /** Stops the attempt after a signal from outside, so that it can be resumed. */
  interrupt(): void {
    if (this.#attempt === null) this.#leaveIfParked();
    else this.#attempt.stop("interrupted", 0);
  }

  /**
   * Handles an error of the runner itself: writes the attempt's closing record while that is still
   * possible.
   */
  async fail(fault: string): Promise<void> {
    try {
      await this.#attempt?.end(fault);
    } catch (error) {
      process.stderr.write(`claude-worker runner: the last record could not be written: ${this.#said(error)}\n`);
    }
    this.#leave();
  }

  /** Sends the last message to all connections and closes the socket. */
  async close(): Promise<void> {
    if (this.#orphaned !== null) clearTimeout(this.#orphaned);
    this.#options.agent.leave();
    if (this.#attempt !== null) this.#socket.broadcast({ type: "ended", size: this.#attempt.journalSize });
    await this.#socket.close();
  }

  #greeting(): FromRunner[] {
    const hello: FromRunner = {
      type: "hello",
      protocol: protocolVersion,
      runnerId: this.#options.boot.runnerId,
      pid: process.pid,
      attemptId: this.#attempt?.attemptId ?? null,
      journalSize: this.#attempt?.journalSize ?? 0,
    };
    if (this.#attempt?.isWaiting === true) return [hello, { type: "writing" }];
    return this.#parked && this.#attempt === null ? [hello, { type: "parked" }] : [hello];
  }

  #onMessage(message: ToRunner, reply: (message: FromRunner) => void): void {
    if (message.type === "start") this.#start(message, reply);
    else if (message.type === "stop") this.#attempt?.stop(message.reason, message.graceMs);
    else if (message.type === "stop_at_step") this.#attempt?.stopAtStep();
    else if (message.type === "answer") this.#attempt?.answer(message.key, message.answer);
    else if (message.type === "message") this.#attempt?.say(message.message);
    else if (message.type === "unsend") this.#attempt?.unsay(message.key, message.by);
    else if (message.type === "park") this.#attempt?.park(message.force);
    else if (message.type === "secrets") this.#options.redaction.know(message.values);
    else if (message.type === "leave") this.#leaveIfParked();
  }

  /**
   * Starts the attempt. A repeated start of the same attempt is accepted (a server may not be
   * sure); a start of another attempt is refused.
   */
  #start(sent: StartMessage, reply: (message: FromRunner) => void): void {
    // The server may be of an older version, which does not know each option of this one.
    const message: StartMessage = { ...sent, spec: { ...optionDefaults, ...sent.spec } };
    const current = this.#attempt;
    if (current !== null) {
      if (current.attemptId === message.attemptId) reply({ type: "journal", size: current.journalSize });
      else reply({ type: "refused", attemptId: message.attemptId, reason: `runs attempt ${current.attemptId}` });
      return;
    }
    try {
      this.#attempt = this.#open(message);
      this.#limits = limitsOf(message, this.#attempt);
    } catch (error) {
      reply({ type: "refused", attemptId: message.attemptId, reason: this.#said(error) });
      this.#leave();
      return;
    }
    this.#attempt.run().then(this.#leave, (error: unknown) => this.fail(messageOf(error)));
  }

  #open(message: StartMessage): RunningAttempt {
    const { boot, agent, now, isAdopting } = this.#options;
    const { type: _type, ...work } = message;
    return new RunningAttempt({
      work,
      agent,
      runnerId: boot.runnerId,
      agentEnv: boot.agentEnv,
      claudeExecutable: boot.claudeExecutable,
      redaction: this.#options.redaction,
      onGrown: () => this.#onGrown(),
      onWaiting: () => this.#socket.broadcast({ type: "writing" }),
      now,
      isAdopting,
    });
  }

  /** Reports the journal's size, at most once per turn of the event loop. */
  #onGrown(): void {
    if (this.#tellJournal) return;
    this.#tellJournal = true;
    setImmediate(() => {
      this.#tellJournal = false;
      // The wait for a person does not count.
      if (this.#attempt?.isAsking === true) this.#limits?.pause();
      else this.#limits?.resume();
      if (this.#attempt !== null) this.#socket.broadcast({ type: "journal", size: this.#attempt.journalSize });
    });
  }

  /**
   * Keeps the attempt's time limit while no server is connected. A parked runner belongs to its
   * server, so it leaves when the last connection closes, or when none is ever opened.
   */
  #onConnections(count: number): void {
    if (this.#orphaned !== null) clearTimeout(this.#orphaned);
    this.#orphaned = null;
    if (count > 0) this.#limits?.stop();
    else this.#limits?.start();
    if (count > 0) this.#hadConnection = true;
    else if (this.#hadConnection) this.#leaveIfParked();
    else this.#orphaned = setTimeout(() => this.#leaveIfParked(), this.#options.boot.orphanTimeoutMs);
  }

  /** The error's message without secrets, for texts that do not go through the journal. */
  #said(error: unknown): string {
    return this.#options.redaction.text(messageOf(error));
  }

  #leaveIfParked(): void {
    if (this.#attempt === null) this.#leave();
  }
}

/**
 * The time limit from now on, by the boot clock, which cannot be set. A server's own limit ends no
 * later. Only a server has a stall limit.
 */
function limitsOf({ spec, stopGraceMs }: StartMessage, attempt: RunningAttempt): TimeLimits {
  return new TimeLimits({
    startedAt: performance.now(),
    timeoutMs: spec.timeoutMs,
    stallTimeoutMs: null,
    now: () => performance.now(),
    onOver: (limit) => attempt.stop(limit, stopGraceMs),
  });
}
