/**
 * Item 44: rights count when a task starts: every submit, retry and start asks for them, and who
 * asked last is remembered.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Settings } from "../../src/config/settings.ts";
import type { Caller } from "../../src/contract/caller.ts";
import { taskInput } from "../../src/contract/task-input.ts";
import type { TaskInput } from "../../src/contract/task-input.ts";
import { WorkerError } from "../../src/domain/errors.ts";
import { StartRights } from "../../src/operations/rights/start-rights.ts";
import { ClaudeCodeTrust } from "../../src/operations/tasks/working-directory.ts";
import { killServer, fastWorker } from "../reliability/setup.ts";
import { realApi } from "../../testing/real-api.ts";
import type { RealApi } from "../../testing/real-api.ts";

const owner: Caller = { scope: "admin", name: "socket" };
const agent: Caller = { ...owner, agent: { client: "claude-code 2.1.330", toolUseId: null } };

interface Setup extends RealApi {
  submit(more?: Partial<TaskInput>, by?: Caller): Promise<number>;
  ended(more?: Partial<TaskInput>, by?: Caller): Promise<number>;
  /** A caller with a new token. */
  token(scope: "submit" | "admin", name?: string): Promise<Caller & { tokenId: number }>;
  /** What the views and the scheduler say of a pending task. */
  waits(id: number): Promise<[boolean, string | undefined]>;
}

