import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Settings } from "../../../src/config/settings.ts";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import type { ParsedTaskInput, TaskInput } from "../../../src/contract/task-input.ts";
import { WorkerError } from "../../../src/domain/errors.ts";
import { pino } from "pino";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import { callerOfTaskToken, taskToken } from "../../../src/operations/tokens/task-token.ts";
import { eventually } from "../../../testing/eventually.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi, taskTokenKey } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";
import { dataOf } from "../../../testing/events.ts";

const person: Caller = { scope: "admin", name: "socket" };
const agent: Caller = { ...person, agent: { client: "claude-code 2.1.330", toolUseId: "toolu_1" } };

interface Setup extends RealApi {
  input(more?: Partial<TaskInput>): ParsedTaskInput;
  /** Submits as a person and starts it, as the supervisor would. */
  running(more?: Partial<TaskInput>, by?: Caller): Promise<{ id: number; inside: Caller; token: string }>;
}

function setup(t: TestContext, settings: Partial<Settings> = {}): Setup {
  const real = realApi(t, settings);
  const { api, store, corner } = real;
  const input: Setup["input"] = (more = {}) => taskInput.parse(goodTask(corner.work, more));
  return {
    ...real,
    input,
    running: async (more = {}, by = person) => {
      const { id } = await api.submitTask(input(more), by);
      const runnerId = `runner-${id}`;
      await store.write(() =>
        store.attempts.claim(
          id,
          { runnerId, nodeId: "n", sessionId: null, resume: false, warm: false, bootId: null, journalStart: 0 },
          Date.now(),
        ),
      );
      const token = taskToken(taskTokenKey, runnerId);
      const inside = await api.callerOfToken(token);
      assert.ok(inside);
      return { id, inside, token };
    },
  };
}

/** What was refused, with its code and message. */
async function refused(work: Promise<unknown>): Promise<WorkerError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkerError, `not refused: ${String(error)}`);
  return error;
}

test("the prompt rules apply to agents and not to persons", async (t) => {
  const { api, input } = setup(t);
  const poor = input({ prompt: "Fix it", system_prompt: null });
  const error = await refused(api.submitTask(poor, agent));
  assert.equal(error.code, "unprocessable");
  assert.deepEqual([...new Set(error.problems.map(({ pointer }) => pointer))], ["/system_prompt", "/prompt"]);
  await api.submitTask(poor, person);
  const lenient = setup(t, { prompt_rules: "off" });
  await lenient.api.submitTask(lenient.input({ prompt: "Fix it", system_prompt: null }), agent);
});

test("no agent gets bypassPermissions, nor a mode wider than the user lets agents have", async (t) => {
  const { api, input } = setup(t, { permission_mode: "bypassPermissions", agent_permission_mode: "default" });
  for (const permission_mode of ["bypassPermissions", "acceptEdits"] as const) {
    const error = await refused(api.submitTask(input({ permission_mode }), agent));
    assert.equal(error.code, "forbidden");
    assert.match(error.message, /at most default/);
  }
  assert.equal((await api.submitTask(input(), agent)).permission_mode, "default", "the server's own default is narrowed");
  assert.equal((await api.submitTask(input({ permission_mode: "plan" }), agent)).permission_mode, "plan");
});

