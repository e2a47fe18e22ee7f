/**
 * What changes files, branches and worktrees of tasks needs the scope submit over every door, and a
 * person, and rights at the time of the call.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { taskToken } from "../../src/operations/tokens/task-token.ts";
import { callTool, goodTask, openMcp } from "../../testing/mcp.ts";
import { taskTokenKey } from "../../testing/real-api.ts";
import { checkout, worktreeTask } from "../../testing/task-worktree.ts";

const person = { scope: "admin", name: "test" } as const;

interface Door {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

const doors = (id: number): Door[] => [
  { name: "undo", method: "POST", path: `/api/v1/tasks/${id}/undo`, body: {} },
  { name: "restore", method: "POST", path: `/api/v1/tasks/${id}/restore`, body: { checkpoint: 1 } },
  { name: "apply", method: "POST", path: `/api/v1/tasks/${id}/apply`, body: {} },
  { name: "land", method: "POST", path: "/api/v1/workspaces/land", body: { tasks: [id], into: "main" } },
  { name: "clean", method: "POST", path: "/api/v1/workspaces/clean", body: { tasks: [id], force: true } },
  { name: "restore of a worktree", method: "POST", path: `/api/v1/workspaces/${id}/restore` },
  { name: "watch", method: "PUT", path: `/api/v1/tasks/${id}/pull-request-watch`, body: {} },
  { name: "end of a watch", method: "DELETE", path: `/api/v1/tasks/${id}/pull-request-watch` },
];

async function setup(t: TestContext) {
  const open = await openMcp(t);
  const git = checkout(open);
  const task = await worktreeTask(open);
  const { api, store, corner, clock } = open;
  await store.write(() => store.tasks.patch(task.id, clock.nowMs, { sessionId: randomUUID() }));
  task.write("app.txt", "of the task\n");
  await task.snapshot("end");
  const status = async (door: Door, token: string | null): Promise<[number, string]> => {
    const { status: code, text } = await open.call({ ...door, tcp: true, token });
    return [code, text];
  };
  /** What none of the doors may have changed. */
  const state = (): unknown => [
    git("rev-parse", "HEAD"),
    git("status", "--porcelain"),
    git("for-each-ref", "refs/heads"),
    task.read("app.txt"),
    store.workspaces.get(task.id)?.state,
    store.pullRequestWatches.get(task.id),
  ];
  const tokenOf = async (scope: "read" | "submit"): Promise<{ id: number; token: string }> =>
    await api.createToken({ name: `${scope}-${randomUUID().slice(0, 8)}`, scope }, person);
  return { ...open, git, task, corner, status, state, tokenOf };
}

test("a token that may only read changes no file, branch or worktree of a task", async (t) => {
  const { task, status, state, tokenOf } = await setup(t);
  const { token } = await tokenOf("read");
  const before = state();
  for (const door of doors(task.id)) {
    assert.equal((await status(door, null))[0], 401, door.name);
    const [code, text] = await status(door, token);
    assert.equal(code, 403, `${door.name}: ${text}`);
    assert.match(text, /submit/, door.name);
  }
  assert.deepEqual(state(), before);
});

test("a token that may submit is asked for its rights in each call", async (t) => {
  const { task, status, state, tokenOf, api, corner } = await setup(t);
  const { id, token } = await tokenOf("submit");
  for (const door of doors(task.id)) assert.ok(![401, 403].includes((await status({ ...door, body: { nope: 1 } }, token))[0]), door.name);
  const before = state();
  rmSync(path.join(corner.home, ".claude.json"), { force: true });
  for (const door of doors(task.id).filter(({ name }) => ["undo", "restore", "apply", "land", "watch"].includes(name))) {
    const [code, text] = await status(door, token);
    assert.equal(code, 403, `${door.name}: ${text}`);
    assert.match(text, /untrusted_directory/, door.name);
  }
  corner.trust(corner.work);
  await api.removeToken({ id }, person);
  for (const door of doors(task.id)) assert.equal((await status(door, token))[0], 401, door.name);
  assert.deepEqual(state(), before);
});

test("an agent changes no file, branch or worktree, over REST and over MCP", async (t) => {
  const { task, status, state, tell, http, api, corner } = await setup(t);
  const { tools } = await (await http()).listTools();
  assert.deepEqual(
    tools.map(({ name }) => name).filter((name) => /undo|restore|apply|land|clean|watch|workspace|pull/.test(name)),
    [],
  );
  const client = await http();
  const { id } = (await callTool(client, "create_task", goodTask(corner.work)))["task"] as { id: number };
  await tell(id, "text", { text: "at work" });
  const before = state();
  for (const door of doors(task.id)) {
    const [code, text] = await status(door, taskToken(taskTokenKey, "runner"));
    assert.equal(code, 403, `${door.name}: ${text}`);
    assert.match(text, /Agents (do not|cannot)/, door.name);
  }
  assert.deepEqual(state(), before);
  await api.cancelTask({ id }, person).catch(() => null);
});
