/** Defines holds: reasons why some or all tasks may not start now. */

export const holdKinds = [
  "rate_limited",
  "overage",
  "auth_failed",
  "unavailable",
  "manual",
  "storage",
  "unreachable",
  "reserve",
  "reserve_hard",
] as const;
export type HoldKind = (typeof holdKinds)[number];

export interface NewHold {
  readonly kind: HoldKind;
  /** Which tasks it holds (scope.ts). */
  readonly scope: string;
  /** A sentence for people. */
  readonly message: string;
  /** Lifts by itself at this moment (UTC ms); null: a probe that succeeds or a person lifts it. */
  readonly until: number | null;
}

export interface Hold extends NewHold {
  readonly since: number;
}

/** Whether the hold also stops running tasks, between two steps. No retry is spent. */
export function stopsRunning({ kind }: Pick<NewHold, "kind">): boolean {
  return kind === "overage" || kind === "reserve_hard";
}

/** Whether the hold's time has passed, although it was not lifted yet. */
export function isOver({ until }: NewHold, now: number): boolean {
  return until !== null && until <= now;
}

/**
 * Whether the earlier hold stays when another one of its kind and scope is added. Usage limits
 * overlap: a request that is refused for a minute does not end the week's limit. For holds that a
 * person sets or has to fix the newest one counts.
 */
export function outlasts(earlier: NewHold, later: NewHold): boolean {
  if ((later.kind !== "rate_limited" && later.kind !== "overage") || later.until === null) return false;
  return earlier.until === null || earlier.until > later.until;
}