test("an agent gives on only permission rules that the user or the parent has", async (t) => {
  const { api, input, running } = setup(t, { agent_allow: ["Bash(npm test:*)"] });
  assert.deepEqual((await api.submitTask(input({ allow: ["Bash(npm test unit)"] }), agent)).allow, ["Bash(npm test unit)"]);
  for (const rule of ["Bash", "Bash(*)", "Bash(npm test && rm -rf .)", "WebFetch"]) {
    const error = await refused(api.submitTask(input({ allow: ["Bash(npm test)", rule] }), agent));
    assert.equal(error.code, "forbidden");
    assert.equal(error.problems[0]?.pointer, "/allow/1");
    assert.match(error.message, /config set agent_allow/);
  }
  const { inside } = await running({ allow: ["WebFetch"], deny: ["Bash(curl:*)"], permission_mode: "default" });
  const child = await api.submitTask(input({ allow: ["WebFetch", "Bash(npm test)"], deny: ["Write"] }), inside);
  assert.deepEqual(child.deny, ["Write", "Bash(curl:*)"], "what the parent may not, the child may not");
  assert.equal(child.permission_mode, "default", "and its mode is not wider");
  assert.equal((await refused(api.submitTask(input({ permission_mode: "acceptEdits" }), inside))).code, "forbidden");
  assert.equal((await refused(api.submitTask(input({ allow: ["Read"] }), inside))).code, "forbidden");
});

test("an agent takes no rule that denies away from its tasks", async (t) => {
  const { api, running, input } = setup(t);
  const { inside } = await running({ deny: ["Bash(curl:*)"], permission_mode: "default" });
  const { id } = await api.submitTask(input({ deny: ["Write"] }), inside);
  const wrong = await refused(api.updateTask({ id, deny: null }, inside));
  assert.deepEqual([wrong.code, wrong.problems[0]?.pointer], ["forbidden", "/deny"]);
  await api.cancelTask({ id }, inside);
  assert.equal((await refused(api.retryTask({ id, deny: null }, inside))).code, "forbidden");
  const more = await api.retryTask({ id, deny: ["Edit"] }, inside);
  assert.deepEqual(more.deny, ["Write", "Bash(curl:*)", "Edit"]);
  await api.cancelTask({ id }, inside);
  assert.deepEqual((await api.retryTask({ id, deny: null }, person)).deny, []);
});

test("tasks may work only below the allowed directories, with links resolved", async (t) => {
  const { corner } = setup(t);
  const inside = corner.workdir("roots/inside");
  const beside = corner.workdir("roots-beside");
  const { api, ...more } = setup(t, { allowed_roots: [`${corner.directory}/roots`] });
  await more.store.write(() => [inside, beside].forEach((directory) => more.store.trust.add(directory, 1)));
  await api.submitTask(more.input({ working_directory: inside }), agent);
  const link = `${corner.directory}/roots/link`;
  symlinkSync(beside, link);
  for (const caller of [agent, person]) {
    for (const working_directory of [beside, link]) {
      const error = await refused(api.submitTask(more.input({ working_directory }), caller));
      assert.equal(error.code, "forbidden");
      assert.equal(error.problems[0]?.pointer, "/working_directory");
    }
  }
});

test("a task from inside a task carries its parent and depth, three deep at most", async (t) => {
  const { api, running, input } = setup(t);
  const top = await running();
  const second = await running({}, top.inside);
  const third = await running({}, second.inside);
  const fourth = await running({}, third.inside);
  assert.deepEqual(
    await Promise.all(
      [top, second, third, fourth].map(async ({ id }) => {
        const { parent_id, depth } = await api.getTask({ id });
        return [parent_id, depth];
      }),
    ),
    [
      [null, 0],
      [top.id, 1],
      [second.id, 2],
      [third.id, 3],
    ],
  );
  const error = await refused(api.submitTask(input(), fourth.inside));
  assert.equal(error.code, "forbidden");
  assert.match(error.message, /3 levels deep already[\s\S]*yourself/);
});

