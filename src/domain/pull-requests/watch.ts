/**
 * Defines watches of pull requests: what is new there comes back to its task as a message
 * (docs/decisions/0030).
 */
import type { Scope } from "../scopes.ts";

/**
 * `on`: it is looked at. `off`: a person ended it. `merged`, `closed`: the pull request was.
 * `used_up`: it has sent as many messages as it may. `expired`: it is too old. `forbidden`: who
 * asked for it has no right to it any more. `failed`: it could not be looked at for too long.
 */
export const watchStates = ["on", "off", "merged", "closed", "used_up", "expired", "forbidden", "failed"] as const;
export type WatchState = (typeof watchStates)[number];

/** So many messages a watch sends, unless its caller says another number. */
export const defaultMaxMessages = 10;
export const mostMessages = 100;
/** So many pull requests are watched at a time. */
export const mostWatches = 50;
/** So many names of authors whose comments were left out are kept. */
export const mostAuthors = 20;

const dayMs = 86_400_000;
/** A watch ends by itself after this time. */
const watchMs = 30 * dayMs;
/** A pull request at which nothing happens is looked at less often, at least this often. */
const longestQuietMs = 900_000;
/** After failures it is looked at less often, at least this often. */
const longestFailureMs = 3_600_000;
/** About two days. */
const mostFailures = 50;
/** News waits so long for checks that are not finished. */
const holdMs = 900_000;

export interface PullRequestWatch {
  readonly taskId: number;
  /** The address of the pull request: `https://HOST/OWNER/REPOSITORY/pull/NUMBER`. */
  readonly url: string;
  readonly number: number;
  readonly state: WatchState;
  /** Who asked for it: the messages are that caller's. */
  readonly callerName: string;
  readonly callerScope: Scope;
  /** Null: the owner of the server. */
  readonly tokenId: number | null;
  readonly maxMessages: number;
  readonly messages: number;
  /** Comments that were left out, because their authors have no write access. */
  readonly leftOut: number;
  /** Those of them that no message has named yet. */
  readonly leftOutUnsaid: number;
  /** Their authors, the newest ones. */
  readonly leftOutAuthors: readonly string[];
  /** Looks in a row without news. */
  readonly quiet: number;
  /** Looks in a row that failed. */
  readonly failures: number;
  /** Why the last look failed, or the watch ended; null: neither. */
  readonly problem: string | null;
  /** Since when there is news that waits for checks; null: there is none. */
  readonly heldSince: number | null;
  readonly lookedAt: number | null;
  readonly lookAt: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** How long until the next look, ms. */
export function nextLookMs({ quiet, failures }: Pick<PullRequestWatch, "quiet" | "failures">, intervalMs: number): number {
  if (failures > 0) return Math.max(intervalMs, Math.min(longestFailureMs, intervalMs * 2 ** Math.min(failures, 20)));
  return Math.max(intervalMs, Math.min(longestQuietMs, intervalMs * 2 ** Math.floor(Math.min(quiet, 100) / 10)));
}

/** Whether news is said although checks are not finished. */
export function heldLongEnough(heldSince: number, now: number): boolean {
  return now - heldSince >= holdMs;
}

export function isTooOld({ startedAt }: Pick<PullRequestWatch, "startedAt">, now: number): boolean {
  return now - startedAt >= watchMs;
}

export function failsTooLong(failures: number): boolean {
  return failures >= mostFailures;
}

/** The parts of a pull request's address; null: it is not one. */
export function partsOf(
  url: string,
): { readonly host: string; readonly owner: string; readonly repository: string; readonly number: number } | null {
  const found = /^https:\/\/([A-Za-z0-9.-]+(?::\d{1,5})?)\/([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+)\/pull\/([1-9]\d{0,9})$/.exec(url);
  if (found === null) return null;
  const [, host = "", owner = "", repository = "", number = ""] = found;
  if ([owner, repository].some((part) => /^\.+$/.test(part))) return null;
  return { host, owner, repository, number: Number(number) };
}
