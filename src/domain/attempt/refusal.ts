/**
 * Decides what a refusal of the model's API means, and for which tasks. A usage limit that names
 * its window and its reset holds exactly that scope. Any other refusal (a 429 without a reset, a
 * 401, a 403, no connection) may concern one request only: evidence from a second request decides.
 * The same applies when Claude Code refuses to start, because the settings of one project can be
 * the cause.
 */
import type { Outcome } from "./outcome.ts";
import { plainLine } from "../text/plain-text.ts";
import { accountScope, modelScope } from "../order/scope.ts";

export interface Refusal {
  readonly kind: "rate_limited" | "auth_failed" | "unreachable" | "unavailable";
  /**
   * Identifies the refusal: kind, account, and HTTP status or Claude Code's word where it matters.
   * Equal for two requests that were refused in the same way.
   */
  readonly name: string;
  /**
   * Whether the refusal is about the sign-in. Then a probe shows at once whether the whole account
   * is refused.
   */
  readonly ofSignIn: boolean;
  /**
   * Whether a probe is sent at once, even when other tasks could start: the probe costs little, or
   * the requests of those tasks would meet the same refusal.
   */
  readonly probedAtOnce: boolean;
  /**
   * Whether the same refusal of a second task is evidence. It is not evidence where both tasks may
   * have the settings of the same project.
   */
  readonly secondedByTasks: boolean;
}

/** What to do when the sign-in is refused, as a whole sentence. */
export const signInAdvice =
  "Sign in again (claude-worker claude), or set a valid key and restart the server (claude-worker server restart).";

/**
 * Says how a task's last try ended, for people who see the task wait for the next one. Adds what to
 * do where that helps.
 */
export function lastTryText({ kind, message }: Outcome): string {
  const said = plainLine(message, 500);
  return `The last try: ${said}${kind === "auth_failed" ? ` ${signInAdvice}` : ""}`;
}

/**
 * The refusal that needs evidence before it may hold other tasks; null: the outcome is not a
 * refusal, or names its own scope.
 * @param wall the system's clock (UTC ms)
 */
export function refusalOf(outcome: Outcome, account: string, wall: number): Refusal | null {
  const { startupFailure, apiStatus } = outcome;
  const word = startupFailure === undefined ? "" : `:${startupFailure}`;
  const secondedByTasks = startupFailure === undefined;
  const refusal = (kind: Refusal["kind"], detail: string, more: Pick<Refusal, "ofSignIn" | "probedAtOnce">): Refusal => {
    return { kind, name: `${kind}${detail} ${accountScope(account)}`, secondedByTasks, ...more };
  };
  if (outcome.kind === "auth_failed") {
    // Claude Code calls every 403 a failed sign-in, also one of a single model or request (measured
    // with 2.1.330).
    const ofSignIn = apiStatus !== 403;
    return refusal("auth_failed", ofSignIn ? word : ":403", { ofSignIn, probedAtOnce: ofSignIn });
  }
  if (isUnreachable(outcome)) return refusal("unreachable", "", { ofSignIn: false, probedAtOnce: true });
  // Without a word of Claude Code it is missing, and a single request is never the cause of that.
  if (outcome.kind === "unavailable") return refusal("unavailable", word, { ofSignIn: false, probedAtOnce: true });
  if (outcome.kind !== "rate_limited" || limitScopeOf(outcome, account, null, wall) !== null) return null;
  return refusal("rate_limited", "", { ofSignIn: false, probedAtOnce: false });
}

/** Whether no answer came at all: an API that is overloaded says so with an HTTP status. */
export function isUnreachable({ kind, apiStatus }: Outcome): boolean {
  return kind === "overloaded" && apiStatus === undefined;
}

/**
 * The scope of a usage limit that names its window and a reset in the future; null: it names none.
 * @param model the refused task's model; null: Claude Code's default, which then has the limit too.
 */
export function limitScopeOf(outcome: Outcome, account: string, model: string | null, wall: number): string | null {
  const { kind, limit, resetsAt } = outcome;
  if (kind !== "rate_limited" || limit === undefined || resetsAt === undefined || resetsAt <= wall) return null;
  const family = modelOfWindow(limit);
  return family === null ? accountScope(account) : modelScope(account, model === null ? [family, "default"] : [family]);
}

/**
 * The model that the window belongs to (`seven_day_opus` → `opus`); null: the window counts every
 * model.
 */
export function modelOfWindow(window: string): string | null {
  return /^(?:five_hour|seven_day)_([a-z0-9]+)$/.exec(window)?.[1] ?? null;
}
