/**
 * What a refusal of the model's API says, and about whom. A usage limit that names its window and its reset holds exactly that scope.
 * Anything else (a 429 without a reset, a 401, a 403, no connection) may concern one request only: evidence from a second request decides.
 */
import type { Outcome } from "./outcome.ts";
import { plainLine } from "./plain-text.ts";
import { accountScope, modelScope } from "./scope.ts";

export interface Refusal {
  readonly kind: "rate_limited" | "auth_failed" | "unreachable";
  /** Equal for refusals that two requests have in common: kind, HTTP status where it matters, account. */
  readonly name: string;
  /** Whether it speaks of the sign-in: then a probe answers at once whether the whole account is refused. */
  readonly ofSignIn: boolean;
}

/** What to do when the sign-in is refused, as a whole sentence. */
export const signInAdvice =
  "Sign in again (claude-worker claude), or set a valid key and restart the server (claude-worker server restart).";

/** How a task's last try ended, for people who see it wait for the next one; with what to do where that helps. */
export function lastTryText({ kind, message }: Outcome): string {
  const said = plainLine(message, 500);
  return `The last try: ${said}${kind === "auth_failed" ? ` ${signInAdvice}` : ""}`;
}

/**
 * The refusal that needs evidence before it may hold other tasks; null: the outcome is not a refusal, or names its own scope.
 * @param wall what the system's clock says (UTC ms)
 */
export function refusalOf(outcome: Outcome, account: string, wall: number): Refusal | null {
  if (outcome.kind === "auth_failed") {
    // Claude Code calls every 403 a failed sign-in, also one of a single model or request (measured with 2.1.330).
    const ofSignIn = outcome.apiStatus !== 403;
    return { kind: "auth_failed", name: `auth_failed${ofSignIn ? "" : ":403"} ${accountScope(account)}`, ofSignIn };
  }
  if (isUnreachable(outcome)) return { kind: "unreachable", name: `unreachable ${accountScope(account)}`, ofSignIn: false };
  if (outcome.kind !== "rate_limited" || limitScopeOf(outcome, account, null, wall) !== null) return null;
  return { kind: "rate_limited", name: `rate_limited ${accountScope(account)}`, ofSignIn: false };
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

/** `seven_day_opus` → `opus`: the model whose own window it is; null: the window counts every model. */
export function modelOfWindow(window: string): string | null {
  return /^(?:five_hour|seven_day)_([a-z0-9]+)$/.exec(window)?.[1] ?? null;
}
