import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dependencyConditions, dependencyState } from "../../../src/domain/order/dependency.ts";
import type { Dependency } from "../../../src/domain/order/dependency.ts";
import type { TaskStatus } from "../../../src/domain/task/status.ts";
import type { Store } from "../../../src/store/store.ts";
import { newAttempt, setup } from "../setup.ts";
import { plainTask } from "../../../testing/plain-task.ts";

function insert(store: Store, dependencies: readonly Dependency[]): number {
  const { id } = store.tasks.insert(plainTask());
  store.dependencies.add(id, dependencies);
  return id;
}

/** Runs a pending task to this end. */
function run(store: Store, id: number, end: "complete" | "fail" | "cancel"): void {
  const claimed = store.attempts.claim(id, newAttempt(`r${id}`), 2000);
  assert.ok(claimed, `task ${id} is not pending`);
  store.attempts.close(claimed.attempt.id, { kind: "succeeded", message: "" }, 3000);
  store.tasks.transition(id, end, 3000);
}

const statusOf = (store: Store, id: number): TaskStatus | undefined => store.tasks.row(id)?.status;

test("a task starts once all tasks that it runs after have ended as it says", async (t) => {
  const { store } = setup(t);
  const [a, b, c] = await store.write(() => {
    const first = insert(store, []);
    const second = insert(store, [{ task: first, on: "completed" }]);
    return [
      first,
      second,
      insert(store, [
        { task: first, on: "ended" },
        { task: second, on: "completed" },
      ]),
    ];
  });
  assert.deepEqual(store.tasks.startable(0, 9), [a]);
  assert.deepEqual(store.dependencies.waitsFor(c), [
    { task: a, on: "ended", status: "pending" },
    { task: b, on: "completed", status: "pending" },
  ]);
  await store.write(() => run(store, a, "complete"));
  assert.deepEqual(store.tasks.startable(0, 9), [b]);
  await store.write(() => run(store, b, "complete"));
  assert.deepEqual(store.tasks.startable(0, 9), [c]);
  assert.deepEqual(store.dependencies.dependents(a), [b, c]);
});

test("a chain is skipped with its reason, in the commit that ends its first task", async (t) => {
  const { store } = setup(t);
  const [a, b, c, d] = await store.write(() => {
    const first = insert(store, []);
    const second = insert(store, [{ task: first, on: "completed" }]);
    const third = insert(store, [{ task: second, on: "completed" }]);
    return [first, second, third, insert(store, [{ task: third, on: "ended" }])];
  });
  await store.write(() => run(store, a, "fail"));
  assert.deepEqual(
    [b, c, d].map((id) => statusOf(store, id)),
    ["skipped", "skipped", "pending"],
  );
  assert.deepEqual(store.tasks.row(c)?.error, {
    code: "dependency_failed",
    message: `Task ${b} was skipped, and this task runs only after task ${b} has completed.`,
    retryable: true,
  });
  assert.deepEqual(store.tasks.startable(0, 9), [d]);
  const told = store.events.ofTask(b, 0, 9).map(({ type, data }) => [type, "status" in data ? data.status : null]);
  assert.deepEqual(told, [["ended", "skipped"]]);
});

test("a retry revives what was skipped because of it, and un-meets nothing", async (t) => {
  const { store } = setup(t);
  const [a, b, c, after] = await store.write(() => {
    const first = insert(store, []);
    const second = insert(store, [{ task: first, on: "completed" }]);
    return [first, second, insert(store, [{ task: second, on: "completed" }]), insert(store, [{ task: first, on: "failed" }])];
  });
  await store.write(() => run(store, a, "fail"));
  await store.write(() => store.tasks.transition(a, "retry", 4000));
  assert.deepEqual(
    [b, c, after].map((id) => statusOf(store, id)),
    ["pending", "pending", "pending"],
  );
  assert.deepEqual(store.tasks.startable(0, 9), [a, after], "what it has met once stays met");
  await store.write(() => run(store, a, "complete"));
  assert.deepEqual(store.tasks.startable(0, 9), [b, after]);
  await store.write(() => store.tasks.transition(a, "follow_up", 5000));
  assert.deepEqual(store.tasks.startable(0, 9), [a, b, after]);
});

test("a task whose end is only a step of one write skips nothing", async (t) => {
  const { store } = setup(t);
  const [a, b] = await store.write(() => {
    const first = insert(store, []);
    return [first, insert(store, [{ task: first, on: "completed" }])];
  });
  await store.write(() => {
    run(store, a, "fail");
    store.tasks.transition(a, "follow_up", 3000);
  });
  assert.equal(statusOf(store, b), "pending");
  assert.deepEqual(store.events.ofTask(b, 0, 9), []);
});

test("a dependency on a task that has ended is decided at once", async (t) => {
  const { store } = setup(t);
  const a = await store.write(() => insert(store, []));
  await store.write(() => run(store, a, "fail"));
  const [skipped, ready] = await store.write(() => [
    insert(store, [{ task: a, on: "completed" }]),
    insert(store, [{ task: a, on: "failed" }]),
  ]);
  assert.deepEqual([statusOf(store, skipped), statusOf(store, ready)], ["skipped", "pending"]);
  await store.write(() => {
    store.tasks.transition(skipped, "retry", 4000);
    store.dependencies.waive(skipped);
  });
  assert.deepEqual(store.tasks.startable(0, 9), [skipped, ready]);
  assert.deepEqual(store.dependencies.ofTask(skipped), [{ task: a, on: "completed", state: "waived" }]);
});

