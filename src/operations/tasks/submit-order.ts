/** Reads when a new task may start: which tasks come first, from when on, or put aside. */
import type { Caller } from "../../contract/caller.ts";
import type { GivenDependency } from "../../contract/order-input.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { findCycle } from "../../domain/order/dependency.ts";
import type { Dependency, DependencyCondition } from "../../domain/order/dependency.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { NewTask, Store } from "../../store/store.ts";
import { isAgent, requireDelegated } from "../rights/guard-agent.ts";
import { localTaskId } from "./require-task.ts";

/** Another task: by its number, or by its place in the batch. */
export interface PlannedDependency {
  readonly pointer: string;
  readonly on: DependencyCondition;
  readonly task: { readonly ref: TaskRef } | { readonly place: number };
}

type OrderFields = Pick<ParsedTaskInput, "depends_on" | "not_before" | "stash">;

/** The fields of a new task that say when it may start. */
export function startOf({ not_before, stash }: OrderFields, now: number): Pick<NewTask, "notBefore" | "notBeforeReason" | "stashedAt"> {
  const at = not_before == null ? null : Date.parse(not_before);
  const later = at !== null && at > now;
  return { notBefore: later ? at : null, notBeforeReason: later ? "schedule" : null, stashedAt: stash === true ? now : null };
}

/**
 * What each task of a batch depends on.
 * @throws WorkerError invalid_input: an unknown name, a task twice, itself, or a cycle.
 */
export function dependenciesOf(inputs: readonly ParsedTaskInput[], isBatch: boolean): PlannedDependency[][] {
  const planned = inputs.map((input, place) => {
    const own = (input.depends_on ?? []).map((given, index) => plannedOne(given, { inputs, place, index, isBatch }));
    requireOnce(own);
    return own;
  });
  requireNoCycle(inputs, planned);
  return planned;
}

/**
 * Inside `write`, when all tasks of the batch are stored.
 * @param ids the numbers of the batch's tasks, by their place.
 * @throws WorkerError invalid_input: no such task; forbidden: an agent names a task of others.
 */
export function addDependencies(
  store: Store,
  id: number,
  planned: readonly PlannedDependency[],
  ids: readonly number[],
  caller: Caller,
): void {
  if (planned.length === 0) return;
  const found: Dependency[] = planned.map(({ on, task, pointer }) => {
    if ("place" in task) return { task: ids[task.place] ?? 0, on };
    const other = localTaskId(task.ref);
    const delegated = isAgent(caller) ? store.tasks.get(other) : null;
    if (!store.tasks.exists(other))
      throw problem(pointer, `names task ${task.ref}, and there is none. See which there are: claude-worker list --all`);
    if (delegated !== null) requireDelegated(store, delegated, caller);
    return { task: other, on };
  });
  store.dependencies.add(id, found);
}

interface Place {
  readonly inputs: readonly ParsedTaskInput[];
  readonly place: number;
  readonly index: number;
  readonly isBatch: boolean;
}

function plannedOne(given: GivenDependency, { inputs, place, index, isBatch }: Place): PlannedDependency {
  const { task, on } = typeof given === "object" ? given : { task: given, on: "completed" as const };
  const pointer = `${isBatch ? `/tasks/${place}` : ""}/depends_on/${index}`;
  if (typeof task === "number") return { pointer, on, task: { ref: task } };
  const places = inputs.flatMap(({ name }, at) => (name === task ? [at] : []));
  const [found, second] = places;
  if (found === undefined && /^f\d+$/.test(task)) return { pointer, on, task: { ref: task as TaskRef } };
  if (found === undefined) throw problem(pointer, `names "${task}", and no task of the batch has this name`);
  if (second !== undefined) throw problem(pointer, `names "${task}", and several tasks of the batch have this name`);
  if (found === place) throw problem(pointer, "names the task itself");
  return { pointer, on, task: { place: found } };
}

function requireOnce(planned: readonly PlannedDependency[]): void {
  const seen = new Set<string>();
  for (const { task, pointer } of planned) {
    const key = "place" in task ? `place ${task.place}` : String(task.ref);
    if (seen.has(key)) throw problem(pointer, "names a task a second time");
    seen.add(key);
  }
}

function requireNoCycle(inputs: readonly ParsedTaskInput[], planned: readonly (readonly PlannedDependency[])[]): void {
  const needs = new Map(planned.map((own, place) => [place, own.flatMap(({ task }) => ("place" in task ? [task.place] : []))]));
  const cycle = findCycle(needs);
  if (cycle === null) return;
  const names = cycle.map((place) => inputs[place]?.name ?? String(place));
  throw problem(`/tasks/${cycle[0] ?? 0}/depends_on`, `makes a cycle: ${names.join(" → ")}`);
}

function problem(pointer: string, detail: string): WorkerError {
  return new WorkerError("invalid_input", `depends_on ${detail}.`, [{ pointer, detail }]);
}
