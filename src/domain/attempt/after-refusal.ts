/** Decides what follows when the API refused an attempt: limits, sign-in, no network, no start. */
import type { NewHold } from "../order/hold.ts";
import { missingPausesMs, probeFor, refusalHold } from "../order/probe.ts";
import { modelsOf } from "../order/scope.ts";
import { failed, unchanged } from "./consequence.ts";
import type { Consequence, EndedAttempt } from "./consequence.ts";
import { limitScopeOf, refusalOf } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

export function afterLimit(ended: EndedAttempt): Consequence {
  const { outcome, account, task, wall, progressed } = ended;
  const scope = limitScopeOf(outcome, account, task.model, wall);
  if (scope === null) return afterRefusal(ended, refusalOf(outcome, account, wall));
  const models = modelsOf(scope);
  const others = models === null ? "" : ` Tasks of another model (--model) start.`;
  const hold: NewHold = { kind: "rate_limited", scope, message: `${outcome.message}${others}`, until: limitLiftsAt(ended) };
  const poisonCount = progressed ? 0 : task.poisonCount;
  // The hold alone keeps the task waiting: a person who lifts it (`resume`) starts the task too.
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount, hold };
}

const hourMs = 3_600_000;

/**
 * When the limit ends, at most a week from now: no limit of Claude is longer, so a wrong clock
 * cannot hold the queue for longer.
 */
function limitLiftsAt({ outcome, policy, now, wall, random }: EndedAttempt): number {
  const longestMs = outcome.limit === "five_hour" ? 5 * hourMs : 7 * 24 * hourMs;
  const waitMs = Math.min((outcome.resetsAt ?? wall) - wall, longestMs);
  return now + Math.ceil(waitMs + random() * Math.min(policy.limitJitterMs, waitMs / 10));
}

/**
 * A refusal that may concern this request only: the task steps back behind the others. It holds
 * them as well once a second request has met the same. When the sign-in is refused, the API is not
 * reachable, Claude Code refuses to start, or no second request will come by itself, a probe is the
 * second one.
 */
export function afterRefusal(ended: EndedAttempt, refusal: Refusal | null): Consequence {
  const { outcome, task, progressed, account, policy, now, random, alone } = ended;
  if (refusal === null) return failed(ended, outcome.message);
  const poisonCount = progressed ? 0 : task.poisonCount;
  const refusals = task.refusal === refusal.name && !progressed ? task.refusals + 1 : 1;
  const counted = { poisonCount, refusals, refusal: refusal.name };
  const seconded = refusal.secondedByTasks && ended.wasRefusedElsewhere(refusal.name);
  const probe = probeFor(refusal, { account, model: task.model, message: outcome.message, at: now });
  const isUnreached = refusal.kind === "unreachable";
  const tries = isUnreached ? policy.overloadedTries + 1 : policy.refusalTries;
  // The task did not cause an outage, so it waits for the network without a limit.
  const isOutage = isUnreached && (seconded || ended.isHeld(probe));
  if (refusals >= tries && !isOutage) {
    const row = isUnreached ? "tries" : "refusals in a row";
    return { ...failed(ended, `Given up after ${refusals} ${row}. ${outcome.message}`), ...counted };
  }
  const ceilingMs = Math.min(policy.backoffCapMs, policy.refusalBackoffMs * 2 ** (refusals - 1));
  return {
    ...unchanged,
    ...counted,
    operation: "requeue",
    resumable: true,
    notBefore: now + Math.round(ceilingMs * (0.5 + random() / 2)),
    notBeforeReason: "refused",
    hold: seconded ? refusalHold(probe) : null,
    probe: seconded || refusal.probedAtOnce || alone ? probe : null,
  };
}

/**
 * Claude Code is not there: holds all tasks at once, until a probe or a person finds it. Spends no
 * retry.
 */
export function untilFound(ended: EndedAttempt): Consequence {
  const { outcome, account, task, progressed, now, wall } = ended;
  const refusal = refusalOf(outcome, account, wall);
  if (refusal === null) return failed(ended, outcome.message);
  const probe = probeFor(refusal, { account, model: task.model, message: outcome.message, at: now + missingPausesMs.first });
  const poisonCount = progressed ? 0 : task.poisonCount;
  return { ...unchanged, operation: "requeue", resumable: true, poisonCount, hold: refusalHold(probe), probe };
}
