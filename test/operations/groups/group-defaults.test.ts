import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Settings } from "../../../src/config/settings.ts";
import type { Caller } from "../../../src/contract/caller.ts";
import { groupChange } from "../../../src/contract/operations/groups.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import type { TaskInput } from "../../../src/contract/task-input.ts";
import type { TaskView } from "../../../src/contract/views/task.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };
const program: Caller = { scope: "submit", name: "ci", tokenId: 1 };
const agent: Caller = { ...person, agent: { client: "claude-code 2.1.330", toolUseId: "toolu_1" } };

function setup(t: TestContext, settings: Partial<Settings> = {}) {
  const { api, corner, store } = realApi(t, settings);
  const set = (change: object) => api.setGroup({ name: "nightly", ...groupChange.parse(change) }, person);
  const submit = (more: Partial<TaskInput> = {}, caller = person): Promise<TaskView> =>
    api.submitTask(taskInput.parse(goodTask(corner.work, { group: "nightly", ...more })), caller);
  return { api, store, corner, set, submit };
}

test("a task has the group's options that it does not name, above the settings", async (t) => {
  const { api, set, submit } = setup(t, { model: "haiku", on_question: "fail" });
  await set({ defaults: { model: "opus", retries: 2, allow: ["Read"], labels: { night: "yes", team: "x" }, max_budget_usd: 3 } });
  const plain = await submit();
  assert.deepEqual([plain.model, plain.retries, plain.allow, plain.labels], ["opus", 2, ["Read"], { night: "yes", team: "x" }]);
  assert.deepEqual([plain.max_budget_usd, plain.on_question], [3, "fail"]);
  // Its own value counts, also where it is the default of the option. Labels are joined.
  const own = await submit({ model: "sonnet", retries: 0, allow: [], labels: { team: "y" }, max_budget_usd: null });
  assert.deepEqual([own.model, own.retries, own.allow, own.labels], ["sonnet", 0, [], { night: "yes", team: "y" }]);
  assert.equal(own.max_budget_usd, 3, "null names nothing");
  // What the command line took from settings of its own is weaker than the group, and stronger than
  // the server's settings.
  const weak = await submit({ model: "sonnet", on_question: "ask", from_settings: ["model", "on_question"] });
  assert.deepEqual([weak.model, weak.on_question], ["opus", "ask"]);
  assert.equal((await submit({ group: "other" })).model, "haiku");
  // A change counts for later tasks, and null takes a default back.
  await set({ defaults: { model: null, retries: 5 } });
  const later = await submit();
  assert.deepEqual([later.model, later.retries], ["haiku", 5]);
  assert.equal((await api.getTask({ id: plain.id }, person)).model, "opus");
});

test("defaults of a group are shown without what may be secret, and go with it", async (t) => {
  const { api, set, submit } = setup(t);
  const view = await set({ limit: 2, defaults: { model: "opus", settings: { env: { TOKEN: "s3cr3t" } } } });
  assert.deepEqual(view.defaults, { model: "opus", settings: ["env"] });
  assert.deepEqual((await api.getGroup({ name: "nightly" }, person)).defaults, view.defaults);
  assert.deepEqual((await api.listGroups({}, person)).groups[0]?.defaults, view.defaults);
  await api.removeGroup({ name: "nightly" }, person);
  assert.equal((await submit()).model, null);
  await assert.rejects(api.getGroup({ name: "none" }, person), /The group none is not set.*group list/);
});

test("a group's defaults widen no rights: they count as if the caller had named them", async (t) => {
  const { set, submit } = setup(t);
  await set({ defaults: { settings: { env: { A: "b" } } } });
  await assert.rejects(submit({}, program), /settings needs the admin scope.*It is a default of the group nightly: give another value/);
  await assert.rejects(submit({}, agent), /settings is for the user alone.*It is a default of the group nightly/);
  assert.equal((await submit()).settings?.[0], "env");
  await set({ defaults: { settings: null, permission_mode: "bypassPermissions" } });
  await assert.rejects(submit({}, program), /bypassPermissions needs the admin scope/);
  await assert.rejects(
    submit({}, agent),
    /permission mode bypassPermissions is wider than agents may ask for.*default of the group nightly/,
  );
  assert.equal((await submit({ permission_mode: "plan" }, agent)).permission_mode, "plan");
  await set({ defaults: { permission_mode: null, allow: ["Bash"] } });
  await assert.rejects(submit({}, agent), /Agents may hand on/);
  await set({ defaults: { allow: null, verify: ["rm -rf /"] } });
  await assert.rejects(submit({}, agent), /verify/);
});

test("a default that no task can have is refused when it is set", () => {
  for (const defaults of [{ group: "other" }, { attachments: [] }, { model: "" }, { retries: -1 }, { modell: "opus" }])
    assert.equal(groupChange.safeParse({ defaults }).success, false, JSON.stringify(defaults));
});

test("a group's window holds its tasks until it opens, unless they have their own", async (t) => {
  const { api, corner, clock } = realApi(t, { time_zone: "UTC" });
  clock.nowMs = Date.parse("2027-01-10T12:00:00Z");
  await api.setGroup({ name: "nightly", ...groupChange.parse({ defaults: { window: "22:00-07:00" } }) }, person);
  const submit = async (more: Partial<TaskInput> = {}) =>
    await api.submitTask(taskInput.parse(goodTask(corner.work, { group: "nightly", ...more })), person);
  const { id, window, waiting_for: wait } = await submit();
  assert.deepEqual([window, wait?.reason, wait?.until], ["22:00-07:00", "time", "2027-01-10T22:00:00.000Z"]);
  assert.equal((await submit({ window: "11:00-13:00" })).waiting_for?.message, "starts now");
  assert.equal((await submit({ group: "default" })).window, null);
  clock.nowMs = Date.parse("2027-01-10T22:00:00Z");
  assert.equal((await api.getTask({ id })).waiting_for?.message, "starts now");
});
