/**
 * Acts on schedules when they are due. One timer for the next due time; without schedules there is
 * none. It does not poll.
 */
import type { Logger } from "pino";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/** Timers do not run while the machine sleeps, and do not follow a clock that is set. */
const longestTimerMs = 60_000;
/** Pause after the first of some failures in a row; it doubles with each. */
const firstRetryMs = 2_000;

export interface ScheduleClockOptions {
  readonly store: Store;
  readonly log: Logger;
  /** The system's clock (UTC ms), which may be set back. */
  wall(): number;
  /** Looks for the next due times again: a server starts, or the clock was set back. */
  followClock(now: number): Promise<void>;
  /**
   * Acts on one schedule: it must move what it is due for next.
   * @param turn what the acts of one round share.
   */
  fire(scheduleId: number, turn: { catchUps: number }): Promise<void>;
}

export class ScheduleClock implements Service {
  readonly #options: ScheduleClockOptions;
  #started = false;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #again = false;
  /** When the clock was read last; null: not yet. */
  #lastWall: number | null = null;
  #failures = 0;

  constructor(options: ScheduleClockOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#lastWall = null;
    this.wake();
  }

  /** Acts on no more schedules. Resolves when the current act has ended. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#setTimer(null);
    await this.#round;
  }

  /** A schedule was added or changed. */
  wake(): void {
    if (!this.#started) return;
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    await Promise.resolve();
    while (this.#again && this.#started) {
      this.#again = false;
      try {
        await this.#act();
        this.#failures = 0;
        this.#setNext();
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, "schedules could not be acted on; tried again");
        this.#setTimer(Math.min(firstRetryMs * 2 ** this.#failures, longestTimerMs));
        this.#failures += 1;
        break;
      }
    }
    // Cleared synchronously: a wake in a later turn would find a round that does not look again.
    this.#round = null;
  }

  async #act(): Promise<void> {
    const { store, wall, fire, followClock, log } = this.#options;
    const now = wall();
    if (this.#lastWall === null || now < this.#lastWall) {
      if (this.#lastWall !== null) log.warn("the clock was set back: the next runs of schedules are looked for again");
      await followClock(now);
    }
    this.#lastWall = now;
    const turn = { catchUps: 0 };
    for (let due = store.schedules.due(wall()); due !== null && this.#started; due = store.schedules.due(wall())) await fire(due.id, turn);
  }

  #setNext(): void {
    const next = this.#options.store.schedules.nextFireAt();
    this.#setTimer(next === null ? null : Math.max(1, next - this.#options.wall()));
  }

  #setTimer(delayMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = delayMs === null || !this.#started ? null : setTimeout(() => this.wake(), Math.min(delayMs, longestTimerMs));
  }
}
