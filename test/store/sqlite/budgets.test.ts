import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { stretchAt } from "../../../src/domain/order/calendar.ts";
import type { CalendarPeriod } from "../../../src/domain/order/calendar.ts";
import type { Budget } from "../../../src/domain/order/budget.ts";
import type { NewTask, Store } from "../../../src/store/store.ts";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { newAttempt, setup as storeSetup } from "../setup.ts";

const hourMs = 3_600_000;
const noon = Date.parse("2027-03-27T12:00:00Z");
const timeZone = "Europe/Berlin";

function setup(t: TestContext) {
  const base = storeSetup(t);
  const store = base.open({ timeZone });
  const submit = (task: Partial<NewTask> = {}) => base.submitTo(store, task);
  const put = (scope: string, period: CalendarPeriod, limitUsd: number, isHard = false): Promise<void> =>
    store.write(() => store.budgets.put({ scope, period, limitUsd, isHard }, noon));
  /** The task's costs rise to this. */
  const costs = (id: number, costUsd: number, at = noon) => store.write(() => store.tasks.patch(id, at, { costUsd }));
  const block = (id: number, now = noon) => {
    const task = store.tasks.row(id) ?? assert.fail();
    return store.groups.lanes(now).blockOf(task, id);
  };
  const startable = (now = noon): number[] => store.tasks.startable(now, 9, { lanes: store.groups.lanes(now) });
  const spent = (now = noon): (string | number)[][] =>
    store.budgets.states(now).map(({ scope, period, spentUsd }) => [scope, period, spentUsd]);
  return { ...base, store, submit, put, costs, block, startable, spent };
}

test("a task counts for its group, its labels and everything, while it runs", async (t) => {
  const { submit, put, costs, spent } = setup(t);
  await put("all", "day", 10);
  await put("group:a", "week", 10);
  await put("label:team=x", "month", 10);
  const one = await submit({ group: "a", labels: { team: "x", other: "y" } });
  const two = await submit({ group: "b", labels: { team: "z" } });
  await costs(one.id, 1);
  await costs(one.id, 1.5);
  await costs(two.id, 4);
  // The result corrects what was counted.
  await costs(one.id, 1.25);
  assert.deepEqual(spent(), [
    ["all", "day", 5.25],
    ["group:a", "week", 1.25],
    ["label:team=x", "month", 1.25],
  ]);
  // 2027-03-28 is the day after, the last of its week, and of the same month.
  assert.deepEqual(
    spent(noon + 12 * hourMs).map(([, , usd]) => usd),
    [0, 1.25, 1.25],
  );
  assert.deepEqual(
    spent(noon + 36 * hourMs).map(([, , usd]) => usd),
    [0, 0, 1.25],
  );
});

test("nothing of a spent budget starts, and everything else does", async (t) => {
  const { store, submit, put, costs, block, startable } = setup(t);
  const done = await submit({ group: "a", labels: { team: "x" } });
  await costs(done.id, 2);
  await store.write(() => store.tasks.transition(done.id, "cancel", noon));
  const [inGroup, labelled, free] = [await submit({ group: "a" }), await submit({ labels: { team: "x" } }), await submit()];
  assert.deepEqual(startable(), [inGroup.id, labelled.id, free.id]);
  await put("group:a", "day", 2);
  await put("label:team=x", "month", 1.5);
  assert.deepEqual(startable(), [free.id]);
  assert.deepEqual(block(inGroup.id), {
    reason: "budget",
    blocker: "budget:group:a:day",
    message: "The budget of group a for this day is spent: $2.00 of $2.00. It opens in 11 h.",
    until: Date.parse("2027-03-27T23:00:00Z"),
  });
  assert.equal(block(labelled.id)?.blocker, "budget:label:team=x:month");
  // The next day only the month's budget blocks.
  assert.deepEqual(startable(noon + 11 * hourMs), [inGroup.id, free.id]);
  // A larger budget opens at once, and so does none.
  await put("group:a", "day", 2.01);
  assert.deepEqual(startable(), [inGroup.id, free.id]);
  await store.write(() => store.budgets.remove("label:team=x", "month"));
  assert.deepEqual(startable(), [inGroup.id, labelled.id, free.id]);
  await put("all", "week", 1);
  assert.deepEqual(startable(), []);
  assert.equal(block(free.id)?.blocker, "budget:all:week");
});

