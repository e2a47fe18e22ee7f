import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Client } from "@modelcontextprotocol/client";
import { waitUntilEnded } from "../../src/mcp/wait-until-ended.ts";
import { eventually } from "../../testing/eventually.ts";
import { callTool, goodTask, openMcp } from "../../testing/mcp.ts";
import type { Era, OpenMcp } from "../../testing/mcp.ts";

async function setup(t: TestContext, era: Era = "2026"): Promise<OpenMcp & { client: Client; create(): Promise<number> }> {
  const mcp = await openMcp(t);
  const client = await mcp.http({ era });
  const create = async (): Promise<number> =>
    ((await callTool(client, "create_task", goodTask(mcp.corner.work)))["task"] as { id: number }).id;
  return { ...mcp, client, create };
}

const idsOf = (tasks: unknown): number[] => (tasks as { id: number }[]).map(({ id }) => id);

test("wait_for_task waits for all of several tasks, or for the first", async (t) => {
  const { client, create, run } = await setup(t);
  const ids = [await create(), await create()] as [number, number];
  const all = callTool(client, "wait_for_tasks", { ids, timeout_s: 50 });
  const any = callTool(client, "wait_for_tasks", { ids, until: "any", timeout_s: 50 });
  await run(ids[1], []);
  const first = await any;
  assert.deepEqual([idsOf(first["ended"]), idsOf(first["open"])], [[ids[1]], [ids[0]]]);
  await run(ids[0], [], "fail");
  const both = await all;
  assert.deepEqual(idsOf(both["ended"]), ids);
  assert.equal(both["timed_out"], false);
  assert.match(String(both["next_step"]), new RegExp(`Tasks \\[${ids[0]}\\] did not complete: get_task_logs`));
});

test("a wait over MCP that times out says which tasks are open", async (t) => {
  const { client, create, run } = await setup(t);
  const id = await create();
  const early = await callTool(client, "wait_for_tasks", { ids: [id, id], timeout_s: 0.05 });
  assert.equal(early["timed_out"], true);
  assert.deepEqual(idsOf(early["open"]), [id]);
  assert.match(String(early["next_step"]), /call wait_for_tasks with them again/);
  await run(id, []);
  assert.deepEqual(idsOf((await callTool(client, "wait_for_tasks", { ids: [id] }))["ended"]), [id]);
});

for (const era of ["2026", "2025"] as const) {
  test(`cancelling a wait over MCP never cancels the task (${era})`, async (t) => {
    const { client, create, api } = await setup(t, era);
    const id = await create();
    const give = new AbortController();
    let isWaiting = false;
    const options = { signal: give.signal, onprogress: () => (isWaiting = true) };
    const refused = assert.rejects(client.callTool({ name: "wait_for_tasks", arguments: { ids: [id] } }, options));
    await eventually(() => isWaiting);
    give.abort();
    await refused;
    assert.equal((await api.getTask({ id })).cancel_requested, false);
    assert.equal((await api.getTask({ id })).status, "pending");
  });
}

test("a wait over MCP for an unknown id is an error at once", async (t) => {
  const { client, create } = await setup(t);
  const id = await create();
  const answer = await client.callTool({ name: "wait_for_tasks", arguments: { ids: [id, 4711] } });
  assert.equal(answer.isError, true);
});

test("a wait over MCP reports progress with growing numbers", async (t) => {
  const { api, create, run } = await setup(t);
  const id = await create();
  const reports: number[] = [];
  const waited = waitUntilEnded(api, [id], {
    until: "all",
    timeoutMs: 60_000,
    signals: [],
    progressMs: 5,
    onProgress: (tasks, elapsedMs) => {
      assert.equal(tasks[0]?.id, id);
      reports.push(elapsedMs);
    },
  });
  await eventually(() => reports.length >= 3);
  await run(id, []);
  assert.equal((await waited).why, "ended");
  assert.deepEqual(
    reports,
    reports.toSorted((a, b) => a - b),
  );
});

test("progress of a wait reaches the MCP client as notifications", async (t) => {
  const { client, create, api, run } = await setup(t);
  const id = await create();
  const told: unknown[] = [];
  const wait = client.callTool(
    { name: "wait_for_tasks", arguments: { ids: [id], timeout_s: 30 } },
    { onprogress: (report) => void told.push(report) },
  );
  await eventually(() => told.length > 0);
  assert.match(JSON.stringify(told[0]), /0 of 1 have ended/);
  assert.equal((await api.getTask({ id })).status, "pending");
  await run(id, []);
  await wait;
});

test("waits over MCP leave no subscription and no timer", async (t) => {
  const { api, create } = await setup(t);
  const id = await create();
  let open = 0;
  const counted = {
    ...api,
    onEvents: (taskId: number | null, wake: () => void) => {
      const subscription = api.onEvents(taskId, wake);
      open += 1;
      return {
        close: () => {
          open -= 1;
          subscription.close();
        },
      };
    },
  };
  const give = new AbortController();
  const waits = Array.from({ length: 100 }, () =>
    waitUntilEnded(counted, [id], { until: "all", timeoutMs: 600_000, signals: [give.signal] }),
  );
  await eventually(() => open === 100);
  give.abort();
  for (const { why } of await Promise.all(waits)) assert.equal(why, "given_up");
  assert.equal(open, 0);
  const aborted = await waitUntilEnded(counted, [id], { until: "all", timeoutMs: 600_000, signals: [give.signal] });
  assert.equal(aborted.why, "given_up");
  assert.equal(open, 0);
});

test("a server that stops ends waits over MCP with what is known", async (t) => {
  const { client, create, door } = await setup(t);
  const id = await create();
  let isWaiting = false;
  const wait = client.callTool({ name: "wait_for_tasks", arguments: { ids: [id] } }, { onprogress: () => (isWaiting = true) });
  await eventually(() => isWaiting);
  await door.stop();
  assert.match(JSON.stringify((await wait).structuredContent), /server is stopping/);
});

test("the next step after a wait names what to look at, what failed and what is open", async (t) => {
  const { client, create, run, store, clock } = await setup(t);
  const [good, odd, bad, open] = [await create(), await create(), await create(), await create()] as [number, number, number, number];
  const step = async (...ids: number[]): Promise<string> =>
    String((await callTool(client, "wait_for_tasks", { ids, timeout_s: 0.05 }))["next_step"]);
  await run(good, []);
  await run(odd, []);
  await store.write(() => store.tasks.patch(odd, clock.nowMs, { attention: [{ kind: "denied", count: 1, detail: "Bash" }] }));
  await run(bad, [], "fail");
  assert.equal(await step(good), "All have completed. Check the work; get_task has a result in full.");
  assert.match(await step(good, odd), new RegExp(`^Tasks \\[${odd}\\] completed, but see their attention`));
  assert.match(await step(good, bad), new RegExp(`^Tasks \\[${bad}\\] did not complete`));
  const all = await step(good, odd, bad, open);
  assert.match(all, new RegExp(`^Tasks \\[${bad}\\] did not .* Tasks \\[${odd}\\] completed, but .* Not ended yet: \\[${open}\\]\\.`));
  assert.match(await step(good, open), new RegExp(`^Not ended yet: \\[${open}\\]\\.`));
});
