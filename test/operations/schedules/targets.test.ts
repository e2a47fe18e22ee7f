/** Schedules of templates and workflows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { templateInput } from "../../../src/contract/operations/templates.ts";
import { prepareStart } from "../../../src/operations/prompts/prepare-start.ts";
import { prepareStep } from "../../../src/operations/workflows/prepare-step.ts";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { person, scheduled } from "./setup.ts";
import type { Scheduled } from "./setup.ts";

const release = `
name: release
inputs: { version: { type: string } }
tasks:
  build: { prompt: "Build {{ inputs.version }}" }
  publish: { prompt: "Publish {{ needs.build.result }}", needs: build }
`;

async function withTemplate(s: Scheduled, prompt = "Review {{ vars.branch }}", options = {}) {
  await s.api.addTemplate(templateInput.parse({ name: "review", prompt, options }), person);
  const template = { template: "review", vars: { branch: "main" }, working_directory: s.corner.work };
  return await s.add({ cron: "0 * * * *", task: undefined, template });
}

async function withWorkflow(s: Scheduled, fields: object = {}, file = release) {
  const workflow = { file, path: "release.yaml", inputs: { version: "2.4" }, working_directory: s.corner.work };
  return await s.add({ cron: "0 * * * *", task: undefined, workflow, ...fields });
}

/** Starts what can start, as the scheduler would, and ends it. @returns the keys, in order. */
async function drive(s: Scheduled, isRun: (key: string) => boolean = () => true): Promise<string[]> {
  const { store, clock } = s;
  const now = () => clock.nowMs;
  const started: string[] = [];
  for (;;) {
    const ids = await prepareStart(
      { store, now, prepareStep: async (step) => await prepareStep(s.context, step) },
      store.tasks.startable(now(), 100),
    );
    const next = ids.filter((id) => store.tasks.row(id)?.status === "pending" && isRun(store.workflows.placeOf(id)?.key ?? ""));
    if (next.length === 0 && store.tasks.startable(now(), 100).every((id) => !isRun(store.workflows.placeOf(id)?.key ?? "join")))
      return started;
    for (const id of next) {
      const place = store.workflows.placeOf(id);
      started.push(`${place?.id} ${place?.key}`);
      await s.finish(id);
    }
  }
}

const workflowOf = async (s: Scheduled, index: number) => (await s.runs())[index]?.workflow ?? 0;

test("a schedule submits a template with its variables, as the template is then", async (t) => {
  const s = scheduled(t);
  const added = await withTemplate(s, "Review {{ vars.branch }}", { model: "opus", labels: { kind: "review" } });
  assert.deepEqual(added.target, { kind: "template", title: "review branch=main", working_directory: s.corner.work });
  assert.deepEqual([added.task, added.template?.vars, added.template?.options], [null, { branch: "main" }, {}]);
  await s.pass("2027-01-10T13:00:00Z");
  const [first] = await s.runs();
  const task = await s.api.getTask({ id: Number(first?.task) }, person);
  assert.deepEqual([task.prompt, task.model, task.schedule?.name], ["Review {{ vars.branch }}", "opus", "nightly"]);
  assert.equal(task.title, "Review main");
  await prepareStart({ store: s.store, now: () => s.clock.nowMs }, [Number(task.id)]);
  assert.equal((await s.api.getTask({ id: task.id })).rendered_prompt, "Review main");
  await s.finish(task.id);
  await s.api.updateTemplate({ template: "review", prompt: "Look at {{ vars.branch }}" }, person);
  await s.api.updateSchedule({ schedule: "nightly", template: { vars: { branch: "next" }, model: "haiku" } }, person);
  await s.pass("2027-01-10T14:00:00Z");
  const later = await s.api.getTask({ id: Number((await s.runs())[1]?.task) }, person);
  assert.deepEqual([later.prompt, later.model, later.labels], ["Look at {{ vars.branch }}", "haiku", { kind: "review" }]);
});

test("a template that was removed is a failed run, with the reason and a notification", async (t) => {
  const s = scheduled(t);
  await s.store.write(() => s.store.notifications.addChannel(plainChannel({ events: ["schedule"] }), "secret"));
  await withTemplate(s);
  await s.api.removeTemplate({ template: "review" }, person);
  await s.pass("2027-01-10T13:30:00Z");
  const [first] = await s.runs();
  assert.deepEqual([first?.state, first?.reason, first?.task], ["failed", "not_found", null]);
  assert.match(first?.message ?? "", /^There is no template review\./);
  const told = s.store.notifications.deliveries({ limit: 10 }).map(({ content }) => content.title);
  assert.deepEqual(told, ["Schedule nightly: a run was not submitted"]);
  // A variable without a value is refused in the same way.
  await s.api.addTemplate(templateInput.parse({ name: "review", prompt: "{{ vars.branch }} {{ vars.issue }}" }), person);
  await s.pass("2027-01-10T14:30:00Z");
  assert.match((await s.runs())[1]?.message ?? "", /needs "issue"/);
});

