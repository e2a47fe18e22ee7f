/**
 * The runner: answers on its socket, waits parked for one attempt, runs it, and is over. It knows
 * when to go; it does not end the process.
 */
import { messageOf } from "../domain/errors.ts";
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
  /** Runs only while no server is connected: one that is keeps the limits by itself. */
  #limits: TimeLimits | null = null;
  #parked = false;
  #tellJournal = false;
  #orphaned: NodeJS.Timeout | null = null;
  #hadConnection = false;
  #leave: () => void = () => {};
  /** Settles when the runner has nothing more to do. */
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

  /** A signal from outside: the attempt is stopped so that it can be resumed. */
  interrupt(): void {
    if (this.#attempt === null) this.#leaveIfParked();
    else this.#attempt.stop("interrupted", 0);
  }

  /**
   * The runner itself is at fault: the attempt gets its last record while that is still possible.
   */
  async fail(fault: string): Promise<void> {
    try {
      await this.#attempt?.end(fault);
    } catch (error) {
      process.stderr.write(`claude-worker runner: the last record could not be written: ${this.#said(error)}\n`);
    }
    this.#leave();
  }

  /** Says goodbye to whoever is connected and closes the socket. */
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
    else if (message.type === "secrets") this.#options.redaction.know(message.values);
    else if (message.type === "leave") this.#leaveIfParked();
  }

  /** The same attempt may be started again (a server that is not sure); another one may not. */
  #start(message: StartMessage, reply: (message: FromRunner) => void): void {
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
      redaction: this.#options.redaction,
      onGrown: () => this.#onGrown(),
      onWaiting: () => this.#socket.broadcast({ type: "writing" }),
      now,
      isAdopting,
    });
  }

  /** Told at most once per turn of the event loop. */
  #onGrown(): void {
    if (this.#tellJournal) return;
    this.#tellJournal = true;
    setImmediate(() => {
      this.#tellJournal = false;
      if (this.#attempt !== null) this.#socket.broadcast({ type: "journal", size: this.#attempt.journalSize });
    });
  }

  /**
   * With nobody connected an attempt's time limit is kept here. A parked runner belongs to its
   * server: it goes when nobody is connected any more, or nobody ever comes.
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

  /** What is written past the journal has no secrets either. */
  #said(error: unknown): string {
    return this.#options.redaction.text(messageOf(error));
  }

  #leaveIfParked(): void {
    if (this.#attempt === null) this.#leave();
  }
}

/**
 * The time limit alone, from now on, by a clock that nobody sets: a server's is over no later.
 * Silence is for a server to judge.
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
