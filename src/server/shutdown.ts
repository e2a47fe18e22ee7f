/** Stops the server in the opposite order of its start, in one of three modes. */
import { rmSync } from "node:fs";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Service } from "../domain/services/service.ts";
import type { StopMode } from "../domain/services/stop-mode.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { LockWatch } from "./lock-watch.ts";
import type { ServerBase } from "./server-context.ts";

const defaultDrainDeadlineMs = 600_000;
/**
 * Stopped attempts, also of hanging runners, end within this time. On a full disk their ends cannot
 * be stored: the next start finds them in the journals.
 */
const endLimitMs = 20_000;
/** Longest delay that a timer takes. */
const longestTimerMs = 2_147_483_647;

export interface StopOptions {
  readonly mode: StopMode;
  /** Longest wait of a drain. Default: 10 minutes. */
  readonly deadline_ms?: number | undefined;
}

/** The services, named by the order of their stop. */
export interface Stoppable {
  readonly work: BackgroundWork;
  readonly supervisor: Supervisor;
  readonly lockWatch: LockWatch;
  /**
   * Restores removed files. Stops early, so that it does not restore files that the stop removes.
   */
  readonly keeper: Service;
  readonly http: Service;
  /** Stop last, in this order. */
  readonly others: readonly Service[];
}

/** A stronger stop mode overrides a weaker one that is still waiting. */
const strength = { drain: 0, leave: 1, now: 2 } as const;

export class Shutdown {
  readonly #base: ServerBase;
  readonly #stopped = Promise.withResolvers<number>();
  /**
   * The server answers before its start is complete. A stop in between waits for the rest of the
   * start.
   */
  readonly #started = Promise.withResolvers<Stoppable>();
  readonly #overridden = Promise.withResolvers<void>();
  #mode: StopMode = "drain";
  #exitCode = 0;
  #stopping: Promise<void> | null = null;

  constructor(base: ServerBase) {
    this.#base = base;
  }

  /** Resolves with the exit code when the server has stopped. */
  get stopped(): Promise<number> {
    return this.#stopped.promise;
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** Call it when the start is complete: from then on a stop can proceed. */
  started(services: Stoppable): void {
    this.#started.resolve(services);
  }

  /** Stops the server. A later call can only strengthen the mode. */
  stop({ mode, deadline_ms }: StopOptions): Promise<void> {
    if (strength[mode] > strength[this.#mode]) {
      this.#mode = mode;
      this.#overridden.resolve();
      if (this.isStopping) this.#base.context.log.info({ mode }, "stopping sooner");
    }
    this.#stopping ??= this.#stop(deadline_ms ?? defaultDrainDeadlineMs);
    return this.#stopping;
  }

  /**
   * Stops a server that cannot continue. It exits with 1, so that a service manager starts it
   * again.
   */
  fail(mode: "leave" | "now"): void {
    this.#exitCode = 1;
    void this.stop({ mode });
  }

  async #stop(drainDeadlineMs: number): Promise<void> {
    const services = await this.#started.promise;
    await this.#stopInOrder(services, drainDeadlineMs);
    this.#stopped.resolve(this.#exitCode);
  }

  async #stopInOrder({ work, supervisor, lockWatch, keeper, http, others }: Stoppable, drainDeadlineMs: number): Promise<void> {
    const { context, store, lock } = this.#base;
    const { log, settings, paths } = context;
    log.info({ mode: this.#mode }, "stopping");
    await work.takeNoMore();
    if (this.#mode === "drain") await within(Promise.race([supervisor.settled(), this.#overridden.promise]), drainDeadlineMs);
    // After a takeover during the drain the other server has the running attempts.
    lockWatch.leaveIfOvertaken();
    if (this.#mode !== "leave" && supervisor.size > 0) {
      const ended = supervisor.stopAll("interrupted").then(() => supervisor.settled());
      await within(ended, settings.stop_grace_ms + endLimitMs);
    }
    lockWatch.leaveIfOvertaken(); // After a takeover the socket's name belongs to the other server.
    await keeper.stop();
    await http.stop();
    await work.stop();
    for (const service of others) await service.stop();
    await store.close();
    rmSync(paths.serverInfo, { force: true });
    await lockWatch.stop();
    lock.release();
    log.info("stopped");
  }
}

async function within(work: Promise<void>, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(deadlineMs, longestTimerMs));
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
