/** References to tasks, and names that look like one, are judged alike at every door. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { operations } from "../../src/contract/operations/index.ts";
import type { Operation } from "../../src/contract/operations/operation.ts";
import { taskParams } from "../../src/contract/operations/query-values.ts";
import { openMcp, toolProblem } from "../../testing/mcp.ts";

/** What an operation wants beside the task. */
const bodies: Readonly<Record<string, object>> = {
  updateTask: { priority: 1 },
  sendMessage: { text: "more" },
  moveTask: { to: "front" },
  forkTask: { prompt: "another way" },
  rewindTask: { to: 1 },
  restoreFiles: { checkpoint: 1 },
  addReviewComments: { comments: [{ path: "a", line: 1, body: "x" }] },
};
const sentence = /^There is no task f42: this server keeps no tasks of several machines\. Its own tasks have numbers: claude-worker list$/;

test("every operation on a task says why it has no task of several machines", async (t) => {
  const { call } = await openMcp(t);
  const all: readonly Operation[] = Object.values(operations);
  const ofTasks = all.filter(({ params }) => params === taskParams);
  assert.ok(ofTasks.length >= 8);
  for (const { name, method, path } of ofTasks) {
    for (const headers of name === "taskEvents" ? [{}, { accept: "text/event-stream" }] : [{}]) {
      const answer = await call({
        method,
        path: path.replace("{id}", "f42"),
        headers,
        ...(method === "GET" ? {} : { body: bodies[name] ?? {} }),
      });
      assert.deepEqual([answer.status, answer.json()["code"]], [404, "not_found"], name);
      assert.match(String(answer.json()["detail"]), sentence, name);
    }
  }
});

test("every tool on a task answers not_found for a task of several machines", async (t) => {
  const client = await (await openMcp(t)).http();
  const calls: [string, Record<string, unknown>][] = [
    ["get_task", { id: "f42" }],
    ["get_task_logs", { id: "f42" }],
    ["get_task_attempts", { id: "f42" }],
    ["get_task_diff", { id: "f42" }],
    ["get_task_review", { id: "f42" }],
    ["cancel_task", { id: "f42" }],
    ["retry_task", { id: "f42" }],
    ["send_message", { id: "f42", text: "more" }],
    ["edit_task", { id: "f42", priority: 1 }],
    ["move_task", { id: "f42", to: "front" }],
    ["wait_for_tasks", { ids: ["f42"] }],
  ];
  for (const [tool, input] of calls) {
    const { error } = await toolProblem(client, tool, input);
    assert.equal(error.code, "not_found", tool);
    assert.match(error.message, sentence, tool);
  }
});

test("submit, edit and retry over REST and MCP refuse a name like a reference", async (t) => {
  const { call, http, corner } = await openMcp(t, { settings: { prompt_rules: "off" } });
  const client = await http();
  const input = { prompt: "p", working_directory: corner.work };
  await call({ path: "/api/v1/tasks", body: input });
  for (const name of ["42", "f42", "last", "-2"]) {
    for (const [method, path, body] of [
      ["POST", "/api/v1/tasks", { ...input, name }],
      ["PATCH", "/api/v1/tasks/1", { name }],
      ["POST", "/api/v1/tasks/1/retry", { name }],
    ] as const) {
      const answer = await call({ method, path, body });
      assert.deepEqual([answer.status, answer.json()["code"]], [400, "invalid_input"], `${method} ${path}`);
      assert.match(answer.text, /is not possible as a name, because commands read it as/);
    }
    for (const [tool, fields] of [
      ["create_task", { ...input, name }],
      ["edit_task", { id: 1, name }],
      ["retry_task", { id: 1, name }],
    ] as const)
      assert.match((await toolProblem(client, tool, fields)).error.message, /is not possible as a name/, tool);
  }
});
