import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { goodTask, openMcp } from "../../testing/mcp.ts";
import type { OpenMcp } from "../../testing/mcp.ts";

const extension = "io.modelcontextprotocol/tasks";

interface Answer {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A client of 2026-07-28 that speaks for itself: the official one knows no extensions. */
async function speaker(
  t: TestContext,
  mcp: OpenMcp,
  { declares = true } = {},
): Promise<(method: string, params: object) => Promise<Answer>> {
  const pipe = mcp.pipe();
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "speaker", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": declares ? { extensions: { [extension]: {} } } : {},
  };
  let id = 0;
  return async (method, params) => {
    const mine = ++id;
    pipe.send({ id: mine, method, params: { ...params, _meta } });
    return await pipe.next((message) => message["id"] === mine);
  };
}

const create = (mcp: OpenMcp, more: object = {}) => ({
  name: "create_task",
  arguments: { ...goodTask(mcp.corner.work), wait: true, ...more },
});

test("a waiting client with the tasks extension gets a handle and asks for it", async (t) => {
  const mcp = await openMcp(t);
  const ask = await speaker(t, mcp);
  const discovered = (await ask("server/discover", {})).result as { capabilities: { extensions: object } };
  assert.deepEqual(discovered.capabilities.extensions, { [extension]: {} });
  const handle = (await ask("tools/call", create(mcp))).result ?? {};
  assert.equal(handle["resultType"], "task");
  assert.equal(handle["status"], "working");
  assert.equal(handle["ttlMs"], null);
  assert.ok(Number.isInteger(handle["pollIntervalMs"]));
  assert.notEqual(handle["taskId"], "1", "a handle is not the task's number");
  const { taskId } = handle;
  const working = (await ask("tasks/get", { taskId })).result ?? {};
  assert.deepEqual([working["status"], working["resultType"], "result" in working], ["working", "complete", false]);
  assert.deepEqual(Object.keys((await ask("tasks/update", { taskId, inputResponses: {} })).result ?? {}).toSorted(), [
    "_meta",
    "resultType",
  ]);
  await mcp.run(1, []);
  const done = (await ask("tasks/get", { taskId })).result ?? {};
  assert.equal(done["status"], "completed");
  const result = done["result"] as { isError?: boolean; structuredContent: { task: { id: number; status: string } } };
  assert.deepEqual([result.isError, result.structuredContent.task.id, result.structuredContent.task.status], [undefined, 1, "completed"]);
});

test("a failed task is a completed call whose result is an error", async (t) => {
  const mcp = await openMcp(t);
  const ask = await speaker(t, mcp);
  const failed = (await ask("tools/call", create(mcp))).result?.["taskId"];
  await mcp.run(1, [], "fail");
  const shown = (await ask("tasks/get", { taskId: failed })).result ?? {};
  assert.deepEqual([shown["status"], (shown["result"] as { isError: boolean }).isError], ["completed", true]);
  const stopped = (await ask("tools/call", create(mcp))).result?.["taskId"];
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(Object.keys((await ask("tasks/cancel", { taskId: stopped })).result ?? {}).toSorted(), ["_meta", "resultType"]);
  }
  assert.equal((await mcp.api.getTask({ id: 2 })).status, "cancelled");
  assert.equal((await ask("tasks/get", { taskId: stopped })).result?.["status"], "cancelled");
});

test("a client without the tasks extension gets a plain answer and no handles", async (t) => {
  const mcp = await openMcp(t);
  const ask = await speaker(t, mcp, { declares: false });
  const plain = (await ask("tools/call", create(mcp))).result ?? {};
  assert.equal(plain["resultType"], "complete");
  assert.equal((plain["structuredContent"] as { task: { id: number } }).task.id, 1);
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const { error } = await ask(method, { taskId: "x", inputResponses: {} });
    assert.equal(error?.code, -32021, method);
    assert.deepEqual(error?.data, { requiredCapabilities: { extensions: { [extension]: {} } } });
  }
});

test("a handle of a task cannot be guessed", async (t) => {
  const mcp = await openMcp(t);
  const ask = await speaker(t, mcp);
  const taskId = String((await ask("tools/call", create(mcp))).result?.["taskId"]);
  const [, seal = ""] = taskId.split(/-(.*)/s);
  const wrong = [
    "1",
    "1-",
    `2-${seal}`,
    `1-${"A".repeat(22)}`,
    `01-${seal}`,
    `1-${seal}x`,
    "x".repeat(200),
    `${"9".repeat(15)}-${seal}`,
    "../1",
  ];
  for (const handle of wrong) assert.equal((await ask("tasks/get", { taskId: handle })).error?.code, -32602, handle);
  assert.equal((await ask("tasks/get", {})).error?.code, -32602);
  assert.equal((await ask("tasks/get", { taskId: 1 })).error?.code, -32602);
  await mcp.api.cancelTask({ id: 1 }, { scope: "admin", name: "test" });
  await mcp.api.removeTask({ id: 1 }, { scope: "admin", name: "test" });
  assert.equal((await ask("tasks/get", { taskId })).error?.code, -32602, "the task was removed");
});

test("a handle of a task outlives the server", async (t) => {
  const first = await openMcp(t, { key: "one" });
  const ask = await speaker(t, first);
  const { taskId } = (await ask("tools/call", create(first))).result ?? {};
  const { TaskHandles } = await import("../../src/mcp/task-handles.ts");
  assert.equal((await new TaskHandles(first.api, "one").get(String(taskId)))?.status, "working");
  assert.equal(await new TaskHandles(first.api, "two").get(String(taskId)), null, "another server's key opens nothing");
});
