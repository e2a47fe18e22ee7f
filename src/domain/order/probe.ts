/**
 * Probes: one small request of Claude Code (one turn, no tools) that shows whether a refusal
 * concerns the whole account. Decides what a probe's answer changes in holds, and when the next
 * probe is due. Pure; the supervisor runs the probes.
 */
import type { NewHold } from "./hold.ts";
import type { Outcome } from "../attempt/outcome.ts";
import { isUnreachable, limitScopeOf, refusalOf, signInAdvice } from "../attempt/refusal.ts";
import type { Refusal } from "../attempt/refusal.ts";
import { accountScope } from "./scope.ts";

export interface Probe {
  /** The `name` of the refusal that it looks for. */
  readonly refusal: string;
  /** Kind and scope of the hold that it puts or lifts. */
  readonly kind: Refusal["kind"];
  readonly scope: string;
  /** Model of the refused task; null: Claude Code's default. */
  readonly model: string | null;
  /** What the API said. */
  readonly message: string;
  /** When it is due (UTC ms). */
  readonly at: number;
  /** How many probes there were for this refusal. */
  readonly tries: number;
}

const firstPauseMs = 60_000;
/** The longest time between two probes of a hold. */
export const longestPauseMs = 1_800_000;
/**
 * The first and the longest pause while the API is not reachable: such a probe costs nothing, and
 * the network may be back soon.
 */
const unreachablePausesMs = { first: 15_000, longest: 120_000 };
/** The same while Claude Code is missing: the probe only looks for it, and may find it soon. */
export const missingPausesMs = { first: 5_000, longest: 30_000 };
/** A probe that no hold waits for is given up after this many tries without an answer. */
const unansweredTries = 3;

/** What a probe's answer leads to, in one commit. */
export interface ProbeConsequence {
  /** Put these holds. */
  readonly holds: readonly NewHold[];
  /** Lift the probe's own hold, if there is one. */
  readonly lift: boolean;
  /**
   * The refusal concerns the account. Its tasks did not cause it, so their own back-off is cleared.
   */
  readonly forgetRefusals: boolean;
  /** The account answered: earlier refusals no longer count as evidence. */
  readonly worked: boolean;
  /** When to try again; null: the probe is done. */
  readonly nextAt: number | null;
  /** Another probe to ask for: the account refuses in another way now. */
  readonly ask: Probe | null;
}

/** Whether the probe looks for a missing Claude Code. Then another path may help at once. */
export function isForMissing({ kind, refusal }: Pick<Probe, "kind" | "refusal">): boolean {
  return kind === "unavailable" && !refusal.startsWith("unavailable:");
}

/** The first probe for a refusal. */
export function probeFor(refusal: Refusal, of: { account: string; model: string | null; message: string; at: number }): Probe {
  const { account, model, message, at } = of;
  return { refusal: refusal.name, kind: refusal.kind, scope: accountScope(account), model, message, at, tries: 0 };
}

/** The hold that a second request, or a probe, gives evidence for. A probe or a person lifts it. */
export function refusalHold({ kind, scope, message }: Pick<Probe, "kind" | "scope" | "message">): NewHold {
  const fixes: Partial<Record<Refusal["kind"], string>> = {
    auth_failed: signInAdvice,
    unavailable: "How to fix it: claude-worker doctor.",
  };
  const again = "This is tried again at growing intervals; at once: claude-worker resume";
  return { kind, scope, message: [message, fixes[kind] ?? [], again].flat().join(" "), until: null };
}

/**
 * @param held whether the probe's hold is in force
 * @param wall the system's clock, which resets refer to (UTC ms)
 */
export function afterProbe(
  probe: Probe,
  outcome: Outcome,
  { account, held, now, wall }: { account: string; held: boolean; now: number; wall: number },
): ProbeConsequence {
  if (outcome.kind === "succeeded") return { ...done, lift: true, worked: true };
  const limit = limitScopeOf(outcome, account, probe.model, wall);
  if (limit !== null) {
    // The sign-in works, and the limit has a hold of its own with its own end.
    const until = now + ((outcome.resetsAt ?? wall) - wall);
    return { ...done, lift: true, holds: [{ kind: "rate_limited", scope: limit, message: outcome.message, until }] };
  }
  const met = refusalOf(outcome, account, wall);
  if ((probe.kind === "unreachable" || probe.kind === "unavailable") && isAnswer(outcome) && met === null)
    return { ...done, lift: true, worked: true };
  // Only a Claude Code that runs can say that it reached no API.
  if (isForMissing(probe) && isUnreachable(outcome)) return { ...done, lift: true };
  if (met === null || (isUnreachable(outcome) && probe.kind !== "unreachable")) return unanswered(probe, held, now);
  if (met.name === probe.refusal) {
    const hold = refusalHold({ ...probe, message: outcome.message });
    return { ...done, holds: [hold], forgetRefusals: true, nextAt: now + pauseAfter(probe) };
  }
  // The sign-in works when the request is refused for another reason. Claude Code starts when the
  // API refuses the request.
  if (!met.ofSignIn && met.kind !== "unavailable") return { ...done, lift: true };
  const next = probeFor(met, { account, model: probe.model, message: outcome.message, at: now });
  return { ...done, lift: true, holds: [refusalHold(next)], ask: { ...next, at: now + pausesOf(next).first } };
}

const done: ProbeConsequence = { holds: [], lift: false, forgetRefusals: false, worked: false, nextAt: null, ask: null };

/**
 * Handles no network, an overloaded API and a probe that took too long: they say nothing about the
 * account. An existing hold stays, and no hold is added.
 */
function unanswered(probe: Probe, held: boolean, now: number): ProbeConsequence {
  if (held) return { ...done, nextAt: now + pauseAfter(probe) };
  return { ...done, nextAt: probe.tries + 1 < unansweredTries ? now + pauseAfter(probe) / 6 : null };
}

/** Whether the API answered, also with an error. */
function isAnswer({ kind, apiStatus }: Outcome): boolean {
  return apiStatus !== undefined || kind === "agent_failed";
}

function pauseAfter(probe: Probe): number {
  const { first, longest } = pausesOf(probe);
  return Math.min(longest, first * 2 ** Math.min(probe.tries, 20));
}

function pausesOf(probe: Probe): { first: number; longest: number } {
  if (isForMissing(probe)) return missingPausesMs;
  return probe.kind === "unreachable" ? unreachablePausesMs : { first: firstPauseMs, longest: longestPauseMs };
}
