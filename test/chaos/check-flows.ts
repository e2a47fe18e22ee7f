/**
 * Checks the workflows of a chaos run from outside: each run is there once and each key once in it,
 * each task ended as the ends of the others say, and did its steps.
 */
import { checkSteps } from "./check-steps.ts";
import { fileOf, marksOf, stepsOf } from "./flows.ts";
import type { AcknowledgedFlow, Ledger } from "./ledger.ts";
import { noOrder } from "./plan-order.ts";
import type { PlannedNode } from "./plan-flows.ts";
import type { Findings, Snapshot, StepRow } from "./snapshot.ts";
import type { World } from "./world.ts";

/** Keys with statuses. */
type Statuses = ReadonlyMap<string, string>;

const isEnd = (status: string): boolean => /^(completed|failed|cancelled|skipped)$/.test(status);

export function checkFlows(world: Pick<World, "place">, ledger: Ledger, rows: Snapshot, found: Findings): void {
  const stepsIn = Map.groupBy(rows.steps, ({ workflow_id }) => workflow_id);
  for (const { workflow_id, key, task_id, status } of rows.steps) {
    const task = rows.tasks.find(({ id }) => id === task_id);
    if (task?.status !== status) found.broken.push(`${key} of the run ${workflow_id} says ${status}, and its task ${task?.status}`);
  }
  for (const { id, name, status } of rows.flows) {
    const own = stepsIn.get(id) ?? [];
    const keys = own.map(({ key }) => key);
    if (new Set(keys).size < keys.length) found.duplicated.push(`the run ${id} (${name}) has the keys ${keys.join(" ")}`);
    const right = runStatus(own);
    const isRight = right === status || (right === "failed" && status === "cancelled") || (right === "cancelled" && status === "failed");
    if (!isRight) found.broken.push(`the run ${id} (${name}) is ${status}, and its tasks say ${right}`);
  }
  for (const flow of ledger.flows) {
    const same = rows.flows.filter(({ name }) => name === flow.name);
    if (same.length > 1) found.duplicated.push(`the run ${flow.name} is there ${same.length} times`);
    const own = stepsIn.get(flow.id);
    if (own === undefined) found.lost.push(`the run ${flow.id} (${flow.name}) is gone`);
    else checkFlow(world, flow, own, rows, found);
  }
}

function runStatus(steps: readonly StepRow[]): string {
  if (steps.some(({ status }) => !isEnd(status))) return "running";
  if (steps.some(({ status }) => status === "failed")) return "failed";
  return steps.some(({ status }) => status === "cancelled") ? "cancelled" : "completed";
}

function checkFlow(world: Pick<World, "place">, flow: AcknowledgedFlow, steps: readonly StepRow[], rows: Snapshot, found: Findings): void {
  const { planned, name, isCancelled } = flow;
  const statuses: Statuses = new Map(steps.map(({ key, status }) => [key, status]));
  const expanded = new Set(steps.filter(({ is_expanded }) => is_expanded === 1).map(({ key }) => key));
  const keys = planned.nodes.flatMap((node) => [
    node.key,
    ...childrenOf(node).filter(() => node.kind !== "for_each" || expanded.has(node.key)),
  ]);
  const missing = keys.filter((key) => !statuses.has(key));
  const more = [...statuses.keys()].filter((key) => !keys.includes(key));
  if (missing.length > 0) found.lost.push(`the run ${name} has no ${missing.join(" ")}`);
  if (more.length > 0) found.duplicated.push(`the run ${name} has ${more.join(" ")}, which its file does not have`);
  const allowed = [...(isCancelled ? ["cancelled", "skipped"] : []), ...(planned.stops ? ["cancelled", "skipped"] : [])];
  for (const node of planned.nodes) {
    const isDenied = lastAnswer(steps, node.key, rows) === "deny";
    for (const [key, expected] of expectedEnds(node, flow, { statuses, isDenied, isExpanded: expanded.has(node.key) })) {
      const status = statuses.get(key) ?? "gone";
      if (status !== expected && !allowed.includes(status)) found.lost.push(`${key} of the run ${name} is ${status}, not ${expected}`);
    }
    for (const [key, mark] of marksOf(node)) checkMarks(world, flow, { node, key, mark, steps }, rows, found);
  }
}

const childrenOf = (node: PlannedNode): string[] => (node.kind === "task" ? [] : [...marksOf(node).keys()]);

function lastAnswer(steps: readonly StepRow[], key: string, { questions }: Snapshot): string | undefined {
  const task = steps.find((each) => each.key === key)?.task_id;
  const { answer = null } = questions.findLast(({ task_id, answer: given }) => task_id === task && given !== null) ?? {};
  return (JSON.parse(answer ?? "{}") as { decision?: string }).decision;
}

interface Known {
  readonly statuses: Statuses;
  readonly isDenied: boolean;
  readonly isExpanded: boolean;
}

/** How the tasks of a node must have ended, by the ends of what they run after. */
function expectedEnds(node: PlannedNode, { isRetried }: AcknowledgedFlow, { statuses, isDenied, isExpanded }: Known): Map<string, string> {
  const { key, kind, needs, fails, isOff } = node;
  const isMet = needs.every(({ key: other, on }) => {
    const status = statuses.get(other) ?? "";
    return isEnd(status) && (on === "ended" || on === status);
  });
  const work = fails === "never" || (fails === "once" && isRetried) ? "completed" : "failed";
  const own = !isMet || isOff ? "skipped" : work;
  if (kind === "task") return new Map([[key, own]]);
  if (kind === "approval") return new Map([[key, own === "skipped" ? own : isDenied ? "failed" : "completed"]]);
  const children = childrenOf(node).filter(() => kind !== "for_each" || isExpanded);
  const ends = new Map(children.map((child) => [child, own]));
  const [first = "", second = ""] = children;
  if (kind === "workflow") ends.set(second, statuses.get(first) === "completed" ? "completed" : "skipped");
  const isWhole = isMet && !isOff && children.every((child) => statuses.get(child) === "completed");
  return ends.set(key, isWhole ? "completed" : "skipped");
}

interface Marked {
  readonly node: PlannedNode;
  readonly key: string;
  readonly mark: string;
  readonly steps: readonly StepRow[];
}

/** A completed task did each of its steps, and each again only where it was cut. */
function checkMarks(
  world: Pick<World, "place">,
  { name }: AcknowledgedFlow,
  { node, key, mark, steps }: Marked,
  rows: Snapshot,
  found: Findings,
): void {
  const step = steps.find((each) => each.key === key);
  if (step === undefined) return;
  const { task_id: id, status } = step;
  const count = status === "completed" ? stepsOf(node, mark) : 0;
  const plain = { steps: count, stepMs: 0, afterMs: 0, background: false, cancelAfterMs: null, worktree: false, limitSeconds: null };
  const task = { id, name: `${name}/${key}`, file: fileOf(world, name, mark), first: 1, forkOf: null, notBefore: null, said: [] };
  const acknowledged = { ...task, planned: { ...plain, talk: null, order: noOrder }, cancelled: status === "cancelled" };
  // What ended otherwise may have done some of them.
  const marks = status === "skipped" ? [] : Array.from({ length: stepsOf(node, mark) }, (_, index) => index + 1);
  const own = {
    attempts: rows.attempts.filter(({ task_id }) => task_id === id),
    events: rows.events.filter(({ task_id }) => task_id === id),
  };
  checkSteps(acknowledged, { marks, denied: new Set(), interrupts: 0 }, own, found);
}
