import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { scratch } from "../../testing/scratch.ts";
import { checkClockwork } from "./check-clockwork.ts";
import { checkFlows } from "./check-flows.ts";
import { taskCostUsd } from "./clockwork.ts";
import { emptyLedger } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { PlannedNode } from "./plan-flows.ts";
import type { EventRow, Findings, OccurrenceRow, Snapshot, StepRow, TaskRow } from "./snapshot.ts";

const nothing: Snapshot = {
  tasks: [],
  attempts: [],
  events: [],
  questions: [],
  messages: [],
  workspaces: [],
  checkpoints: [],
  deliveries: [],
  dependencies: [],
  steps: [],
  flows: [],
  schedules: [],
  occurrences: [],
  damage: [],
};

const node = (key: string, more: Partial<PlannedNode> = {}): PlannedNode => ({
  key,
  kind: "task",
  needs: [],
  size: 2,
  fails: "always",
  isOff: false,
  group: "default",
  locks: [],
  ...more,
});

const flow = { afterMs: 0, stepMs: 0, stops: false, concurrency: null, cancelAfterMs: null };

const row = (id: number, status: string, more: Partial<TaskRow> = {}): TaskRow => ({
  id,
  name: null,
  status,
  error: null,
  result: null,
  last_seq: 0,
  session_id: null,
  group_name: "default",
  locks: "[]",
  labels: "{}",
  prompt: "",
  ...more,
});

/** What the checks find in a run with these keys and statuses. */
function foundIn(t: TestContext, nodes: readonly PlannedNode[], ends: readonly (readonly [string, string])[], status: string): Findings {
  const found: Findings = { lost: [], duplicated: [], orphans: [], broken: [] };
  const ledger: Ledger = {
    ...emptyLedger(),
    flows: [{ id: 1, name: "flow", planned: { ...flow, nodes }, isCancelled: false, isRetried: false }],
  };
  const steps = ends.map(([key, end], index): StepRow => {
    return { task_id: index + 1, workflow_id: 1, key, kind: "task", parent: null, is_expanded: 0, status: end };
  });
  const tasks = ends.map(([, end], index) => row(index + 1, end));
  checkFlows({ place: scratch(t) }, ledger, { ...nothing, steps, tasks, flows: [{ id: 1, name: "flow", status }] }, found);
  return found;
}

const chain = [node("n1"), node("n2", { needs: [{ key: "n1", on: "completed" }] })];

test("the check of workflows accepts a chain that was skipped behind a failure", (t) => {
  const found = foundIn(
    t,
    chain,
    [
      ["n1", "failed"],
      ["n2", "skipped"],
    ],
    "failed",
  );
  assert.deepEqual(found, { lost: [], duplicated: [], orphans: [], broken: [] });
});

test("the check of workflows sees wrong ends, lost keys and keys that come twice", (t) => {
  const ran = foundIn(
    t,
    chain,
    [
      ["n1", "failed"],
      ["n2", "failed"],
    ],
    "failed",
  );
  assert.match(ran.lost.join(), /n2 of the run flow is failed, not skipped/);
  assert.match(foundIn(t, chain, [["n1", "failed"]], "failed").lost.join(), /the run flow has no n2/);
  const twice = foundIn(
    t,
    chain,
    [
      ["n1", "failed"],
      ["n2", "skipped"],
      ["n2", "skipped"],
    ],
    "failed",
  );
  assert.match(twice.duplicated.join(), /has the keys n1 n2 n2/);
  assert.match(
    foundIn(
      t,
      chain,
      [
        ["n1", "failed"],
        ["n2", "skipped"],
      ],
      "completed",
    ).broken.join(),
    /its tasks say failed/,
  );
});

const minute = 60_000;

function clockworkIn(ledger: Partial<Ledger>, rows: Partial<Snapshot>): Findings {
  const found: Findings = { lost: [], duplicated: [], orphans: [], broken: [] };
  checkClockwork({ ...emptyLedger(), ...ledger }, { ...nothing, ...rows }, found);
  return found;
}

test("the check of schedules sees due times that are lost, come twice or lack a task", () => {
  const due = (due_at: number, task_id: number): OccurrenceRow => {
    return { name: "minutely", kind: "due", due_at, state: "submitted", reason: null, task_id, workflow_id: null };
  };
  const schedules = [{ name: "minutely", planned: null, manualRuns: 0 }];
  const next = { schedules: [{ name: "minutely", next_due_at: 4 * minute }] };
  const tasks = [1, 2, 3].map((id) => row(id, "completed", { labels: '{"of-schedule":"minutely"}' }));
  const whole = [due(minute, 1), due(2 * minute, 2), due(3 * minute, 3)];
  assert.deepEqual(clockworkIn({ schedules }, { ...next, tasks, occurrences: whole }), {
    lost: [],
    duplicated: [],
    orphans: [],
    broken: [],
  });
  const without = clockworkIn({ schedules }, { ...next, tasks, occurrences: whole.toSpliced(1, 1) });
  assert.match(without.lost.join(), /rows of 60000 180000, and the minutes were 60000 120000 180000/);
  assert.match(without.duplicated.join(), /task 2 has no row of its schedule/);
  assert.match(
    clockworkIn({ schedules }, { ...next, tasks: tasks.slice(1), occurrences: whole }).lost.join(),
    /task 1 of a schedule is gone/,
  );
  const shared = clockworkIn({ schedules }, { ...next, tasks, occurrences: [...whole.slice(0, 2), due(3 * minute, 2)] });
  assert.match(shared.duplicated.join(), /rows of schedules share a run/);
});

test("the check of the budget sees a start after all of it was spent", () => {
  const tasks = [1, 2].map((id) => row(id, "completed", { labels: '{"purse":"yes"}' }));
  const event = (id: number, task_id: number, type: string): EventRow => ({ id, task_id, seq: id, attempt_id: task_id, type, data: "{}" });
  const attempts = [1, 2].map((id) => ({
    id,
    task_id: id,
    number: 1,
    runner_id: "",
    resume: 0,
    started_at: id * 10,
    ended_at: null,
    outcome: null,
  }));
  const events = [event(1, 1, "started"), event(2, 1, "result"), event(3, 2, "started")];
  const given = (limitUsd: number, from: number) => ({ limitUsd, from });
  const spent = clockworkIn({ budgets: [given(taskCostUsd, 0), given(1, 21)] }, { tasks, events, attempts });
  assert.match(spent.broken.join(), /task 2 started when 1 tasks had spent the 0.001 USD of their budget/);
  assert.deepEqual(clockworkIn({ budgets: [given(taskCostUsd, 0), given(1, 20)] }, { tasks, events, attempts }).broken, []);
});
