/**
 * Checks the schedules, the budget and the edits of a chaos run from outside: each due time led to
 * one thing, and no money was spent beyond the limit.
 */
import { minutely, purse, scheduleLabel, taskCostUsd } from "./clockwork.ts";
import type { Ledger } from "./ledger.ts";
import type { EventRow, Findings, OccurrenceRow, Snapshot } from "./snapshot.ts";

const minuteMs = 60_000;
/** A sum of amounts like 0.001 is not exact. */
const roundingUsd = 1e-9;

export function checkClockwork(ledger: Ledger, rows: Snapshot, found: Findings): void {
  const runsOf = Map.groupBy(rows.occurrences, ({ name }) => name);
  for (const { name, planned, manualRuns } of ledger.schedules) {
    const runs = runsOf.get(name) ?? [];
    if (planned === null) checkMinutes(rows, runs, found);
    else checkOneTime(name, planned.missed, runs, found);
    const manual = runs.filter(({ kind }) => kind === "manual").length;
    if (manual < manualRuns) found.lost.push(`${name} was run ${manualRuns} times by hand, and has ${manual} rows of it`);
  }
  checkRuns(rows, found);
  checkBudget(ledger, rows, found);
  for (const { task, words } of ledger.edits)
    if (rows.tasks.find(({ id }) => id === task)?.prompt.includes(words) !== true) found.lost.push(`task ${task} has lost "${words}"`);
}

/** A server may have been down for longer than counts as being on time. */
function checkOneTime(name: string, missed: string, runs: readonly OccurrenceRow[], found: Findings): void {
  const due = runs.filter(({ kind }) => kind === "due");
  const [first] = due;
  const isRight = first?.state === "submitted" || (missed === "skip" && first?.reason === "missed");
  if (due.length > 1) found.duplicated.push(`${name} has ${due.length} rows of its only due time`);
  if (!isRight) found.lost.push(`the due time of ${name} became ${JSON.stringify(first ?? null)}`);
}

/** Each minute since the first one has one row, up to the next one. */
function checkMinutes({ schedules }: Snapshot, runs: readonly OccurrenceRow[], found: Findings): void {
  const dues = runs.filter(({ kind }) => kind === "due").map(({ due_at }) => due_at);
  const next = schedules.find(({ name }) => name === minutely)?.next_due_at ?? null;
  if (next === null) return void found.lost.push(`${minutely} is never due again`);
  const first = Math.min(next, ...dues);
  const expected = Array.from({ length: (next - first) / minuteMs }, (_, index) => first + index * minuteMs);
  if (dues.toSorted((a, b) => a - b).join() !== expected.join())
    found.lost.push(`${minutely} has rows of ${dues.join(" ")}, and the minutes were ${expected.join(" ")}`);
  const wrong = runs.filter(
    ({ state, reason }) => state === "failed" || (state === "skipped" && !/^(paused|missed|overlap)$/.test(reason ?? "")),
  );
  for (const each of wrong) found.broken.push(`${minutely} has a row ${JSON.stringify(each)}`);
}

/** Each row that says so has a task or a run of its own, and each of these has a row. */
function checkRuns({ occurrences, tasks, flows, steps }: Snapshot, found: Findings): void {
  const submitted = occurrences.filter(({ state }) => state === "submitted");
  const targets = submitted.map(({ task_id, workflow_id }) => (task_id === null ? `workflow ${workflow_id}` : `task ${task_id}`));
  if (new Set(targets).size < targets.length) found.duplicated.push(`rows of schedules share a run: ${targets.join(", ")}`);
  const known = new Set([...tasks.map(({ id }) => `task ${id}`), ...flows.map(({ id }) => `workflow ${id}`)]);
  for (const target of targets) if (!known.has(target)) found.lost.push(`${target} of a schedule is gone`);
  const had = new Set(targets);
  for (const { id, labels } of tasks)
    if (labels.includes(scheduleLabel) && !had.has(`task ${id}`)) found.duplicated.push(`task ${id} has no row of its schedule`);
  for (const { id, name } of flows)
    if (name.startsWith("schedule-") && !had.has(`workflow ${id}`)) found.duplicated.push(`the run ${id} has no row of its schedule`);
  const inRuns = new Map(steps.map(({ task_id, workflow_id }) => [task_id, workflow_id]));
  for (const { id, status, labels } of tasks) {
    const isScheduled = labels.includes(scheduleLabel) || had.has(`workflow ${inRuns.get(id)}`);
    if (isScheduled && status !== "completed") found.lost.push(`task ${id} of a schedule is ${status}`);
  }
}

/**
 * No task started once its budget was spent, and what ran then costs one result each at most. A
 * task that is resumed reports the same cost again, so the first result of each is what counts.
 */
function checkBudget({ budgets }: Ledger, { tasks, events, attempts }: Snapshot, found: Findings): void {
  const label = `"${purse.key}":"${purse.value}"`;
  const counted = new Set(tasks.filter(({ labels }) => labels.includes(label)).map(({ id }) => id));
  const startOf = new Map(attempts.map(({ id, started_at }) => [id, started_at]));
  const paid = new Set<number>();
  for (const event of events.filter(({ task_id }) => counted.has(task_id)).toSorted(byId)) {
    const { task_id: task, type, attempt_id: attempt } = event;
    if (type === "result") paid.add(task);
    const startedAt = startOf.get(attempt ?? 0);
    if (!/^(started|resumed)$/.test(type) || startedAt === undefined) continue;
    // A limit counts at the earliest from its request on.
    const limit = Math.max(0, ...budgets.filter(({ from }) => from <= startedAt).map(({ limitUsd }) => limitUsd));
    if (paid.size * taskCostUsd >= limit - roundingUsd)
      found.broken.push(`task ${task} started when ${paid.size} tasks had spent the ${limit} USD of their budget`);
  }
}

const byId = (a: EventRow, b: EventRow): number => a.id - b.id;