test("a schedule runs a workflow, and the run, its tasks and the row name each other", async (t) => {
  const s = scheduled(t);
  const added = await withWorkflow(s);
  assert.deepEqual(added.target, { kind: "workflow", title: "release.yaml", working_directory: s.corner.work });
  assert.deepEqual(
    added.workflow?.tasks.map(({ key, needs }) => [key, needs]),
    [
      ["build", []],
      ["publish", ["build"]],
    ],
  );
  await s.pass("2027-01-10T13:00:00Z");
  const [row] = await s.runs();
  assert.deepEqual([row?.task, row?.workflow, row?.workflow_status], [null, 1, "running"]);
  const schedule = { id: added.id, name: "nightly", due_at: "2027-01-10T13:00:00.000Z" };
  const run = await s.api.getWorkflow({ workflow: 1 });
  assert.deepEqual([run.name, run.inputs, run.schedule], ["release", { version: "2.4" }, schedule]);
  for (const { id } of run.tasks) assert.deepEqual((await s.api.getTask({ id })).schedule, schedule);
  assert.deepEqual(await drive(s), ["1 build", "1 publish"]);
  assert.equal((await s.api.getSchedule({ schedule: "nightly" })).last_run?.workflow_status, "completed");
  // The rows of runs are no rows without a task.
  await s.api.removeWorkflow({ workflow: 1 }, person);
  assert.deepEqual([(await s.runs())[0]?.workflow, (await s.runs())[0]?.state], [null, "submitted"]);
});

test("overlap looks at the status of the earlier run", async (t) => {
  const s = scheduled(t);
  await withWorkflow(s);
  await s.pass("2027-01-10T14:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 skipped overlap"]);
  assert.equal((await s.runs())[1]?.message, "The earlier workflow run 1 had not ended.");
  // One task of two has ended.
  await drive(s, (key) => key === "build");
  await s.pass("2027-01-10T15:30:00Z");
  assert.equal((await s.story()).at(-1), "01-10T15:00 skipped overlap");
  await drive(s);
  await s.pass("2027-01-10T16:30:00Z");
  assert.equal((await s.story()).at(-1), "01-10T16:00 submitted");
});

test("with cancel the earlier run of a workflow ends before the new one starts", async (t) => {
  const s = scheduled(t);
  await withWorkflow(s, { overlap: "cancel" });
  await s.pass("2027-01-10T13:30:00Z");
  const [build] = (await s.api.getWorkflow({ workflow: 1 })).tasks;
  await s.tell(Number(build?.id), "text", { text: "at work" });
  await s.pass("2027-01-10T14:30:00Z");
  assert.equal((await s.api.getTask({ id: build?.id ?? 0 })).cancel_requested, true);
  const next = await workflowOf(s, 1);
  const states = async () => (await s.api.getWorkflow({ workflow: next })).tasks.map(({ key, status }) => `${key} ${status}`);
  assert.deepEqual(await states(), ["(earlier runs) pending", "build pending", "publish pending"]);
  assert.deepEqual(await drive(s), []);
  await s.finish(Number(build?.id), "failed");
  assert.equal((await s.api.getWorkflow({ workflow: 1 })).status, "cancelled");
  assert.deepEqual(await drive(s), [`${next} build`, `${next} publish`]);
  assert.equal((await s.api.getWorkflow({ workflow: next })).status, "completed");
});

test("with queue a run also waits for tasks that a list of the earlier one makes", async (t) => {
  const s = scheduled(t);
  const file = `
tasks:
  a: { prompt: A }
  b: { prompt: B, on_failure: stop }
  fix: { prompt: "Fix {{ matrix.item }}", needs: a, for_each: inputs.files }
inputs: { files: { type: list } }
`;
  const workflow = { file, inputs: { files: ["x", "y"] }, working_directory: s.corner.work };
  await s.add({ cron: "0 * * * *", overlap: "queue", task: undefined, workflow });
  await s.pass("2027-01-10T14:30:00Z");
  const second = await workflowOf(s, 1);
  assert.deepEqual(await drive(s, (key) => key === "a"), ["1 a"]);
  assert.deepEqual(await drive(s, (key) => key === "b"), ["1 b"]);
  const open = (await s.api.getWorkflow({ workflow: 1 })).tasks.filter(({ status }) => status === "pending").map(({ key }) => key);
  assert.deepEqual(open, ["fix", "fix[1]", "fix[2]"]);
  // One of the list fails, and the step that stands for it is skipped at once; the other one runs.
  const children = (await s.api.getWorkflow({ workflow: 1 })).tasks.filter(({ key }) => key.startsWith("fix["));
  await s.finish(children[0]?.id ?? 0, "failed");
  assert.equal((await s.api.getWorkflow({ workflow: 1 })).status, "running");
  assert.deepEqual(await drive(s, (key) => key !== "fix[2]"), []);
  await s.finish(children[1]?.id ?? 0);
  assert.equal((await s.api.getWorkflow({ workflow: 1 })).status, "failed");
  assert.deepEqual(new Set(await drive(s)), new Set(["a", "b", "fix[1]", "fix[2]"].map((key) => `${second} ${key}`)));
});