test("a label or group that a task gets later counts at once", async (t) => {
  const { store, submit, put, costs, startable } = setup(t);
  const done = await submit({ labels: { team: "x" } });
  await costs(done.id, 2);
  await store.write(() => store.tasks.transition(done.id, "cancel", noon));
  await put("label:team=x", "day", 1);
  const { id } = await submit();
  assert.deepEqual(startable(), [id]);
  await store.write(() => store.tasks.patch(id, noon, { labels: { team: "x" } }));
  assert.deepEqual(startable(), []);
  await store.write(() => store.tasks.patch(id, noon, { labels: {} }));
  assert.deepEqual(startable(), [id]);
});

test("tasks below a task count for its budgets, whatever their group and labels", async (t) => {
  const { store, submit, put, costs, block, spent } = setup(t);
  await put("group:a", "day", 2);
  await put("label:team=x", "day", 3);
  const root = await submit({ group: "a", labels: { team: "x" } });
  const child = await store.write(() => {
    const made = store.tasks.insert({ ...root, group: "b", labels: {}, parentId: root.id, depth: 1 });
    store.agentTasks.insert({ taskId: made.id, client: "c", rootId: root.id });
    return made;
  });
  await costs(child.id, 2);
  assert.deepEqual(
    spent().map(([, , usd]) => usd),
    [2, 2],
  );
  assert.equal(block(child.id)?.blocker, "budget:group:a:day");
  await store.write(() => store.tasks.patch(root.id, noon, { group: "c" }));
  assert.equal(block(child.id), null);
});

test("spending is counted at its own time, and never before its attempt began", async (t) => {
  const { store, submit, put, costs, spent } = setup(t);
  await put("all", "day", 10);
  const late = await submit();
  // Read after midnight, spent before it.
  await costs(late.id, 1, noon);
  const set = await submit();
  await store.write(() => store.attempts.claim(set.id, newAttempt("r"), noon));
  // The system's clock was set back by two days; the server's clock was not.
  await costs(set.id, 2, noon - 48 * hourMs);
  assert.equal(spent()[0]?.[2], 3);
  assert.equal(spent(noon + 24 * hourMs)[0]?.[2], 0);
});

test("what was spent stays when its task is removed, and over a restart", async (t) => {
  const { store, submit, put, costs, open } = setup(t);
  await put("all", "day", 10);
  const { id } = await submit();
  await costs(id, 1);
  await store.write(() => {
    store.tasks.transition(id, "cancel", noon);
    store.tasks.remove(id);
  });
  await store.close();
  const again = open({ timeZone });
  assert.equal(again.budgets.states(noon)[0]?.spentUsd, 1);
  await again.write(() => again.budgets.forget(noon + hourMs));
  assert.equal(again.budgets.states(noon)[0]?.spentUsd, 0);
});

test("a write that is undone has spent nothing", async (t) => {
  const { store, submit, put, spent } = setup(t);
  await put("all", "day", 1);
  const { id } = await submit();
  const undone = store.write(() => {
    store.tasks.patch(id, noon, { costUsd: 1 });
    assert.equal(store.budgets.states(noon)[0]?.spentUsd, 1);
    throw new Error("undone");
  });
  await assert.rejects(undone, /undone/);
  assert.equal(spent()[0]?.[2], 0);
});

test("a budget is reported once in its period, when nearly spent and when spent", async (t) => {
  const { store, submit, put, costs } = setup(t);
  await store.write(() => store.notifications.addChannel(plainChannel({ name: "me", events: ["budget"] }), "s"));
  await put("group:a", "day", 10, true);
  const { id } = await submit({ group: "a" });
  for (const usd of [7.9, 8, 9, 10, 11]) await costs(id, usd);
  const told = (): string[] => store.notifications.deliveries({ limit: 9 }).map(({ content }) => content.title);
  assert.deepEqual(told(), ["A budget is spent", "A budget is nearly spent"]);
  const events = store.events.ofTask(id, 0, 9).map(({ type, data }) => [type, "level" in data ? data.level : null]);
  assert.deepEqual(events, [
    ["budget", "near"],
    ["budget", "spent"],
  ]);
  const [last] = store.notifications.deliveries({ limit: 1 });
  assert.match(last?.content.text ?? "", /\$10\.00 of \$10\.00\. Nothing of it starts until .* What runs is interrupted/);
  // In another period, and after a larger budget, it is said again.
  await costs(id, 30, noon + 24 * hourMs);
  await put("group:a", "day", 20, true);
  await costs(id, 31, noon + 24 * hourMs);
  assert.equal(told().length, 4);
});

