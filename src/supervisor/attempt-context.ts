/** What every attempt of this server is followed with. */
import type { Logger } from "pino";
import type { Paths } from "../config/paths.ts";
import type { OveragePolicy } from "../domain/task/overage.ts";
import type { Store } from "../store/store.ts";

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