function setup(t: TestContext, settings: Partial<Settings> = {}): Setup {
  // Claude Code refuses bypassPermissions to root elsewhere.
  const real = realApi(t, { prompt_rules: "off", ...settings }, { IS_SANDBOX: "1" });
  const { api, corner, rights } = real;
  const submit: Setup["submit"] = async (more = {}, by = owner) =>
    (await api.submitTask(taskInput.parse({ prompt: "p", working_directory: corner.work, ...more }), by)).id;
  return {
    ...real,
    submit,
    ended: async (more, by) => {
      const id = await submit(more, by);
      await real.run(id, []);
      return id;
    },
    token: async (scope, name = `${scope}-token`) => {
      const { token } = await api.createToken({ name, scope }, owner);
      return (await api.callerOfToken(token)) as Caller & { tokenId: number };
    },
    waits: async (id) => {
      const reason = (await api.getTask({ id })).waiting_for;
      return [rights.mayStart(id), reason?.reason === "rights" ? reason.message : undefined];
    },
  };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkerError, `not refused: ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

test("a retry needs the rights of a submit", async (t) => {
  const { api, corner, ended, token } = setup(t, { agent_permission_mode: "default" });
  const [submitter, admin] = [await token("submit"), await token("admin")];
  const elsewhere = corner.workdir("elsewhere", { trusted: false });
  await api.addTrust({ directory: elsewhere }, owner);
  const untrusted = await ended({ working_directory: elsewhere });
  await api.removeTrust({ directory: elsewhere }, owner);
  for (const caller of [owner, submitter, agent]) {
    assert.match(await refusal(api.retryTask({ id: untrusted }, caller)), /^untrusted_directory: .*claude-worker trust add .*elsewhere/);
  }
  const bypass = await ended({ permission_mode: "bypassPermissions" }, admin);
  for (const caller of [submitter, agent, { ...agent, ...submitter }, { ...agent, ...admin }]) {
    assert.match(await refusal(api.retryTask({ id: bypass }, caller)), /^forbidden: .*(bypassPermissions|at most default)/);
  }
  await api.retryTask({ id: bypass }, admin);
  const wide = await ended({ permission_mode: "acceptEdits" });
  assert.match(await refusal(api.retryTask({ id: wide }, agent)), /^forbidden: .*at most default/);
  const ruled = await ended({ permission_mode: "default", allow: ["Bash(rm:*)"] });
  assert.match(await refusal(api.retryTask({ id: ruled }, agent)), /^forbidden: Agents may hand on no permission rules/);
  await api.retryTask({ id: ruled }, submitter);
});

test("a retry counts like a submit", async (t) => {
  const limited = setup(t, { submits_per_minute: 2 });
  const submitter = await limited.token("submit");
  const [one, two] = [await limited.ended({}, submitter), await limited.ended()];
  await limited.api.retryTask({ id: one }, submitter);
  assert.match(await refusal(limited.api.retryTask({ id: two }, submitter)), /^too_many_requests/);
  const full = setup(t, { max_pending: 1 });
  const three = await full.ended();
  await full.submit();
  assert.match(await refusal(full.api.retryTask({ id: three }, owner)), /^too_many_requests/);
  const agents = setup(t, { agent_open: 1 });
  const [four, five] = [await agents.ended(), await agents.ended()];
  await agents.api.retryTask({ id: four }, agent);
  assert.match(await refusal(agents.api.retryTask({ id: five }, agent)), /^too_many_requests/);
});

test("taking trust back holds the tasks that wait there, until it is given again", async (t) => {
  const { api, corner, submit, waits } = setup(t);
  const place = corner.workdir("place", { trusted: false });
  await api.addTrust({ directory: place }, owner);
  const id = await submit({ working_directory: place });
  assert.deepEqual(await waits(id), [true, undefined]);
  await api.removeTrust({ directory: place }, owner);
  for (let times = 0; times < 2; times += 1) {
    const [may, message] = await waits(id);
    assert.equal(may, false);
    assert.match(message ?? "", /place is not trusted.*claude-worker trust add .*place/);
  }
  await api.addTrust({ directory: place }, owner);
  assert.deepEqual(await waits(id), [true, undefined]);
});

test("settings that were narrowed hold tasks that they no longer allow", async (t) => {
  const { store, settings, corner, submit } = setup(t);
  const id = await submit({}, agent);
  const wide = await submit({ permission_mode: "acceptEdits" });
  const claudeCodeTrust = new ClaudeCodeTrust({ HOME: corner.home });
  const under = (more: Partial<Settings>): StartRights => new StartRights({ store, settings: { ...settings, ...more }, claudeCodeTrust });
  assert.deepEqual([under({}).mayStart(id), under({}).mayStart(wide)], [true, true]);
  const roots = under({ allowed_roots: ["/nonexistent"] });
  assert.equal(roots.mayStart(id), false);
  const row = store.tasks.row(id);
  assert.ok(row);
  assert.match(roots.whyNot(row) ?? "", /outside of the directories.*config set allowed_roots/);
  const modes = under({ agent_permission_mode: "plan" });
  assert.deepEqual([modes.mayStart(id), modes.mayStart(wide)], [false, true], "a person's task is not an agent's");
});

test("tasks of a removed token wait for a person, those of an expired one run", async (t) => {
  const { api, store, clock, submit, token, waits } = setup(t);
  const gone = await token("submit", "gone");
  const parent = await submit({}, gone);
  const child = await submit({}, { scope: "submit", name: `task:${parent}`, taskId: parent });
  const { token: secret } = await api.createToken(
    { name: "short", scope: "submit", expires_at: new Date(clock.nowMs + 1000).toISOString() },
    owner,
  );
  const short = await submit({}, (await api.callerOfToken(secret)) as Caller);
  clock.nowMs += 2000;
  assert.equal(await api.callerOfToken(secret), null);
  assert.deepEqual(await waits(short), [true, undefined]);
  await api.removeToken({ id: gone.tokenId }, owner);
  await token("submit", "gone");
  for (const id of [parent, child]) {
    const [may, message] = await waits(id);
    assert.equal(may, false);
    assert.match(message ?? "", new RegExp(`(the token gone|task ${parent}), which was removed.*claude-worker cancel ${id}`));
  }
  await store.write(() => store.tasks.transition(parent, "cancel", clock.nowMs));
  await api.retryTask({ id: parent }, owner);
  assert.deepEqual(await waits(parent), [true, undefined], "a person asked for it now");
});

test("a child waits while nothing is left of its tree's budget", async (t) => {
  const { store, submit, rights } = setup(t);
  const top = await submit({ max_budget_usd: 1 });
  const child = await submit({ max_budget_usd: 0.5 }, { scope: "submit", name: `task:${top}`, taskId: top });
  assert.equal(rights.mayStart(child), true);
  await store.write(() => store.tasks.patch(top, Date.now(), { costUsd: 1 }));
  assert.equal(rights.mayStart(child), false);
});

test("idempotency keys belong to a token's id, not to its name", async (t) => {
  const { api, corner, token } = setup(t);
  const input = taskInput.parse({ prompt: "p", working_directory: corner.work });
  const submit = async (by: Caller): Promise<number> => (await api.submitTaskOnce(input, "k", by)).task.id;
  const first = await token("submit", "ci");
  const [one, again] = [await submit(first), await submit(first)];
  assert.equal(again, one);
  await api.removeToken({ id: first.tokenId }, owner);
  const second = await token("submit", "ci");
  assert.notEqual(await submit(second), one);
  const local: Caller = { scope: "admin", name: "token:local" };
  assert.notEqual(await submit(local), await submit(await token("admin", "local")), "no name can look like the server's own");
});

test("a server asks for the rights again before it resumes a task", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "1" });
  const place = w.place.workdir("place", { trusted: false });
  await w.start();
  await w.client.addTrust({ directory: place });
  const { id: running } = await w.submit("steps 10 delay 300", { working_directory: place });
  const { id: waiting } = await w.submit("SAY hello", { working_directory: place });
  await w.until(running, ({ last_action: action }) => action !== null);
  await w.client.removeTrust({ directory: place });
  await killServer(w);
  await w.start();
  const ended = await w.ended(running);
  assert.equal(ended.status, "completed", JSON.stringify(ended.error));
  const held = await w.until(waiting, ({ waiting_for }) => waiting_for?.reason === "rights");
  assert.match(held.waiting_for?.message ?? "", /claude-worker trust add/);
  const other = await w.submit("SAY hello");
  assert.equal((await w.ended(other.id)).status, "completed", "it holds up nobody else");
  assert.equal((await w.client.getTask({ id: waiting })).attempts, 0);
  await w.client.addTrust({ directory: place });
  assert.equal((await w.ended(waiting)).status, "completed");
});