test("a tree of tasks shares its root's budget", async (t) => {
  const { api, running, input, store } = setup(t);
  const { inside } = await running({ max_budget_usd: 10 });
  const first = await api.submitTask(input({ max_budget_usd: 6 }), inside);
  const second = await api.submitTask(input(), inside);
  assert.deepEqual([first.max_budget_usd, second.max_budget_usd], [6, 2], "half of what is left when none is named");
  const error = await refused(api.submitTask(input({ max_budget_usd: 3 }), inside));
  assert.equal(error.code, "forbidden");
  assert.match(error.message, /\$2\.00 is left/);
  await store.write(() => store.tasks.transition(first.id, "cancel", Date.now(), { costUsd: 1 }));
  assert.equal((await api.submitTask(input({ max_budget_usd: 7 }), inside)).max_budget_usd, 7);
  assert.equal(
    (await refused(api.submitTasks({ tasks: [input({ max_budget_usd: 0.6 }), input({ max_budget_usd: 0.6 })] }, inside))).code,
    "forbidden",
  );
  assert.equal((await api.listTasks({})).tasks.length, 4, "a batch that does not fit leaves nothing");
});

test("a retry takes the unspent rest of its budget from the tree, no more and no less", async (t) => {
  const { api, running, input, store, run } = setup(t);
  const { inside } = await running({ max_budget_usd: 10 });
  const first = await api.submitTask(input({ max_budget_usd: 9 }), inside);
  await run(first.id, []);
  await store.write(() => store.tasks.patch(first.id, Date.now(), { costUsd: 5 }));
  const second = await api.submitTask(input({ max_budget_usd: 4.9 }), inside);
  // 5 of 10 are spent and 4.9 are taken: of the 4 that the first may still spend, 0.1 is left.
  assert.match((await refused(api.retryTask({ id: first.id }, inside))).message, /\$0\.10 is left/);
  assert.equal((await api.retryTask({ id: first.id, max_budget_usd: 5.1 }, inside)).max_budget_usd, 5.1);
  await run(first.id, []);
  await store.write(() => store.tasks.transition(second.id, "cancel", Date.now()));
  assert.equal((await api.retryTask({ id: first.id, max_budget_usd: 10 }, inside)).max_budget_usd, 10);
});

test("grandchildren of a task draw on its budget", async (t) => {
  const { api, running, input } = setup(t);
  const top = await running({ max_budget_usd: 8 });
  const child = await running({ max_budget_usd: 3 }, top.inside);
  const grandchild = await api.submitTask(input({ max_budget_usd: 5 }), child.inside);
  assert.equal(grandchild.max_budget_usd, 5);
  assert.equal((await refused(api.submitTask(input({ max_budget_usd: 0.5 }), top.inside))).code, "forbidden");
});

test("the queue of one token's agents is bounded, whatever they call themselves", async (t) => {
  const { api, input, running, store } = setup(t, { agent_open: 2 });
  const [one] = [await api.submitTask(input(), agent), await api.submitTask(input(), agent)];
  const error = await refused(api.submitTask(input(), agent));
  assert.equal(error.code, "too_many_requests");
  assert.match(error.message, /2 of your tasks have not ended/);
  const renamed: Caller = { ...agent, agent: { client: "cursor 1.0", toolUseId: null } };
  assert.equal((await refused(api.submitTask(input(), renamed))).code, "too_many_requests", "the name proves nothing");
  await api.submitTask(input(), { ...agent, name: "token:other", tokenId: 7 });
  await api.submitTask(input(), person);
  await store.write(() => store.tasks.transition(one.id, "cancel", Date.now()));
  await api.submitTask(input(), agent);
  assert.equal((await refused(api.retryTask({ id: one.id }, agent))).code, "too_many_requests", "a retry takes room too");
  const top = await running();
  const child = await running({}, top.inside);
  await api.submitTask(input(), child.inside);
  assert.equal((await refused(api.submitTask(input(), top.inside))).code, "too_many_requests");
});

test("a client's submits are rate-limited, whatever its scope", async (t) => {
  const { api, input, clock } = setup(t, { agent_submits_per_minute: 3 });
  for (let times = 0; times < 3; times += 1) await api.submitTask(input(), agent);
  const renamed: Caller = { ...agent, agent: { client: "cursor 1.0", toolUseId: null } };
  for (const caller of [agent, renamed]) {
    const error = await refused(api.submitTask(input(), caller));
    assert.equal(error.code, "too_many_requests");
    assert.match(error.message, /config set agent_submits_per_minute/);
  }
  await api.submitTask(input(), person);
  clock.nowMs += 60_000;
  await api.submitTask(input(), agent);
});

