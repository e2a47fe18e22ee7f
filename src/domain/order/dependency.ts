/**
 * Dependencies: which tasks a task runs after, and when that can come true. Pure; the store keeps
 * them and settles them in the write that ends a task (store/sqlite/dependencies.ts).
 */
import { isTerminal } from "../task/status.ts";
import type { TaskStatus } from "../task/status.ts";

/**
 * How the other task has to end: `completed`; `failed`, without a cancel; `ended`, in any way, also
 * skipped.
 */
export const dependencyConditions = ["completed", "ended", "failed"] as const;
export type DependencyCondition = (typeof dependencyConditions)[number];

/**
 * `met` stays, whatever the other task does later. `waived`: it was impossible, and the task was
 * run all the same.
 */
export const dependencyStates = ["waiting", "met", "impossible", "waived"] as const;
export type DependencyState = (typeof dependencyStates)[number];

export interface Dependency {
  /** The other task. */
  readonly task: number;
  readonly on: DependencyCondition;
}

export interface HeldDependency extends Dependency {
  readonly state: DependencyState;
}

/** So many dependencies a task has at most. */
export const maxDependencies = 100;

/** What a condition says while the other task is in this status. */
export function dependencyState(on: DependencyCondition, status: TaskStatus): Exclude<DependencyState, "waived"> {
  if (!isTerminal(status)) return "waiting";
  return on === "ended" || on === status ? "met" : "impossible";
}

const endings: Readonly<Partial<Record<TaskStatus, string>>> = {
  completed: "completed",
  failed: "failed",
  cancelled: "was cancelled",
  skipped: "was skipped",
};

/** Why a task is skipped, as a sentence. @param status how the other task ended. */
export function skipReason({ task, on }: Dependency, status: TaskStatus): string {
  const other = `task ${task}`;
  const meant = on === "failed" ? `only if ${other} fails` : `only after ${other} has completed`;
  return `Task ${task} ${endings[status] ?? status}, and this task runs ${meant}.`;
}

/** Why a step fails that stands for several tasks. @param failed those that failed. */
export function partsFailedReason(failed: readonly number[]): string {
  const shown = failed.slice(0, 5).map(String);
  const rest = failed.length - shown.length;
  const names = rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ").replace(/, (\d+)$/, " and $1");
  return failed.length === 1
    ? `Task ${names} failed, and this task stands for it.`
    : `Tasks ${names} failed, and this task stands for them.`;
}

/** A dependency that is not met, with the other task's status. */
export interface Waited extends Dependency {
  readonly status: TaskStatus;
}

/** What a task waits for, as a sentence. */
export function waitsForText([first, ...more]: readonly Waited[]): string {
  if (first === undefined) return "It runs after other tasks.";
  const other = `task ${first.task} (${first.status})`;
  const others = more.length === 0 ? "" : `, and after ${more.length} more`;
  if (first.on === "failed") return `It runs only if ${other} fails${others}.`;
  return first.on === "ended" ? `It runs after ${other}, however that ends${others}.` : `It runs after ${other}${others}.`;
}

/** `41` or `41:ended`. @returns null: it is neither. */
export function readDependency(text: string): { readonly reference: string; readonly on: DependencyCondition } | null {
  const [, reference, on = "completed"] = /^([^:]+)(?::([a-z]+))?$/.exec(text.trim()) ?? [];
  if (reference === undefined || !isCondition(on)) return null;
  return { reference: reference.trim(), on };
}

function isCondition(word: string): word is DependencyCondition {
  return (dependencyConditions as readonly string[]).includes(word);
}

/**
 * The tasks of a cycle, in its order, the first one again at the end; null: there is none.
 * @param needs for each task those that it runs after.
 */
export function findCycle<T>(needs: ReadonlyMap<T, readonly T[]>): T[] | null {
  const done = new Set<T>();
  for (const start of needs.keys()) {
    // Depth first, with a stack of its own: a chain may have a thousand tasks.
    const path: { task: T; left: T[] }[] = done.has(start) ? [] : [{ task: start, left: [...(needs.get(start) ?? [])] }];
    const onPath = new Set<T>(path.map(({ task }) => task));
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.left.pop();
      if (next === undefined) {
        done.add(top.task);
        onPath.delete(top.task);
        path.pop();
      } else if (onPath.has(next)) {
        const tasks = path.map(({ task }) => task);
        return [...tasks.slice(tasks.indexOf(next)), next];
      } else if (!done.has(next)) {
        onPath.add(next);
        path.push({ task: next, left: [...(needs.get(next) ?? [])] });
      }
    }
  }
  return null;
}
