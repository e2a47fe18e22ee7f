import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { templateChange, templateInput, templateRun } from "../../../src/contract/operations/templates.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { prepareStart } from "../../../src/operations/prompts/prepare-start.ts";
import { localId } from "../../../testing/local-task.ts";
import type { TaskView } from "../../../src/contract/views/task.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };
const agent: Caller = { scope: "admin", name: "socket", agent: { client: "claude", toolUseId: null } };

function templates(t: TestContext) {
  const real = realApi(t);
  const { api, corner, store, clock } = real;
  const add = async (input: object, caller = person) => await api.addTemplate(templateInput.parse({ name: "review", ...input }), caller);
  const run = async (input: object = {}, caller = person) =>
    await api.runTemplate({ template: "review", ...templateRun.parse({ working_directory: corner.work, ...input }) }, caller);
  const start = async (task: Pick<TaskView, "id">) => await prepareStart({ store, now: () => clock.nowMs }, [localId(task)]);
  return { ...real, add, run, start };
}

test("a task of a template has its prompt, the call's variables, and its options", async (t) => {
  const { add, run, start, api } = templates(t);
  const template = await add({
    prompt: "Review {{ vars.branch }} for {{ vars.what }}. Keep {{ user.name }}.",
    defaults: { what: "bugs" },
    options: { model: "opus", labels: { kind: "review" }, allow: ["Read"] },
  });
  assert.deepEqual(template.variables, [
    { name: "branch", default: null },
    { name: "what", default: "bugs" },
  ]);
  const { id } = await run({ vars: { branch: "{{ vars.what }}" }, context: "{{ vars.branch }}", model: "haiku" });
  const task = await api.getTask({ id });
  assert.deepEqual([task.model, task.labels, task.allow], ["haiku", { kind: "review" }, ["Read"]]);
  await start({ id });
  assert.equal((await api.getTask({ id })).rendered_prompt, "Review {{ vars.what }} for bugs. Keep {{ user.name }}.\n\n{{ vars.branch }}");
  await api.removeTemplate({ template: "review" }, person);
  assert.equal(
    (await api.getTask({ id })).prompt,
    "Review {{ vars.branch }} for {{ vars.what }}. Keep {{ user.name }}.\n\n{{ vars.branch }}",
  );
});

test("a template without its variable is refused with its name", async (t) => {
  const { add, run } = templates(t);
  await add({ prompt: "Review {{ vars.branch }} and {{ vars.what }}" });
  await assert.rejects(run({ vars: { what: "x" } }), {
    code: "invalid_input",
    message: 'The template review needs "branch". Give --var branch=…',
    problems: [{ pointer: "/vars/branch", detail: 'The template review needs "branch". Give --var branch=…' }],
  });
  await assert.rejects(run({ vars: { branch: "a", whut: "x" } }), {
    message: 'The template review has no variable "whut"; did you mean "what"?',
  });
});

test("a task of a template also has results of the tasks that it runs after", async (t) => {
  const { add, run, start, api, store, clock, finish, corner } = templates(t);
  await add({ prompt: "{{ vars.say }}: {{ needs.build.result }}" });
  await assert.rejects(run({ vars: { say: "So" } }), /no task that it runs after has this name/);
  const build = await api.submitTask(taskInput.parse({ prompt: "Build it", name: "build", working_directory: corner.work }), person);
  const { id } = await run({ vars: { say: "So" }, depends_on: [build.id] });
  await finish(build.id);
  await store.write(() => store.tasks.patch(build.id, clock.nowMs, { result: "ok" }));
  await start({ id });
  assert.match((await api.getTask({ id })).rendered_prompt ?? "", /^So: "ok"/);
});

test("what a template cannot mean is refused when it is stored", async (t) => {
  const { add, api } = templates(t);
  await assert.rejects(add({ prompt: "{{ inputs.x }}" }), /belongs to workflows/);
  await assert.rejects(add({ prompt: "{{ vars.x | upcase }}" }), /undefined filter: upcase/);
  await assert.rejects(add({ prompt: "{{ vars.branch }}", defaults: { brunch: "main" } }), /did you mean "branch"|Did you mean "branch"/);
  await add({ prompt: "{{ vars.branch }}" });
  await assert.rejects(add({ prompt: "x" }), { code: "conflict" });
  await assert.rejects(api.getTemplate({ template: "reviev" }), /Did you mean "review"\?/);
});

test("a change sets and takes away; what is not named stays", async (t) => {
  const { add, api } = templates(t);
  await add({ prompt: "{{ vars.a }} {{ vars.b }}", defaults: { a: "1", b: "2" }, options: { model: "opus", effort: "low" } });
  const change = templateChange.parse({ defaults: { a: null }, options: { model: null, priority: 3 } });
  const changed = await api.updateTemplate({ template: "review", ...change }, person);
  assert.deepEqual(changed.variables, [
    { name: "a", default: null },
    { name: "b", default: "2" },
  ]);
  assert.deepEqual(changed.options, { effort: "low", priority: 3 });
});

test("an agent uses a template with its own rights, and changes none", async (t) => {
  const { add, run, api } = templates(t);
  await assert.rejects(add({ prompt: "x" }, agent), { code: "forbidden" });
  await add({ prompt: "Do it" });
  assert.equal((await run({}, agent)).prompt, "Do it");
  await assert.rejects(api.updateTemplate({ template: "review", prompt: "y" }, agent), { code: "forbidden" });
  await assert.rejects(api.removeTemplate({ template: "review" }, agent), { code: "forbidden" });
  await api.updateTemplate({ template: "review", options: { permission_mode: "bypassPermissions" } }, person);
  await assert.rejects(run({}, agent), { code: "forbidden" });
});

test("secrets in a template's settings are not shown", async (t) => {
  const { add } = templates(t);
  const { options } = await add({ prompt: "x", options: { mcp_config: { mcpServers: { db: { command: "x", env: { KEY: "s3cret" } } } } } });
  assert.ok(!JSON.stringify(options).includes("s3cret"));
});

test("options of a template count before settings of the caller", async (t) => {
  const { add, run, api } = templates(t);
  await add({ prompt: "Review", options: { model: "opus", effort: "low", group: "reviews" } });
  await api.setGroup({ name: "reviews", defaults: { timeout_ms: 60_000, effort: "high" } }, person);
  const { id } = await run({
    model: "haiku",
    effort: "max",
    timeout_ms: 120_000,
    retries: 1,
    from_settings: ["effort", "timeout_ms", "retries"],
  });
  const task = await api.getTask({ id });
  assert.deepEqual([task.model, task.effort, task.timeout_ms, task.retries], ["haiku", "low", 60_000, 1]);
});
