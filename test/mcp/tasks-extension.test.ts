import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { goodTask, openMcp, startPipe } from "../../testing/mcp.ts";
import type { OpenMcp, Pipe } from "../../testing/mcp.ts";
import { step } from "../../testing/model.ts";
import { askingWorker, oneQuestion } from "../questions/setup.ts";

const extension = "io.modelcontextprotocol/tasks";

interface Answer {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A client of 2026-07-28 that speaks for itself: the official one knows no extensions. */
async function speaker(t: TestContext, mcp: OpenMcp, { declares = true } = {}): Promise<Speak> {
  return speakerOver(mcp.pipe(), declares);
}

type Speak = (method: string, params: object) => Promise<Answer>;

function speakerOver(pipe: Pipe, declares = true): Speak {
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

test("tasks/update answers what a waiting task asks, and no permission", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "made");
  w.model.play({
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
    "make a file": [step.bash(`touch ${file} && sleep 0`), step.text("Made.")],
  });
  await w.start();
  const ask = speakerOver(startPipe(t, w.env));
  const delegated = async (what: string): Promise<string> => {
    const { prompt, ...task } = goodTask(w.place.work, { on_question: "ask", permission_mode: "default", wait: true });
    const { result, error } = await ask("tools/call", {
      name: "create_task",
      arguments: { ...task, prompt: `${what}. ${String(prompt)}` },
    });
    assert.equal(result?.["resultType"], "task", JSON.stringify([result, error]));
    return String(result["taskId"]);
  };
  const shown = async (taskId: string) => (await ask("tasks/get", { taskId })).result ?? {};
  const respond = (taskId: string, inputResponses: object) => ask("tasks/update", { taskId, inputResponses });
  const stateOf = async (id: number) => (await w.client.getTask({ id })).questions.map(({ status }) => status);

  const accepting = await delegated("choose a colour");
  const [colour] = await w.asked(1);
  const asked = await shown(accepting);
  assert.equal(asked["status"], "input_required");
  const requests = asked["inputRequests"] as Record<string, { method: string; params: { message: string; requestedSchema: object } }>;
  const key = `q${colour?.id}`;
  assert.deepEqual(Object.keys(requests), [key]);
  assert.equal(requests[key]?.method, "elicitation/create");
  assert.match(requests[key].params.message, /Which colour\?/);
  assert.partialDeepStrictEqual(requests[key].params.requestedSchema, {
    properties: { answer_1: { type: "string", title: "Which colour?", description: "Offered: Red, Blue. Any other text is taken, too." } },
    required: ["answer_1"],
  });
  const refused = await respond(accepting, { [key]: { action: "accept", content: { other: "Red" } } });
  assert.match(refused.error?.message ?? "", /needs an answer to "Which colour\?"/);
  await respond(accepting, { [key]: { action: "cancel" }, q99: { action: "accept", content: { answer_1: "Red" } } });
  assert.deepEqual(await stateOf(1), ["open"], "a client that cancels answers nothing");
  assert.equal((await respond(accepting, { [key]: { action: "accept", content: { answer_1: "Blue" } } })).error, undefined);
  const painted = await w.ended(1);
  assert.partialDeepStrictEqual(painted, {
    status: "completed",
    questions: [{ status: "applied", answer: { decision: "allow", answers: { "Which colour?": "Blue" } } }],
  });
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Blue/);
  assert.equal((await shown(accepting))["status"], "completed");

  const declining = await delegated("choose a colour");
  const [again] = await w.asked(2);
  assert.equal((await respond(declining, { [`q${again?.id}`]: { action: "decline" } })).error, undefined);
  assert.partialDeepStrictEqual(await w.ended(2), {
    status: "completed",
    questions: [{ status: "applied", answer: { decision: "deny" } }],
  });

  const forbidden = await delegated("make a file");
  const [permission] = await w.asked(3);
  assert.equal(permission?.kind, "permission");
  const working = await shown(forbidden);
  assert.deepEqual([working["status"], "inputRequests" in working], ["working", false]);
  for (const action of ["accept", "decline"])
    await respond(forbidden, { [`q${permission.id}`]: { action, content: { decision: "allow" } } });
  assert.deepEqual(await stateOf(3), ["open"]);
  await w.client.answerQuestion({ id: permission.id, decision: "deny" });
  await w.ended(3);
  assert.equal(existsSync(file), false);
});
