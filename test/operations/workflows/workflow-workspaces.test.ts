import assert from "node:assert/strict";
import { test } from "node:test";
import { groupChange } from "../../../src/contract/operations/groups.ts";
import { templateInput, templateRun } from "../../../src/contract/operations/templates.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import type { TaskView } from "../../../src/contract/views/task.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { checkout } from "../../../testing/task-worktree.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

test("what concerns a shared worktree is the same for all of its tasks", async (t) => {
  const real = workflows(t);
  const { run, drive, store, api } = real;
  const git = checkout(real);
  const { id, tasks } = await run(`
name: book
workspace: shared
tasks:
  plan: { prompt: Plan, json_schema: { type: object } }
  part: { prompt: "{{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.parts }
  own: { prompt: Own, workspace: own }
  all: { prompt: All, needs: part }
`);
  await drive(id, (key) => (key === "plan" ? { structured: { parts: ["a", "b"] } } : {}));
  const view = await api.getWorkflow({ workflow: id });
  const at = (key: string) => Number(view.tasks.find((each) => each.key === key)?.id);
  const keys = ["plan", "all", "part[1]", "part[2]"];
  const rows = keys.map((key) => store.workspaces.get(at(key)));
  assert.deepEqual(new Set(rows.map((row) => row?.host)), new Set([at("plan")]));
  assert.equal(new Set(rows.map((row) => row?.path)).size, 1);
  assert.match(rows[0]?.path ?? "", new RegExp(`/${at("plan")}-book$`));
  assert.deepEqual([rows[1]?.baseCommit, rows[1]?.branch], [git("rev-parse", "HEAD"), `cw/${at("plan")}-book`]);
  assert.deepEqual(
    store.workspaces.sharing(at("all")),
    keys.map(at).toSorted((a, b) => a - b),
  );
  assert.equal(store.workspaces.get(at("part")), null, "a list works on no files");
  assert.notEqual(store.workspaces.get(at("own"))?.path, rows[0]?.path);
  await store.write(() => {
    const row = store.workspaces.get(at("all"));
    if (row !== null) store.workspaces.put({ ...row, state: "trashed", trash: "/trash", isDirty: true });
  });
  const [plan] = rows.map((row) => store.workspaces.get(row?.taskId ?? 0));
  assert.deepEqual([plan?.state, plan?.trash, plan?.isDirty], ["trashed", "/trash", null]);
  await store.write(() => assert.ok(store.workspaces.move(at("plan"), ["trashed"], "kept")));
  assert.equal(store.workspaces.get(at("part[2]"))?.state, "kept");
  assert.deepEqual(
    store.workspaces.worktrees().map(({ taskId }) => taskId),
    [at("own"), at("plan")],
  );
  await api.removeTask({ id: at("plan") }, person);
  assert.equal(store.workspaces.get(at("all"))?.state, "kept", "the worktree stays for the others");
  assert.equal(tasks.length, 4);
});

test("the base of a worktree is what the other task has left when its turn comes", async (t) => {
  const real = workflows(t);
  const { run, drive, store } = real;
  const git = checkout(real);
  const { id, tasks } = await run(`
workspace: own
tasks:
  build: { prompt: Build }
  test: { prompt: Test, needs: build, base: needs.build }
  each: { prompt: "{{ matrix.item }}", needs: build, for_each: inputs.list, base: "{{ needs.build.workspace.branch }}" }
inputs: { list: { type: list, default: [a] } }
`);
  const first = git("rev-parse", "HEAD");
  git("commit", "-q", "--allow-empty", "-m", "second");
  const build = store.workspaces.get(Number(tasks[0]?.id));
  assert.ok(build !== null);
  await store.write(() => store.workspaces.put({ ...build, headCommit: git("rev-parse", "HEAD") }));
  const { view, states } = await drive(id);
  assert.equal(view.status, "completed", JSON.stringify(states));
  const base = (key: string) => store.workspaces.get(Number(view.tasks.find((each) => each.key === key)?.id))?.baseCommit;
  assert.deepEqual([base("build"), base("test"), base("each[1]")], [first, git("rev-parse", "HEAD"), git("rev-parse", "HEAD")]);
});

