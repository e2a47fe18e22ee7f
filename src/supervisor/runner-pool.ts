/**
 * Keeps a few runners parked with Claude Code already started, and gives each attempt a runner: a
 * parked one, or a new one.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import { PendingWork } from "../domain/services/async-steps.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import type { RunnerBoot } from "../attempt-protocol/protocol.ts";
import type { RunnerConnection } from "./runner-connection.ts";
import { newRunnerId, spawnRunner } from "./spawn-runner.ts";

/**
 * Delay before a taken runner is replaced, so that the new one does not compete with the start of
 * the task.
 */
const replacementDelayMs = 1_000;
/**
 * Delay before a dead parked runner is replaced. It doubles each time up to a minute, so that a
 * broken Claude Code does not cause a busy loop.
 */
const firstRespawnDelayMs = 1_000;
/**
 * A runner that was parked for this long is replaced, because a sign-in or a setting may have
 * changed since.
 */
const defaultLongestParkedMs = 1_800_000;
const longestRespawnDelayMs = 60_000;

export interface RunnerPoolOptions {
  /** How many stay parked. */
  readonly warm: number;
  /** The prefix of its runners' ids. */
  readonly idPrefix: string;
  readonly logFile: string;
  readonly log: Logger;
  /** How long a runner may stay parked. Default 30 min. */
  readonly longestParkedMs?: number;
  /** The boot data of a runner. @throws WorkerError: the profile cannot be used. */
  boot(runnerId: string, prewarm: boolean, profile: string): RunnerBoot;
}

export interface Reserved {
  readonly runnerId: string;
  readonly warm: boolean;
  /** Its environment is that of this profile. */
  readonly profile: string;
  /**
   * The runner's connection, or null when it died before it answered.
   * @param letGo ends the wait for the runner's answer; the runner continues
   */
  connect(letGo: AbortSignal): Promise<RunnerConnection | null>;
}

interface SpawnRequest {
  readonly runnerId: string;
  readonly profile: string;
  readonly prewarm: boolean;
  readonly letGo: AbortSignal;
  readonly signal?: AbortSignal;
}

interface Parked {
  readonly runnerId: string;
  readonly connection: Promise<RunnerConnection | null>;
  /** Ends the runner while it has not answered. */
  readonly starting: AbortController;
  /** Ends the wait for its answer; the runner continues. */
  readonly letGo: AbortController;
  /** The timer for the longest parked time; null while it is not parked yet. */
  age: NodeJS.Timeout | null;
  ready: boolean;
}

export class RunnerPool implements Service {
  readonly #options: RunnerPoolOptions;
  readonly #parked = new Map<string, Parked>();
  /** Runners that are being asked to leave. */
  readonly #leaving = new PendingWork();
  #timer: NodeJS.Timeout | null = null;
  #respawnDelayMs = firstRespawnDelayMs;
  #started = false;

  constructor(options: RunnerPoolOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#fill();
  }

  /** Asks the parked runners to leave. */
  async stop(): Promise<void> {
    this.#started = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    void this.#letGo([...this.#parked.values()]);
    await this.#leaving.ended();
  }

  /**
   * Replaces the parked runners, because Claude Code keeps the sign-in and the settings of its
   * start.
   */
  renew(): void {
    void this.#letGo([...this.#parked.values()]);
    this.#fillIn(0);
  }

  /** How many runners wait with Claude Code started. */
  get ready(): number {
    return [...this.#parked.values()].filter((parked) => parked.ready).length;
  }

  /**
   * Reserves a runner for one attempt. A new runner is spawned only by `connect`, so that its id
   * can be stored first. Parked runners have the environment of the server's own profile.
   */
  reserve(profile: string): Reserved {
    const parked = profile === defaultProfile ? this.#nextParked() : undefined;
    if (parked !== undefined) {
      this.#take(parked);
      this.#fillIn(replacementDelayMs);
      return { runnerId: parked.runnerId, warm: true, profile, connect: (letGo) => connectionOf(parked, letGo) };
    }
    const runnerId = newRunnerId(this.#options.idPrefix);
    return { runnerId, warm: false, profile, connect: (letGo) => this.#spawn({ runnerId, profile, prewarm: false, letGo }) };
  }

  #nextParked(): Parked | undefined {
    return [...this.#parked.values()].find(({ ready }) => ready) ?? this.#parked.values().next().value;
  }

  async #letGo(runners: readonly Parked[]): Promise<void> {
    for (const parked of runners) this.#take(parked);
    if (runners.length > 0) this.#fillIn(replacementDelayMs);
    const leave = async ({ connection, starting }: Parked): Promise<void> => {
      starting.abort();
      const open = await connection;
      open?.send({ type: "leave" });
      open?.close();
    };
    await Promise.all(runners.map((parked) => this.#leaving.add(leave(parked))));
  }

  /**
   * Removes a runner from the pool.
   * @returns whether it was parked until now.
   */
  #take({ runnerId, age }: Parked): boolean {
    if (age !== null) clearTimeout(age);
    return this.#parked.delete(runnerId);
  }

  #fill(): void {
    while (this.#started && this.#parked.size < this.#options.warm) this.#park();
  }

  #fillIn(delayMs: number): void {
    if (!this.#started || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#fill();
    }, delayMs);
  }

  #park(): void {
    const runnerId = newRunnerId(this.#options.idPrefix);
    const starting = new AbortController();
    const letGo = new AbortController();
    const connection = this.#spawn({ runnerId, profile: defaultProfile, prewarm: true, letGo: letGo.signal, signal: starting.signal });
    const parked: Parked = { runnerId, connection, starting, letGo, age: null, ready: false };
    this.#parked.set(runnerId, parked);
    void parked.connection.then((connection) => {
      if (connection === null) this.#lost(parked);
      if (connection === null || !this.#parked.has(runnerId)) return;
      connection.onMessage((message) => {
        if (message.type !== "parked" || !this.#parked.has(runnerId)) return;
        parked.ready = true;
        parked.age ??= setTimeout(() => void this.#letGo([parked]), this.#options.longestParkedMs ?? defaultLongestParkedMs);
        this.#respawnDelayMs = firstRespawnDelayMs;
      });
      connection.onClose(() => this.#lost(parked));
    });
  }

  #lost(parked: Parked): void {
    if (!this.#take(parked)) return;
    this.#options.log.warn({ runnerId: parked.runnerId }, "a parked runner died");
    this.#fillIn(this.#respawnDelayMs);
    this.#respawnDelayMs = Math.min(this.#respawnDelayMs * 2, longestRespawnDelayMs);
  }

  async #spawn({ runnerId, profile, prewarm, letGo, signal }: SpawnRequest): Promise<RunnerConnection | null> {
    try {
      const stop = signal === undefined ? {} : { signal };
      return await spawnRunner({ boot: this.#options.boot(runnerId, prewarm, profile), logFile: this.#options.logFile, letGo, ...stop });
    } catch (error) {
      this.#options.log.error({ runnerId, error: messageOf(error) }, "a runner could not be started");
      return null;
    }
  }
}

function connectionOf({ connection, letGo: own }: Parked, letGo: AbortSignal): Promise<RunnerConnection | null> {
  const abort = (): void => own.abort();
  letGo.addEventListener("abort", abort, { once: true });
  return connection.finally(() => letGo.removeEventListener("abort", abort));
}
