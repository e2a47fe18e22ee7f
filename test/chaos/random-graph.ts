/** A random graph of tasks: who runs after whom, in which lane, and how it ends. */
import { dependencyConditions } from "../../src/domain/order/dependency.ts";
import type { DependencyCondition } from "../../src/domain/order/dependency.ts";
import { limits } from "./plan-order.ts";

export interface GraphTask {
  readonly group: string;
  readonly locks: readonly string[];
  /** Places of earlier tasks. */
  readonly needs: readonly { readonly place: number; readonly on: DependencyCondition }[];
  readonly fails: boolean;
  /** Whether it counts for the budget of a label. */
  readonly isLabelled: boolean;
}

const groups = ["default", "default", "default", ...Object.keys(limits)];
const locks = ["db", "net", "disk"];

/** @param random uniform in [0, 1). Most tasks run after some of the fifty before them. */
export function randomGraph(random: () => number, size: number): GraphTask[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: size }, (_, place) => {
    const places = new Set<number>();
    const wanted = place === 0 || random() < 0.4 ? 0 : 1 + Math.floor(random() * 3);
    for (let left = wanted; left > 0; left -= 1) places.add(place - 1 - Math.floor(random() * Math.min(place, 50)));
    const needs = [...places].map((other) => ({ place: other, on: random() < 0.5 ? ("completed" as const) : pick(dependencyConditions) }));
    return { group: pick(groups), locks: locks.filter(() => random() < 0.1), needs, fails: random() < 0.06, isLabelled: random() < 0.4 };
  });
}

/**
 * What is wrong with the ends of a graph's tasks, computed from nothing but these ends. Any task
 * may have been cancelled.
 * @param statuses by place.
 */
export function wrongEnds(graph: readonly GraphTask[], statuses: readonly string[]): string[] {
  return graph.flatMap(({ needs, fails }, place) => {
    const status = statuses[place] ?? "gone";
    const isMet = needs.every(({ place: other, on }) => on === "ended" || on === statuses[other]);
    const expected = !isMet ? "skipped" : fails ? "failed" : "completed";
    return status === expected || (isMet && status === "cancelled") ? [] : [`the task in place ${place} is ${status}, not ${expected}`];
  });
}
