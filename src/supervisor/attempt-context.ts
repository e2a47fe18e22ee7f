/** Defines what every attempt of this server shares. */
import type { Logger } from "pino";
import type { Paths } from "../config/paths.ts";
import type { Task } from "../domain/task/task.ts";
import type { AccountOf } from "../domain/order/held.ts";
import type { ReserveSetting } from "../domain/order/reserve-setting.ts";
import type { OveragePolicy } from "../domain/task/overage.ts";
import type { Store } from "../store/store.ts";

export interface AttemptContext {
  readonly store: Store;
  readonly paths: Paths;
  readonly log: Logger;
  readonly bootId: string | null;
  readonly stopGraceMs: number;
  /** The stall timeout of tasks that name none; null: no timeout. */
  readonly stallTimeoutMs: number | null;
  /** The background grace of tasks that name none. */
  readonly backgroundGraceMs: number;
  /** Longest run of one hook of Claude Code; null: only its own limit holds. */
  readonly hookTimeoutMs: number | null;
  /** Longest run of one verify command, in tasks that name no time. */
  readonly verifyTimeoutMs: number;
  /** Longest run of the command that sets a worktree up. */
  readonly setupTimeoutMs: number;
  /** How long a runner whose task waits for an answer is kept, ms. */
  readonly parkAfterMs: number;
  /** Share of the memory that is free, 0 to 1. Default: of the machine, or of its container. */
  freeMemory?(): number;
  now(): number;
  random(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** Refusals in a row after which a task fails. */
  readonly refusalTries: number;
  /** Whether tasks may spend on paid overage. */
  readonly overage: OveragePolicy;
  /** What they may spend on it in a billing period, US dollars; absent or null: there is no cap. */
  readonly capUsd?: number | null;
  /** What of a subscription's limits is kept free; absent or null: nothing. */
  readonly reserve?: ReserveSetting | null;
  /**
   * Secrets that no task's log may hold: this server's, and with a task those in its settings.
   * Default: none.
   */
  secrets?(task?: Task): Iterable<string>;
  /**
   * Takes the snapshot that a dead runner could not take. `wasSeen`: whether this server saw the
   * death. Resolves with why there is none; null: there is one, or none is needed.
   */
  keepFiles?(taskId: number, attemptId: number, wasSeen: boolean): Promise<string | null>;
}
