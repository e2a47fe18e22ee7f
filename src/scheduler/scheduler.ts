/**
 * Starts pending tasks: as many as there are free slots, best first. Woken by commits and by one
 * timer to the next moment at which something may change by itself (a retry is due, a hold ends);
 * it never polls.
 */
import type { Logger } from "pino";
import { heldModels, isInForce } from "../domain/order/admission.ts";
import { messageOf } from "../domain/errors.ts";
import type { Hold } from "../domain/order/hold.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/**
 * While a moment is awaited the clock is looked at this often: timers do not run while the machine
 * sleeps, nor do they see a clock that is set.
 */
const longestTimerMs = 60_000;
/**
 * After a round that failed (full disk, another program's lock) the next comes this much later;
 * after each further one twice as late.
 */
const firstRetryMs = 2_000;

export interface SchedulerOptions {
  readonly store: Store;
  readonly log: Logger;
  /** How many tasks run at once. */
  readonly workers: number;
  /** How many tasks of one agent's client run at once; default: no limit of its own. */
  readonly agentWorkers?: number | null;
  now(): number;
  /** Fingerprint of the account that tasks run with now. */
  account(): string;
  /**
   * Whether the caller who asked for a task may have it run now; default: always. What may not does
   * not hold up others.
   */
  mayStart?(taskId: number): boolean;
  /** Claims and starts these tasks; resolves when the claims are durable. */
  startTasks(taskIds: readonly number[]): Promise<void>;
}

export class Scheduler implements Service {
  readonly #options: SchedulerOptions;
  #unsubscribe: (() => void) | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  #mended = false;
  /** Rounds that failed since the last one that worked. */
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#unsubscribe !== null) return;
    this.#unsubscribe = this.#options.store.onCommit(() => this.wake());
    this.wake();
  }

  /** Takes no more tasks; resolves when the round under way is done. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#setTimer(null);
    await this.#round;
  }

  /** Looks whether something may start. Cheap when nothing may. */
  wake(): void {
    if (this.#unsubscribe === null) return;
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (this.#again && this.#unsubscribe !== null) {
      this.#again = false;
      try {
        await this.#startWhatMay(this.#options.now());
        this.#failures = 0;
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, "tasks could not be started");
        this.#tryLater();
        break;
      }
    }
    // At once, not in a later turn: a wake in between would find a round that looks no more.
    this.#round = null;
  }

  /** Schedules another round after a failure; no commit may come to wake the scheduler. */
  #tryLater(): void {
    const delayMs = Math.min(firstRetryMs * 2 ** this.#failures, longestTimerMs);
    this.#failures += 1;
    this.#setTimer(this.#options.now() + delayMs);
  }

  /**
   * @param now one moment for the whole round: what falls due between two looks at the clock would
   * be neither startable nor next.
   */
  async #startWhatMay(now: number): Promise<void> {
    const { store, workers } = this.#options;
    if (!this.#mended) await this.#mendWaits(now);
    const counts = store.tasks.counts();
    if (counts.pending === 0) return this.#setTimer(null);
    const holding = await this.#holding(now);
    const holdEnds = earliest(holding.map(({ until }) => until));
    const held = heldModels(holding);
    if (held === "all") return this.#setTimer(holdEnds);
    const free = workers - counts.running;
    if (free <= 0) return this.#setTimer(null);
    const { ids, refused } = this.#startable(now, free, held);
    if (ids.length > 0) await this.#options.startTasks(ids);
    if (ids.length === free) return this.#setTimer(null);
    // Claude Code's own record of trust may change without a commit.
    const later = refused ? now + longestTimerMs : null;
    this.#setTimer(earliest([holdEnds, store.tasks.nextStartAt(now), later]));
  }

  /**
   * Once: while a server runs its clock does not go back, but between two servers, or for the next
   * one, it may have.
   */
  async #mendWaits(now: number): Promise<void> {
    const { store, log } = this.#options;
    const mended = await store.write(() => store.tasks.mendWaits(now) + store.holds.mendWaits(now));
    if (mended > 0) log.warn({ waits: mended }, "the clock was set back: what waits for a moment is brought forward");
    this.#mended = true;
  }

  /**
   * The best that may start, leaving out tasks without the rights for it, and those of agents that
   * have enough running.
   */
  #startable(now: number, free: number, held: readonly string[]): { ids: number[]; refused: boolean } {
    const { store, agentWorkers = null } = this.#options;
    for (let looked = free; ; looked *= 4) {
      const best = store.tasks.startable(now, looked, held);
      const allowed = best.filter((id) => this.#options.mayStart?.(id) ?? true);
      const ids = (agentWorkers === null ? allowed : store.agentTasks.withinLimit(allowed, agentWorkers)).slice(0, free);
      if (ids.length === free || best.length < looked) return { ids, refused: allowed.length < best.length };
    }
  }

  /** The holds that are in force for the account; those whose time is over are lifted first. */
  async #holding(now: number): Promise<Hold[]> {
    const { store, account } = this.#options;
    const active = store.holds.active();
    const over = active.filter(({ until }) => until !== null && until <= now);
    if (over.length > 0) {
      await store.write(() => over.forEach(({ kind, scope }) => store.holds.lift(kind, scope)));
      this.#options.log.info({ holds: over.map(({ kind }) => kind) }, "holds lifted by themselves");
    }
    const fingerprint = account();
    return active.filter((hold) => isInForce(hold, fingerprint, now));
  }

  #setTimer(at: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (at === null || this.#unsubscribe === null) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, at - this.#options.now()), longestTimerMs));
  }
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
