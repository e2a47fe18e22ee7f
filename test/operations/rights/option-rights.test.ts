/** What a task's options need of the caller: checked at submit, at a retry and at every start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import type { Caller } from "../../../src/contract/caller.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

test("an additional directory must be trusted at submit, retry and start", async (t) => {
  const { api, corner, rights, store } = realApi(t);
  const [open, shut] = [corner.workdir("open"), corner.workdir("shut", { trusted: false })];
  const input = (...directories: string[]) => taskInput.parse({ ...goodTask(corner.work), additional_directories: directories });
  const pointer = "/additional_directories/1";
  await assert.rejects(api.submitTask(input(open, shut), person), {
    code: "untrusted_directory",
    message: /shut is not trusted/,
    problems: [{ pointer, detail: "not trusted" }],
  });
  await assert.rejects(api.submitTask(input(open, `${shut}/gone`), person), {
    code: "invalid_input",
    message: `The additional directory ${shut}/gone does not exist.`,
  });
  await assert.rejects(api.submitTask(input("docs"), person), { code: "invalid_input", message: /is not an absolute path/ });
  await api.addTrust({ directory: shut }, person);
  const { id, additional_directories } = await api.submitTask(input(open, shut), person);
  assert.deepEqual(additional_directories, [open, shut]);
  assert.ok(rights.mayStart(id));
  await api.removeTrust({ directory: shut }, person);
  assert.ok(!rights.mayStart(id), "trust that was taken back holds what waits there");
  assert.match(rights.whyNot(store.tasks.row(id) as never) ?? "", /shut is not trusted/);
  await api.cancelTask({ id }, person);
  await assert.rejects(api.retryTask({ id }, person), { code: "untrusted_directory" });
});

test("an additional directory lies below the allowed ones, and a retry adds to them", async (t) => {
  const { api, corner, settings } = realApi(t);
  const [inside, outside] = [corner.workdir("work/docs"), corner.workdir("outside")];
  (settings as { allowed_roots: readonly string[] }).allowed_roots = [corner.work];
  const input = taskInput.parse({ ...goodTask(corner.work), additional_directories: [inside] });
  const { id } = await api.submitTask(input, person);
  await api.cancelTask({ id }, person);
  await assert.rejects(api.retryTask({ id, additional_directories: [outside] }, person), {
    code: "forbidden",
    message: /outside of the dir/,
  });
  const again = await api.retryTask({ id, additional_directories: [inside, corner.work] }, person);
  assert.deepEqual(again.additional_directories, [inside, corner.work]);
});

test("a fallback model that is the task's own is refused with what to do", async (t) => {
  const { api, corner } = realApi(t);
  const input = taskInput.parse({ ...goodTask(corner.work), model: "opus", fallback_model: "sonnet, opus" });
  await assert.rejects(api.submitTask(input, person), {
    code: "invalid_input",
    message: "The fallback model is the task's own model, opus. Name another one.",
  });
});

const settings = { hooks: { Stop: [{ hooks: [{ type: "command", command: "true" }] }] }, env: { A_TOKEN: "tiger-tiger-79" } };
const mcp_config = { mcpServers: { own: { command: "/bin/true", env: { A_KEY: "tiger-tiger-80" } } } };

for (const [what, option] of [
  ["settings", { settings }],
  ["MCP servers", { mcp_config }],
] as const) {
  test(`${what} need the admin scope, at submit, at a retry and at a start`, async (t) => {
    const { api, corner, rights, store } = realApi(t);
    const input = (more: object = {}) => taskInput.parse({ ...goodTask(corner.work), ...more });
    const [name = ""] = Object.keys(option);
    const refused = { code: "forbidden", message: new RegExp(`^${name} (needs the admin scope|is for the user alone)`) };
    const token: Caller = { scope: "submit", name: "token:ci", tokenId: 1 };
    const agents: Caller[] = [
      { ...person, agent: { client: "x", toolUseId: null } },
      { ...person, agent: { client: "x", toolUseId: null }, taskId: (await api.submitTask(input(), person)).id },
    ];
    for (const caller of [token, ...agents]) await assert.rejects(api.submitTask(input(option), caller), refused);
    const { id } = await api.submitTask(input(option), person);
    assert.ok(rights.mayStart(id));
    await api.cancelTask({ id }, person);
    for (const caller of [token, ...agents.slice(0, 1)]) await assert.rejects(api.retryTask({ id }, caller), { code: "forbidden" });
    await api.retryTask({ id, [name]: null }, token).catch((error: Error) => assert.fail(error.message));
    // A row that was written by something else than an operation.
    const { id: other } = await api.submitTask(input(option), person);
    await store.write(() => store.callers.put(other, { name: "token:ci", scope: "submit", tokenId: null, isAgent: false }));
    assert.ok(!rights.mayStart(other));
    assert.match(rights.whyNot(store.tasks.row(other) as never) ?? "", refused.message);
  });
}

test("views tell which settings and servers a task has, and none of their values", async (t) => {
  const { api, corner } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse({ ...goodTask(corner.work), settings, mcp_config }), person);
  const task = await api.getTask({ id });
  assert.deepEqual([task.settings, task.mcp_config], [["hooks", "env"], ["own"]]);
  assert.doesNotMatch(JSON.stringify([task, await api.listTasks({}), await api.taskEvents({ id, after: 0, limit: 10 })]), /tiger-tiger/);
});
