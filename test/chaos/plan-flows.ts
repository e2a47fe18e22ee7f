/**
 * The workflows, the schedules and what else a person does to the queue in a chaos round, from its
 * seed alone. It starts nothing.
 */
import { dependencyConditions } from "../../src/domain/order/dependency.ts";
import type { DependencyCondition } from "../../src/domain/order/dependency.ts";
import { missedPolicies } from "../../src/domain/schedules/schedule.ts";
import type { MissedPolicy } from "../../src/domain/schedules/schedule.ts";
import { limits } from "./plan-order.ts";

/** A task of a workflow file. */
export interface PlannedNode {
  readonly key: string;
  readonly kind: "task" | "approval" | "matrix" | "for_each" | "workflow";
  readonly needs: readonly { readonly key: string; readonly on: DependencyCondition }[];
  /** How many tasks a matrix makes. */
  readonly size: number;
  /** `once`: until the run is retried. */
  readonly fails: "never" | "once" | "always";
  /** Its condition does not hold. */
  readonly isOff: boolean;
  readonly group: string;
  readonly locks: readonly string[];
}

export interface PlannedFlow {
  readonly afterMs: number;
  readonly stepMs: number;
  readonly nodes: readonly PlannedNode[];
  /** A failure stops the run. */
  readonly stops: boolean;
  readonly concurrency: number | null;
  /** The run is cancelled so long after its submit; null: never. */
  readonly cancelAfterMs: number | null;
}

/** A schedule with one due time, so long after it was added. */
export interface PlannedSchedule {
  readonly afterMs: number;
  readonly dueInMs: number;
  readonly target: "task" | "template" | "workflow";
  readonly missed: MissedPolicy;
  /** A person runs it so long after it was added; null: never. */
  readonly manualAfterMs: number | null;
}

/** What a person does to a pending task: `dice` picks it. */
export interface PlannedChange {
  readonly afterMs: number;
  readonly how: "front" | "back" | "before" | "edit" | "priority";
  readonly dice: readonly [number, number];
}

export interface PlannedFlows {
  readonly flows: readonly PlannedFlow[];
  readonly schedules: readonly PlannedSchedule[];
  readonly changes: readonly PlannedChange[];
}

type Random = () => number;

export const noFlows: PlannedFlows = { flows: [], schedules: [], changes: [] };

export function plannedFlows(random: Random, real: boolean): PlannedFlows {
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return {
    flows: times(real ? 1 : 2, () => plannedFlow(random, real)),
    schedules: times(real ? 1 : 3, () => plannedSchedule(random, real)),
    changes: times(real ? 3 : 12, () => plannedChange(random, real)),
  };
}

function plannedFlow(random: Random, real: boolean): PlannedFlow {
  const nodes: PlannedNode[] = [];
  const size = (real ? 3 : 4) + Math.floor(random() * 4);
  for (let place = 0; place < size; place += 1) nodes.push(plannedNode(random, nodes, real));
  return {
    afterMs: Math.round(random() * (real ? 3000 : 1500)),
    stepMs: Math.round((real ? 100 : 20) + random() * (real ? 200 : 80)),
    nodes,
    stops: random() < 0.15,
    concurrency: random() < 0.3 ? 2 : null,
    cancelAfterMs: random() < 0.15 ? Math.round(random() * (real ? 6000 : 3000)) : null,
  };
}

function plannedNode(random: Random, before: readonly PlannedNode[], real: boolean): PlannedNode {
  const kinds = ["task", "task", "task", "approval", "matrix", "for_each", "workflow"] as const;
  const kind = before.length === 0 ? "task" : pick(random, kinds);
  const needs = new Map<string, DependencyCondition>();
  const wanted = before.length === 0 ? 0 : Math.floor(random() * 3);
  for (let left = wanted; left > 0; left -= 1) needs.set(pick(random, before).key, pick(random, dependencyConditions.slice(0, 2)));
  const fails = real || kind === "approval" || random() > 0.2 ? "never" : random() < 0.6 ? "once" : "always";
  const lane = random();
  return {
    key: `n${before.length + 1}`,
    kind,
    needs: [...needs].map(([key, on]) => ({ key, on })),
    size: real ? 2 : 2 + Math.floor(random() * 3),
    fails,
    isOff: (kind === "task" || kind === "approval" || kind === "for_each") && before.length > 0 && random() < 0.1,
    group: lane < 0.2 ? pick(random, Object.keys(limits)) : "default",
    locks: random() < 0.15 ? ["db"] : [],
  };
}

function plannedSchedule(random: Random, real: boolean): PlannedSchedule {
  return {
    afterMs: Math.round(random() * 800),
    dueInMs: 500 + Math.round(random() * (real ? 8000 : 4000)),
    target: pick(random, ["task", "template", "workflow"] as const),
    missed: pick(random, missedPolicies),
    manualAfterMs: random() < 0.3 ? Math.round(random() * 3000) : null,
  };
}

function plannedChange(random: Random, real: boolean): PlannedChange {
  return {
    afterMs: Math.round(random() * (real ? 3000 : 600)),
    how: pick(random, ["front", "back", "before", "edit", "priority"] as const),
    dice: [random(), random()],
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