test("a base or a shared worktree that cannot be is refused", async (t) => {
  const { check } = workflows(t);
  const refused = async (task: string, pattern: RegExp): Promise<void> =>
    await assert.rejects(check(`tasks:\n  a: { prompt: x }\n  m: { prompt: x, matrix: { n: [1] } }\n  b: ${task}\n`), (error: Error) => {
      return pattern.test(error.message) || assert.fail(error.message);
    });
  await refused(
    "{ prompt: x, base: main, workspace: own }",
    /has base: main\. Name a task, needs\.KEY; a branch or a commit is worktree_base/,
  );
  await refused("{ prompt: x, base: needs.a, workspace: own }", /does not run after a\. Add it to needs/);
  await refused("{ prompt: x, needs: m, base: needs.m, workspace: own }", /is not a single task with files of its own/);
  await refused("{ prompt: x, needs: a, base: needs.a }", /which needs workspace: own/);
  await refused("{ prompt: x, needs: a, base: needs.a, worktree_base: main, workspace: own }", /has base and worktree_base/);
  await refused("{ prompt: x, workspace: shared, worktree_base: main }", /shares the run's worktree, so worktree_base is not its own/);
  await refused("{ prompt: x, workspace: mine }", /workspace: must be own, shared or in_place/);
});

test("steps without Claude take no options of their group and no locks", async (t) => {
  const real = workflows(t);
  const { run, drive, api, settings } = real;
  checkout(real);
  Object.assign(settings, { exclusive_directories: "on" });
  const defaults = { workspace_kind: "worktree", worktree_base: "HEAD", setup: "true", verify: ["true"], locks: ["repo"] };
  await api.setGroup({ name: "night", ...groupChange.parse({ defaults }) }, person);
  const { id } = await run(`
defaults: { group: night, model: opus, labels: { kind: night }, answer_within_ms: 60000 }
tasks:
  ask: { approval: "Go on?" }
  each: { prompt: "Fix {{ matrix.item }}", for_each: inputs.files }
  both: { prompt: Both, matrix: { n: [1] } }
inputs: { files: { type: list, default: [a] } }
`);
  await drive(id);
  const { tasks } = await api.getWorkflow({ workflow: id });
  const views = await Promise.all(tasks.map(async (task) => await api.getTask({ id: Number(task.id) })));
  assert.deepEqual(
    Object.fromEntries(
      views.map(({ workflow, group, locks, verify, workspace_kind: kind }) => [workflow?.key, [group, locks, verify.length, kind]]),
    ),
    {
      ask: ["night", [], 0, "in_place"],
      each: ["night", [], 0, "in_place"],
      both: ["night", [], 0, "in_place"],
      "each[1]": ["night", ["repo"], 1, "worktree"],
      "both[n=1]": ["night", ["repo"], 1, "worktree"],
    },
  );
  const [ask] = views;
  assert.deepEqual([ask?.status, ask?.labels, ask?.answer_within_ms, ask?.model], ["waiting", { kind: "night" }, 60_000, null]);
  await api.cancelTask({ id: Number(ask?.id) }, person);
  assert.deepEqual((await api.retryTask({ id: Number(ask?.id) }, person)).locks, [], "nor when they run again");
});

test("defaults of worktrees do not concern a task that works in place", async (t) => {
  const real = workflows(t);
  const { api, corner, run } = real;
  checkout(real);
  const options = { workspace_kind: "worktree", worktree_base: "HEAD", setup: "true" };
  await api.setGroup({ name: "night", ...groupChange.parse({ defaults: options }) }, person);
  await api.setGroup({ name: "base", ...groupChange.parse({ defaults: { setup: "true" } }) }, person);
  await api.addTemplate(templateInput.parse({ name: "review", prompt: "Review", options }), person);
  const facts = ({ workspace_kind: kind, worktree_base: base, setup }: Pick<TaskView, "workspace_kind" | "worktree_base" | "setup">) => [
    kind,
    base,
    setup,
  ];
  const submit = async (more: object) => facts(await api.submitTask(taskInput.parse({ ...goodTask(corner.work), ...more }), person));
  assert.deepEqual(await submit({ group: "night" }), ["worktree", "HEAD", "true"]);
  assert.deepEqual(await submit({ group: "night", workspace_kind: "in_place" }), ["in_place", null, null]);
  assert.deepEqual(await submit({ group: "base" }), ["in_place", null, null]);
  assert.deepEqual(await submit({ group: "base", workspace_kind: "worktree" }), ["worktree", null, "true"]);
  await assert.rejects(submit({ setup: "true" }), /setup belongs to a worktree/);
  const called = templateRun.parse({ working_directory: corner.work, workspace_kind: "in_place" });
  assert.deepEqual(facts(await api.runTemplate({ template: "review", ...called }, person)), ["in_place", null, null]);
  const { tasks } = await run(`
defaults: { worktree_base: HEAD, setup: "true" }
workspace: own
tasks: { a: { prompt: A }, b: { prompt: B, workspace: in_place }, c: { template: review, workspace: in_place } }
`);
  const views = await Promise.all(tasks.map(async (task) => await api.getTask({ id: Number(task.id) })));
  assert.deepEqual(views.map(facts), [
    ["worktree", "HEAD", "true"],
    ["in_place", null, null],
    ["in_place", null, null],
  ]);
});