test("missed runs of a workflow that are made up for come one after the other", async (t) => {
  const s = scheduled(t);
  await withWorkflow(s, { missed: "all", cron: "0 */4 * * *" });
  await s.restart("2027-01-11T01:00:00Z");
  const rows = await s.runs();
  assert.deepEqual(
    rows.map(({ catch_up, workflow }) => [catch_up, workflow]),
    [
      [true, 1],
      [true, 2],
      [true, 3],
    ],
  );
  assert.deepEqual(await drive(s), ["1 build", "1 publish"]);
  s.set("2027-01-11T01:05:00Z");
  assert.deepEqual(await drive(s), ["2 build", "2 publish", "3 build", "3 publish"]);
});

test("a change replaces a file or adds to its inputs, and another kind takes the place", async (t) => {
  const s = scheduled(t);
  await withWorkflow(s);
  const change = async (fields: object) => await s.api.updateSchedule({ schedule: "nightly", ...fields }, person);
  assert.deepEqual((await change({ workflow: { inputs: { version: "2.5" } } })).workflow?.inputs, { version: "2.5" });
  const later = await change({ cron: "30 * * * *" });
  assert.deepEqual([later.next_runs[0], later.target.kind], ["2027-01-10T12:30:00.000Z", "workflow"]);
  const file = "inputs: { version: 1 }\ntasks: { only: { prompt: Only } }\n";
  assert.deepEqual(
    (await change({ workflow: { file } })).workflow?.tasks.map(({ key }) => key),
    ["only"],
  );
  await assert.rejects(change({ workflow: { file: "tasks: { a: { promt: x } }" } }), /"promt" is not known; did you mean "prompt"\?/);
  await assert.rejects(change({ workflow: { file: "tasks: { a: { workflow: b.yaml } }", inputs: {} } }), /needs the file b\.yaml/);
  const other = await change({ task: { prompt: "By hand", working_directory: s.corner.work } });
  assert.deepEqual([other.target.kind, other.workflow, other.task?.prompt], ["task", null, "By hand"]);
  await assert.rejects(
    change({ task: { prompt: "x" }, workflow: { file } }),
    /takes one of `task`, `template` and `workflow`, and 2 are given/,
  );
  await assert.rejects(change({ template: { vars: {} } }), { code: "invalid_input" });
  await assert.rejects(s.add({ name: "none", cron: "@daily", task: undefined }), /and 0 are given/);
  await assert.rejects(
    s.add({ name: "gone", cron: "@daily", task: undefined, template: { template: "revew", working_directory: s.corner.work } }),
    { code: "not_found" },
  );
});

test("the rights of a workflow are those of its writer at each time", async (t: TestContext) => {
  const s = scheduled(t);
  const token = await s.api.createToken({ name: "ci", scope: "submit" } as never, person);
  const caller = { scope: "submit", name: "token:ci", tokenId: token.id } as const;
  const workflow = (mode: string) => ({
    file: `tasks: { a: { prompt: x, permission_mode: ${mode} } }`,
    working_directory: s.corner.work,
  });
  await assert.rejects(s.add({ cron: "0 * * * *", task: undefined, workflow: workflow("bypassPermissions") }, caller), {
    code: "forbidden",
  });
  await s.add({ cron: "0 * * * *", overlap: "allow", task: undefined, workflow: workflow("plan") }, caller);
  await s.pass("2027-01-10T13:30:00Z");
  const [task] = (await s.api.getWorkflow({ workflow: 1 })).tasks;
  assert.equal(s.store.callers.get(Number(task?.id))?.name, "token:ci");
  await s.api.removeToken({ id: token.id }, person);
  await s.pass("2027-01-10T14:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 failed forbidden"]);
  const run = await s.api.runSchedule({ schedule: "nightly" }, person);
  assert.deepEqual([run.kind, run.workflow, run.task], ["manual", 2, null]);
});

test("without a zone of its own a schedule has that of the setting time_zone", async (t) => {
  const s = scheduled(t, undefined, { time_zone: "Asia/Tokyo" });
  const added = await s.add({ cron: "0 2 * * *", time_zone: undefined });
  assert.deepEqual([added.time_zone, added.next_runs[0]], ["Asia/Tokyo", "2027-01-10T17:00:00.000Z"]);
  const changed = await s.api.updateSchedule({ schedule: "nightly", cron: "0 3 * * *" }, person);
  assert.deepEqual([changed.time_zone, changed.next_runs[0]], ["Asia/Tokyo", "2027-01-10T18:00:00.000Z"]);
});