test("an agent's priority is bounded at a submit, a change and a retry", async (t) => {
  const { api, input, running, run } = setup(t, { agent_priority: 3 });
  assert.equal((await api.submitTask(input({ priority: 3 }), agent)).priority, 3);
  const error = await refused(api.submitTask(input({ priority: 4 }), agent));
  assert.deepEqual([error.code, error.problems[0]?.pointer], ["forbidden", "/priority"]);
  assert.match(error.message, /at most 3/);
  const high = await api.submitTask(input({ priority: 4 }), person);
  await run(high.id, []);
  assert.equal((await refused(api.retryTask({ id: high.id }, agent))).code, "forbidden");
  assert.equal((await refused(api.updateTask({ id: high.id, priority: 1000 }, agent))).code, "forbidden");
  await api.updateTask({ id: high.id, priority: 2 }, agent);
  await api.retryTask({ id: high.id }, agent);
  const top = await running({ priority: 50 });
  const child = await api.submitTask(input({ priority: 50 }), top.inside);
  assert.equal((await refused(api.submitTask(input({ priority: 51 }), top.inside))).code, "forbidden");
  assert.equal((await refused(api.updateTask({ id: child.id, priority: 51 }, top.inside))).code, "forbidden");
});

test("a task can change only its own tree of tasks", async (t) => {
  const { api, input, running } = setup(t);
  const top = await running();
  const child = await running({}, top.inside);
  const grandchild = await api.submitTask(input(), child.inside);
  const stranger = await api.submitTask(input(), person);
  for (const work of [
    () => api.cancelTask({ id: stranger.id }, child.inside),
    () => api.cancelTask({ id: top.id }, child.inside),
    () => api.cancelTask({ id: child.id }, child.inside),
    () => api.updateTask({ id: stranger.id, priority: 1000 }, child.inside),
    () => api.removeTask({ id: stranger.id }, child.inside),
  ]) {
    assert.equal((await refused(work())).code, "forbidden");
  }
  assert.equal((await api.cancelTask({ id: grandchild.id }, top.inside)).status, "cancelled");
});

test("an agent edits, puts aside and changes with a retry only tasks of its own", async (t) => {
  const { api, input, run } = setup(t, { agent_priority: 3 });
  const stranger = await api.submitTask(input(), person);
  const stashed = await api.submitTask(input({ stash: true }), person);
  const ended = await api.submitTask(input(), person);
  await run(ended.id, []);
  for (const [what, work] of Object.entries({
    prompt: () => api.updateTask({ id: stranger.id, prompt: "Do something else" }, agent),
    model: () => api.updateTask({ id: stranger.id, model: "opus" }, agent),
    time: () => api.updateTask({ id: stranger.id, not_before: "2099-01-01T00:00:00Z" }, agent),
    stash: () => api.stashTask({ id: stranger.id }, agent),
    enqueue: () => api.enqueueTask({ id: stashed.id }, agent),
    retry: () => api.retryTask({ id: ended.id, system_prompt: "Do something else" }, agent),
  })) {
    const error = await refused(work());
    assert.equal(error.code, "forbidden", what);
    assert.match(error.message, /was not submitted by this client/, what);
  }
  assert.equal((await api.getTask({ id: stranger.id })).prompt, stranger.prompt);
  await api.retryTask({ id: ended.id }, agent);
  const own = await api.submitTask(input(), agent);
  const prompt = `${own.prompt} And say so.`;
  assert.equal((await api.updateTask({ id: own.id, prompt }, agent)).prompt, prompt);
  await api.stashTask({ id: own.id }, agent);
  assert.equal((await api.enqueueTask({ id: own.id }, agent)).stashed_at, null);
});

