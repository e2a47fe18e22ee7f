import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import { checkout } from "../../../testing/task-worktree.ts";
import { person } from "../workspaces/setup.ts";

test("a submit names the unfinished tasks that work in the same checkout", async (t) => {
  const real = realApi(t);
  const { api, corner, finish } = real;
  const git = checkout(real);
  const submit = async (more: object = {}, directory = corner.work): Promise<[id: number, said: string[]]> => {
    const { id, warnings = [] } = await api.submitTask(taskInput.parse({ ...goodTask(directory), ...more }), person);
    return [id, warnings.filter((each) => each.includes("in the same checkout"))];
  };
  const end =
    "they can overwrite each other's files. To give each task files of its own: --worktree. To let one at a time work there: claude-worker config set exclusive_directories on";
  assert.deepEqual((await submit())[1], [], "the first one is alone");
  mkdirSync(path.join(corner.work, "deep"));
  const [second, said] = await submit({}, path.join(corner.work, "deep"));
  assert.deepEqual(said, [`Task 1 works in the same checkout, ${corner.work}: ${end}`]);
  assert.deepEqual((await submit({ workspace_kind: "worktree" }))[1], [], "a worktree has files of its own");
  await finish(1);
  assert.deepEqual((await submit())[1], [`Task ${second} works in the same checkout, ${corner.work}: ${end}`]);
  git("init", "-q", path.join(corner.work, "deep/other"));
  const [inner, none] = await submit({}, path.join(corner.work, "deep/other"));
  assert.deepEqual(none, [], "a repository inside of it is another checkout");
  const { tasks } = await api.submitTasks(
    { tasks: [taskInput.parse(goodTask(corner.work)), taskInput.parse(goodTask(corner.work))] },
    person,
  );
  assert.match(JSON.stringify(tasks[0]?.warnings), new RegExp(`Tasks ${second}, \\d+, ${Number(tasks[1]?.id)} work in`));
  assert.doesNotMatch(JSON.stringify(tasks[0]?.warnings), new RegExp(`\\b${inner}\\b[, ]`));
});

test("tasks that never work at the same time are not warned of each other", async (t) => {
  const real = realApi(t);
  const { api, corner } = real;
  checkout(real);
  const task = (more: object = {}) => taskInput.parse({ ...goodTask(corner.work), ...more });
  const namedBy = (warnings: readonly string[] = []): string[] =>
    warnings
      .join()
      .match(/Tasks? ([\d, ]+) works? in/)?.[1]
      ?.split(", ") ?? [];
  const submit = async (more: object) => {
    const { id, warnings } = await api.submitTask(task(more), person);
    return { id, named: namedBy(warnings) };
  };
  const { tasks } = await api.submitTasks(
    {
      tasks: [
        task({ name: "end", depends_on: ["middle"] }),
        task({ name: "middle", depends_on: ["first"] }),
        task({ name: "first", locks: ["db"] }),
        task({ permission_mode: "plan" }),
      ],
    },
    person,
  );
  assert.deepEqual(
    tasks.map(({ warnings }) => namedBy(warnings)),
    [[], [], [], []],
    "one after the other, or without a change of files",
  );
  const locked = await submit({ locks: ["db"] });
  assert.deepEqual(locked.named, ["1", "2"], "not the one with the same lock");
  assert.deepEqual((await submit({ depends_on: [1, locked.id] })).named, []);
  assert.deepEqual((await submit({})).named, ["1", "2", "3", "5", "6"]);
  await api.cancelTask({ id: 3 }, person);
  const again = await api.retryTask({ id: 3 }, person);
  assert.deepEqual(namedBy(again.warnings), ["7"], "not those that it has brought back, nor what runs after them");
});

test("a chain of thousands in a checkout is submitted without a warning", async (t) => {
  const real = realApi(t, { max_pending: 5000 });
  const { api, corner } = real;
  checkout(real);
  let before: number | null = null;
  for (const _ of [1, 2]) {
    const tasks = Array.from({ length: 1000 }, (__, n) => {
      const needs = n > 0 ? [`t${n - 1}`] : before === null ? [] : [before];
      return taskInput.parse({ ...goodTask(corner.work), name: `t${n}`, depends_on: needs });
    });
    const views = (await api.submitTasks({ tasks }, person)).tasks;
    assert.ok(views.every(({ warnings = [] }) => !warnings.join().includes("same checkout")));
    before = Number(views.at(-1)?.id);
  }
});

test("outside of git a submit says nothing of other tasks", async (t) => {
  const { api, corner } = realApi(t);
  for (const _ of [1, 2]) {
    const { warnings = [] } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
    assert.doesNotMatch(warnings.join(), /same checkout/);
  }
});

test("with exclusive_directories tasks of one checkout take its lock", async (t) => {
  const real = realApi(t, { exclusive_directories: "on" });
  const { api, corner, store } = real;
  checkout(real);
  mkdirSync(path.join(corner.work, "deep"));
  const submit = async (more: object = {}, directory = corner.work) =>
    await api.submitTask(taskInput.parse({ ...goodTask(directory), ...more }), person);
  const first = await submit({ locks: ["db"] });
  const deep = await submit({}, path.join(corner.work, "deep"));
  const reads = await submit({ permission_mode: "plan" });
  const apart = await submit({ workspace_kind: "worktree" });
  const lock = `checkout:${corner.work}`;
  assert.deepEqual([first.locks, deep.locks, reads.locks, apart.locks], [["db", lock], [lock], [], []]);
  assert.doesNotMatch((deep.warnings ?? []).join(), /same checkout/);
  const ids = [first, deep, reads, apart].map(({ id }) => id);
  const startable = store.tasks.startable(Date.now(), 9, { lanes: store.groups.lanes() });
  assert.deepEqual(startable, [ids[0], ids[2], ids[3]]);
  await real.tell(first.id, "text", { text: "Working." });
  assert.match((await api.getTask({ id: deep.id })).waiting_for?.message ?? "", /Lock checkout:.* is held by task 1/);
  await api.updateTask({ id: deep.id, permission_mode: "plan" }, person);
  assert.deepEqual((await api.getTask({ id: deep.id })).locks, []);
  await api.cancelTask({ id: deep.id }, person);
  assert.deepEqual((await api.retryTask({ id: deep.id, permission_mode: "acceptEdits" }, person)).locks, [lock]);
});
