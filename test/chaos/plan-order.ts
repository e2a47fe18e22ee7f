/**
 * When the tasks of a chaos run may start: after which others, in which group, with which locks,
 * not before, or put aside. It starts nothing.
 */
import { dependencyConditions } from "../../src/domain/order/dependency.ts";
import type { DependencyCondition } from "../../src/domain/order/dependency.ts";

/** The groups with a limit, and how many of their tasks run at once. */
export const limits: Readonly<Record<string, number>> = { single: 1, pair: 2 };
/** The group that a person pauses now and then. */
export const pausedGroup = "pair";
const lockNames = ["db", "net"];

/** @param back how many places before it in its round the other task is. */
interface PlannedDependency {
  readonly back: number;
  readonly on: DependencyCondition;
}

export interface PlannedOrder {
  readonly group: string;
  readonly locks: readonly string[];
  readonly after: readonly PlannedDependency[];
  /** It does not start before so long after its submit; null: at once. */
  readonly delayMs: number | null;
  /** It is submitted put aside, and put into the queue so long after; null: it is not. */
  readonly stashMs: number | null;
  /** `once`: a person retries it. Only the agent that is not Claude Code fails on request. */
  readonly fails: "never" | "once" | "always";
  /** Where it was skipped, a person runs it all the same. */
  readonly isWaived: boolean;
  /** It counts for the budget. Only the agent that is not Claude Code costs the same each time. */
  readonly isBudgeted: boolean;
  /** It starts only from the next full minute on. */
  readonly hasWindow: boolean;
}

/** A pause of a group. */
export interface PlannedPause {
  readonly afterMs: number;
  readonly forMs: number;
}

type Random = () => number;

export const noOrder: PlannedOrder = {
  group: "default",
  locks: [],
  after: [],
  delayMs: null,
  stashMs: null,
  fails: "never",
  isWaived: false,
  isBudgeted: false,
  hasWindow: false,
};

/**
 * @param place the task's place in its round.
 * @param isQuiet nobody talks to the task: only such tasks run after others, or fail.
 */
export function plannedOrder(random: Random, place: number, { real, isQuiet }: { real: boolean; isQuiet: boolean }): PlannedOrder {
  const dice = random();
  const group = dice < 0.2 ? "single" : dice < 0.45 ? "pair" : "default";
  const locks = lockNames.filter(() => random() < 0.2);
  if (!isQuiet) return { ...noOrder, group, locks };
  const stashMs = random() < 0.15 ? Math.round(random() * (real ? 4000 : 1000)) : null;
  const isLate = random() < 0.15;
  const needs = new Map<number, DependencyCondition>();
  const wanted = place > 0 && random() < 0.6 ? 1 + Math.floor(random() * 3) : 0;
  for (let left = wanted; left > 0; left -= 1) {
    const on = dependencyConditions[Math.floor(random() ** 1.5 * dependencyConditions.length)] ?? "completed";
    // What is put aside is not skipped, so that it can be put back.
    needs.set(1 + Math.floor(random() ** 2 * Math.min(place, 12)), stashMs === null ? on : "ended");
  }
  const fails = random() < 0.25 && !real ? (random() < 0.5 ? "once" : "always") : "never";
  return {
    group,
    locks,
    after: [...needs].map(([back, on]) => ({ back, on })),
    delayMs: isLate ? Math.round(random() * (real ? 6000 : 1500)) : null,
    stashMs,
    fails,
    isWaived: random() < 0.2,
    isBudgeted: !real && random() < 0.4,
    hasWindow: random() < 0.05,
  };
}

export function plannedPause(random: Random, real: boolean): PlannedPause {
  return { afterMs: Math.round(random() * (real ? 8000 : 2000)), forMs: Math.round(random() * (real ? 5000 : 1500)) };
}