test("an agent moves its own tasks among their own places", async (t) => {
  const { api, input, store, running } = setup(t);
  const own = [await api.submitTask(input(), agent), await api.submitTask(input(), agent)].map(({ id }) => id);
  const { id: urgent } = await api.submitTask(input({ priority: 9 }), person);
  const [first = 0, second = 0] = own;
  const order = (): number[] => store.tasks.startable(Date.now(), 9);
  assert.deepEqual(order(), [urgent, first, second]);
  for (const to of [{ to: "front" }, { before: first }] as const)
    assert.match((await refused(api.moveTask({ id: urgent, ...to }, agent))).message, /was not submitted by this client/);
  assert.equal((await refused(api.moveTask({ id: second, before: urgent }, agent))).code, "forbidden");
  assert.equal((await api.moveTask({ id: second, to: "front" }, agent)).moved, "front");
  assert.deepEqual(order(), [urgent, second, first], "the person's task stays first");
  await api.moveTask({ id: first, before: second }, agent);
  await api.moveTask({ id: first, before: second }, agent);
  assert.deepEqual(order(), [urgent, first, second]);
  const { inside } = await running();
  assert.equal((await refused(api.moveTask({ id: first, to: "back" }, inside))).code, "forbidden");
  const { events } = await api.taskEvents({ id: first, after: 0, limit: 9 });
  assert.deepEqual(
    events.flatMap((event) => (event.type === "moved" ? [dataOf(event, "moved").to] : [])),
    [`before:${second}`],
    "a move that changes nothing is no event",
  );
  await api.moveTask({ id: second, to: "front" }, person);
  assert.deepEqual(order(), [second, urgent, first]);
});

test("an agent's task depends only on tasks of its own", async (t) => {
  const { api, input, running } = setup(t);
  const stranger = await api.submitTask(input(), person);
  const own = await api.submitTask(input(), agent);
  const { inside } = await running();
  const child = await api.submitTask(input(), inside);
  const after = (id: number) => input({ depends_on: [id] });
  assert.match((await refused(api.submitTask(after(stranger.id), agent))).message, /was not submitted by this client/);
  assert.match((await refused(api.submitTask(after(own.id), inside))).message, /was not submitted by task/);
  await api.submitTask(after(own.id), agent);
  await api.submitTask(after(child.id), inside);
});

test("a person who edits the prompt of an ended task is told to send a message", async (t) => {
  const { api, input, run, store } = setup(t);
  const { id } = await api.submitTask(input(), person);
  await run(id, []);
  await store.write(() => store.tasks.patch(id, 5, { sessionId: "5e551011" }));
  const noSession = await api.submitTask(input(), person);
  await api.cancelTask({ id: noSession.id }, person);
  const advice = async (task: number, change: object) => (await refused(api.updateTask({ id: task, ...change }, person))).message;
  assert.match(await advice(id, { prompt: "Else" }), new RegExp(`claude-worker send ${id}`));
  assert.match(await advice(noSession.id, { prompt: "Else" }), /claude-worker run/);
  assert.match(await advice(noSession.id, { model: "opus" }), /claude-worker retry/);
});

test("a task's token works only while its attempt runs", async (t) => {
  const { api, store, running } = setup(t);
  const { id, token, inside } = await running();
  assert.deepEqual(inside, { scope: "submit", name: `task:${id}`, taskId: id });
  assert.equal(callerOfTaskToken(store, "another server's key", token), null);
  for (const wrong of [
    `${token}x`,
    token.slice(0, -1),
    `${token.slice(0, 10)}A${token.slice(11)}`,
    "cwt_",
    `cwt_${"A".repeat(43)}runner-${id}`,
    "",
  ]) {
    assert.equal(await api.callerOfToken(wrong), null, wrong);
  }
  const [attempt] = store.attempts.open();
  await store.write(() => {
    store.attempts.close(attempt?.id ?? 0, { kind: "succeeded", message: "done" }, Date.now());
    store.tasks.transition(id, "complete", Date.now());
  });
  assert.equal(await api.callerOfToken(token), null);
});

