/** Ends of an attempt at one moment, and what follows from them. */
import type { Consequence } from "../../../src/domain/attempt/consequence.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { consequenceOf } from "../../../testing/attempt-end.ts";
import type { EndChange } from "../../../testing/attempt-end.ts";

export const now = Date.UTC(2026, 0, 1);
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

export function after(outcome: Outcome, change: EndChange = {}): Consequence {
  return consequenceOf(outcome, { now, wall: now, ...change });
}

export const crashed: Outcome = { kind: "crashed", message: "The runner died before the task was finished." };
export const lost: Outcome = { kind: "lost", message: "The machine rebooted." };
export const overloaded: Outcome = { kind: "overloaded", message: "Claude's API was overloaded.", apiStatus: 529 };
export const agentFailed: Outcome = { kind: "agent_failed", message: "It did not work." };
export const timedOut: Outcome = { kind: "timed_out", message: "Stopped: the attempt ran longer than its time limit." };
export const authFailed: Outcome = { kind: "auth_failed", message: "Claude's API refused the sign-in.", apiStatus: 401 };
export const limited: Outcome = {
  kind: "rate_limited",
  message: "The account's usage limit (five_hour) is reached.",
  limit: "five_hour",
  resetsAt: now + 2 * hourMs,
};

/** Nothing follows but what a test adds. */
export const gone = {
  notBefore: null,
  notBeforeReason: null,
  resumable: false,
  spendsRetry: false,
  poisonCount: 0,
  setbacks: 0,
  cutCall: null,
  refusals: 0,
  refusal: null,
  verifyFailures: 0,
  keeping: null,
  hold: null,
  probe: null,
  error: null,
};