test("a task whose likely cost is more than the rest does not start", async (t) => {
  const { store, submit, put, block, startable, spent } = setup(t);
  for (const costUsd of [0.4, 0.5, 9]) {
    const { id } = await submit({ group: "a" });
    await store.write(() => {
      store.attempts.claim(id, newAttempt(`r${id}`), noon - 48 * hourMs);
      store.attempts.close(store.attempts.open()[0]?.id ?? 0, { kind: "succeeded", message: "" }, noon - 48 * hourMs);
      store.tasks.transition(id, "complete", noon - 48 * hourMs, { costUsd });
    });
  }
  await put("group:a", "day", 1.2);
  assert.equal(spent()[0]?.[2], 0);
  const tasks = [await submit({ group: "a" }), await submit({ group: "a" }), await submit({ group: "a" })];
  const [one, two, three] = tasks.map(({ id }) => id);
  assert.deepEqual(startable(), [one, two], "0.50 is the median, and two of it fit");
  await store.write(() => store.attempts.claim(one ?? 0, newAttempt("one"), noon));
  await store.write(() => store.tasks.patch(one ?? 0, noon, { costUsd: 0.45 }));
  assert.deepEqual(startable(), [two], "what runs is likely to spend 0.05 more");
  await store.write(() => store.attempts.claim(two ?? 0, newAttempt("two"), noon));
  assert.match(
    block(three ?? 0)?.message ?? "",
    /has \$0\.20 left beside what runs, and a task of group a costs about \$0\.50 \(the median of the last 3\)/,
  );
  await put("group:a", "day", 0.45);
  await put("group:a", "month", 100);
  await put("group:a", "day", 0.46);
  const whole = block(three ?? 0);
  assert.match(whole?.message ?? "", /is \$0\.46, and a task of group a costs about \$0\.50 .*Raise it/);
  assert.equal(whole?.until, null);
  // A hard budget interrupts what passes it, so no estimate is needed.
  await put("group:a", "day", 0.46, true);
  assert.deepEqual(startable(), [three]);
});

test("a hard limit is passed by one call of each running task at most", async (t) => {
  const base = storeSetup(t);
  const anyStep = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("submit" as const), group: fc.constantFrom("a", "b"), team: fc.constantFrom("x", "y") }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("call" as const), which: fc.nat(9), usd: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "restart" as const, "day" as const), which: fc.nat(9) }) },
  );
  const anyBudgets = fc.uniqueArray(
    fc.record({
      scope: fc.constantFrom("all", "group:a", "group:b", "label:team=x"),
      period: fc.constantFrom("day" as const, "week" as const),
      limitUsd: fc.double({ min: 0.5, max: 4, noNaN: true }),
      isHard: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4, selector: ({ scope, period }) => `${scope} ${period}` },
  );
  let store = base.store;
  await store.close();
  let day = noon;
  await fc.assert(
    fc.asyncProperty(anyBudgets, fc.array(anyStep, { maxLength: 60 }), async (budgets, steps) => {
      store = base.open({ timeZone });
      day += 40 * 24 * hourMs;
      await store.write(() => budgets.forEach((budget) => store.budgets.put(budget, day)));
      const world = { store, now: day, calls: [] as Call[], over: new Map<number, number>() };
      for (const step of steps) {
        if (step.do === "restart") {
          await world.store.close();
          world.store = base.open({ timeZone });
        } else if (step.do === "day") world.now += 24 * hourMs;
        else if (step.do === "submit")
          await base.submitTo(world.store, { group: step.group, labels: { team: step.team }, createdAt: world.now });
        else if (step.do === "call") await call(world, step.which, step.usd);
        else await end(world, step.which);
        await start(world);
        check(world, budgets);
      }
      store = world.store;
      await clear(store);
      await store.close();
    }),
    { numRuns: 30 },
  );
});

interface Call {
  readonly at: number;
  readonly usd: number;
  readonly scopes: readonly string[];
  /** Of the task, after a hard budget of it was spent. */
  readonly isLast: boolean;
}

interface World {
  store: Store;
  now: number;
  readonly calls: Call[];
  readonly over: Map<number, number>;
}