test("a chain of five thousand is skipped and revived in one commit each", async (t) => {
  const { store } = setup(t);
  const ids = await store.write(() => {
    const all: number[] = [];
    for (let left = 5000; left > 0; left -= 1)
      all.push(insert(store, all.length === 0 ? [] : [{ task: all.at(-1) ?? 0, on: "completed" }]));
    return all;
  });
  await store.write(() => run(store, ids[0] ?? 0, "cancel"));
  assert.equal(store.tasks.counts().skipped, 4999);
  await store.write(() => store.tasks.transition(ids[0] ?? 0, "retry", 4000));
  assert.deepEqual(store.tasks.counts(), { pending: 5000, running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 });
  assert.deepEqual(store.tasks.startable(0, 9), [ids[0]]);
});

const anyGraph = fc.array(fc.array(fc.tuple(fc.nat(29), fc.constantFrom(...dependencyConditions)), { maxLength: 3 }), {
  minLength: 1,
  maxLength: 30,
});
const anySteps = fc.array(fc.tuple(fc.constantFrom("complete", "fail", "cancel", "retry"), fc.nat(99)), { maxLength: 60 });

test("any graph and any ends agree with rules that are computed from scratch", async (t) => {
  const { store } = setup(t);
  await fc.assert(
    fc.asyncProperty(anyGraph, anySteps, async (graph, steps) => {
      const ids = await store.write(() => {
        const all: number[] = [];
        for (const wanted of graph) {
          const targets = new Map(wanted.flatMap(([place, on]) => (all[place] === undefined ? [] : [[all[place], on] as const])));
          all.push(
            insert(
              store,
              [...targets].map(([task, on]) => ({ task, on })),
            ),
          );
        }
        return all;
      });
      for (const [step, pick] of steps) {
        const possible =
          step === "retry"
            ? ids.filter((id) => ["completed", "failed", "cancelled"].includes(statusOf(store, id) ?? ""))
            : ids.filter((id) => store.tasks.row(id)?.status === "pending" && store.tasks.row(id)?.unmet === 0);
        const id = possible[pick % Math.max(1, possible.length)];
        if (id === undefined) continue;
        await store.write(() => (step === "retry" ? void store.tasks.transition(id, "retry", 4000) : run(store, id, step)));
        for (const each of ids) checkOne(store, each);
      }
      await store.write(() => ids.forEach((id) => store.tasks.transition(id, "cancel", 9000)));
    }),
    { numRuns: 60 },
  );
});

/** What the rows of a task say about it, from its dependencies' own statuses. */
function checkOne(store: Store, id: number): void {
  const task = store.tasks.row(id);
  const held = store.dependencies.ofTask(id);
  for (const { task: other, on, state } of held) {
    const now = dependencyState(on, statusOf(store, other) ?? "pending");
    if (state !== "met") assert.equal(state, now, `${id} after ${other}`);
  }
  assert.equal(task?.unmet, held.filter(({ state }) => state !== "met").length);
  const isImpossible = held.some(({ state }) => state === "impossible");
  if (task?.status === "pending") assert.equal(isImpossible, false);
  if (task?.status === "skipped") assert.equal(isImpossible, true);
}

test("what stands for several steps of a workflow fails once all have ended", async (t) => {
  const { store, submit } = setup(t);
  const [failing, slow, join, report] = [await submit(), await submit(), await submit(), await submit()];
  await store.write(() => {
    const workflowId = store.workflows.insert({ name: "w", inputs: {}, workingDirectory: "/home/me/project", createdAt: 0 });
    const given = { needs: {}, inputs: {}, matrix: {} };
    const step = { workflowId, parent: null, needs: [], condition: null, onFailure: "continue", given, spec: null } as const;
    store.workflows.addStep({ ...step, taskId: failing.id, key: "review[1]", kind: "task" });
    store.workflows.addStep({ ...step, taskId: slow.id, key: "review[2]", kind: "task" });
    store.workflows.addStep({ ...step, taskId: join.id, key: "review", kind: "join" });
    store.workflows.addStep({ ...step, taskId: report.id, key: "report", kind: "task" });
    store.dependencies.add(
      join.id,
      [failing, slow].map(({ id }) => ({ task: id, on: "completed" as const })),
    );
    store.dependencies.add(report.id, [{ task: join.id, on: "ended" }]);
  });
  await store.write(() => run(store, failing.id, "fail"));
  assert.deepEqual(
    [statusOf(store, join.id), store.tasks.startable(4000, 10)],
    ["pending", [slow.id]],
    "the report waits for the slow one",
  );
  await store.write(() => run(store, slow.id, "complete"));
  assert.deepEqual([statusOf(store, join.id), store.tasks.startable(4000, 10)], ["failed", [report.id]]);
});