test("the event of a submit says which agent asked by which tool call", async (t) => {
  const { api, input, running } = setup(t);
  const { id } = await api.submitTask(input(), agent);
  await api.cancelTask({ id }, agent);
  await api.retryTask({ id }, agent);
  const { events } = await api.taskEvents({ id, after: 0, limit: 10 });
  for (const type of ["submitted", "cancel_requested", "retried"] as const) {
    const asked = dataOf(
      events.find((event) => event.type === type),
      type,
    );
    assert.deepEqual([asked.by, asked.client, asked.tool_use_id], ["socket", "claude-code 2.1.330", "toolu_1"], type);
  }
  const { id: parent, inside } = await running();
  const child = await api.submitTask(input(), inside);
  assert.equal(dataOf((await api.taskEvents({ id: child.id, after: 0, limit: 1 })).events[0], "submitted").from_task, parent);
});

test("a client's running tasks are bounded where the user says so", async (t) => {
  const { api, input, store } = setup(t, { agent_workers: 1 });
  const ids: number[] = [];
  for (const caller of [agent, agent, person]) ids.push((await api.submitTask(input(), caller)).id);
  const started: number[] = [];
  const claim = { nodeId: "n", sessionId: null, resume: false, warm: false, bootId: null, journalStart: 0 };
  const startTasks = async (best: readonly number[]): Promise<void> => {
    await store.write(() => best.forEach((id) => store.attempts.claim(id, { ...claim, runnerId: `runner-${id}` }, Date.now())));
    started.push(...best);
  };
  const scheduler = new Scheduler({
    store,
    log: pino({ level: "silent" }),
    workers: 4,
    agentWorkers: 1,
    now: Date.now,
    account: () => "a",
    startTasks,
  });
  t.after(() => scheduler.stop());
  scheduler.start();
  await eventually(() => started.length === 2);
  assert.deepEqual(started, [ids[0], ids[2]]);
  assert.match((await api.getTask({ id: ids[1] ?? 0 })).waiting_for?.message ?? "", /1 of 1 tasks of its client are running/);
  await store.write(() => {
    const [attempt] = store.attempts.open();
    store.attempts.close(attempt?.id ?? 0, { kind: "succeeded", message: "done" }, Date.now());
    store.tasks.transition(ids[0] ?? 0, "complete", Date.now());
  });
  await eventually(() => started.length === 3);
  assert.equal(started[2], ids[1]);
});

test("an agent's task has the profile of its task, or of group and directory", async (t) => {
  const gateway = { env: ["ANTHROPIC_BASE_URL=http://127.0.0.1:9"] };
  const { api, input, running } = setup(t, { profiles: { work: gateway, key: gateway } });
  const { inside } = await running({ profile: "work" });
  assert.equal((await api.submitTask(input(), inside)).profile, "work");
  assert.equal((await api.submitTask(input({ profile: "work" }), inside)).profile, "work");
  for (const profile of ["key", "default"]) {
    const error = await refused(api.submitTask(input({ profile }), inside));
    assert.deepEqual([error.code, error.problems[0]?.pointer], ["forbidden", "/profile"]);
  }
  // A group does not lead out of it either.
  await api.setGroup({ name: "paid", defaults: { profile: "key" } }, person);
  assert.equal((await api.submitTask(input({ group: "paid" }), inside)).profile, "work");
  assert.equal((await api.submitTask(input({ group: "paid" }), agent)).profile, "key");
  assert.equal((await refused(api.submitTask(input({ profile: "work" }), agent))).code, "forbidden");
  const { id } = await api.submitTask(input(), inside);
  await api.cancelTask({ id }, inside);
  assert.equal((await refused(api.retryTask({ id, profile: "key" }, inside))).code, "forbidden");
  assert.equal((await api.retryTask({ id }, inside)).profile, "work");
});