function running({ store }: World) {
  return store.attempts.open();
}

/** One model call of a running task; after a hard budget is spent it is the last one. */
async function call(world: World, which: number, usd: number): Promise<void> {
  const { store, now } = world;
  const attempts = running(world);
  const attempt = attempts[which % Math.max(1, attempts.length)];
  const task = attempt === undefined ? null : store.tasks.row(attempt.taskId);
  if (attempt === undefined || task === null) return;
  const isLast = store.budgets.hardBlock(task.id, now) !== null;
  await store.write(() => store.tasks.patch(task.id, now, { costUsd: (task.costUsd ?? 0) + usd }));
  world.calls.push({ at: now, usd, isLast, scopes: ["all", `group:${task.group}`, `label:team=${task.labels["team"] ?? ""}`] });
  if (isLast) await stop(store, attempt.id, task.id, "requeue", now);
}

async function end(world: World, which: number): Promise<void> {
  const attempts = running(world);
  const attempt = attempts[which % Math.max(1, attempts.length)];
  if (attempt !== undefined) await stop(world.store, attempt.id, attempt.taskId, "complete", world.now);
}

async function stop(
  store: Store,
  attemptId: number,
  taskId: number,
  operation: "requeue" | "complete" | "cancel",
  now: number,
): Promise<void> {
  await store.write(() => {
    store.attempts.adopt(attemptId);
    store.attempts.close(attemptId, { kind: "interrupted", message: "" }, now);
    store.tasks.transition(taskId, operation, now);
  });
}

/** Starts as the scheduler does, up to three at once; each task that waits has a reason. */
async function start(world: World): Promise<void> {
  const { store, now } = world;
  const free = 3 - running(world).length;
  if (free <= 0) return;
  const lanes = store.groups.lanes(now);
  const ids = store.tasks.startable(now, free, { lanes });
  for (const id of ids) {
    const task = store.tasks.row(id) ?? assert.fail();
    assert.equal(lanes.blockOf(task, id), null);
    lanes.take(task, id);
  }
  const others = store.tasks.list({ statuses: ["pending"], limit: 500 }).filter(({ id }) => !ids.includes(id));
  if (ids.length < free) for (const task of others) assert.notEqual(lanes.blockOf(task, task.id), null, "a task that waits has a reason");
  for (const id of ids) await store.write(() => store.attempts.claim(id, newAttempt(`r${id}`), now));
}

function check({ store, now, calls }: World, budgets: readonly Budget[]): void {
  const states = store.budgets.states(now);
  for (const { scope, period, limitUsd, isHard } of budgets) {
    const { startsAt, endsAt } = stretchAt(period, now, timeZone);
    const within = calls.filter((each) => each.at >= startsAt && each.at < endsAt && each.scopes.includes(scope));
    const sum = within.reduce((total, { usd }) => total + usd, 0);
    const state = states.find((each) => each.scope === scope && each.period === period);
    assert.ok(Math.abs((state?.spentUsd ?? 0) - sum) < 1e-6, `${scope} ${period}: ${state?.spentUsd} is ${sum}`);
    if (!isHard) continue;
    let total = 0;
    let after = 0;
    for (const { usd } of within) {
      if (total >= limitUsd) after += 1;
      total += usd;
    }
    assert.ok(after <= 3, "one call of each of the three running tasks at most");
  }
}

async function clear(store: Store): Promise<void> {
  for (const { id, taskId } of store.attempts.open()) await stop(store, id, taskId, "cancel", noon);
  await store.write(() => {
    for (const { id, status } of store.tasks.list({ limit: 500 })) {
      if (status === "pending") store.tasks.transition(id, "cancel", noon);
      store.tasks.remove(id);
    }
    for (const { scope, period } of store.budgets.list()) store.budgets.remove(scope, period);
  });
}

test("a budget that comes later hides no task behind many that are blocked", async (t) => {
  const { store, submit, put, startable } = setup(t);
  await store.write(() => store.groups.put({ name: "paused", maxRunning: null, pausedAt: 1, createdAt: 1 }));
  for (let left = 70; left > 0; left -= 1) await submit({ group: "paused", priority: 5 });
  const one = await submit({ labels: { team: "x" } });
  assert.deepEqual(startable(), [one.id]);
  await put("label:team=x", "day", 10);
  assert.deepEqual(startable(), [one.id]);
});
