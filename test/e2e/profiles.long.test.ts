import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fault, step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

const secrets = {
  work: "sk-ant-oat01-profile-of-work-4711",
  key: "sk-ant-api03-profile-with-a-key-0815",
} as const;

/** A worker whose server has a subscription, with the profiles `work` (another one) and `key`. */
async function withProfiles(t: TestContext, script: Script = {}, more: Record<string, object> = {}): Promise<TestWorker> {
  const w = await worker(t, script, { subscription: true });
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(fileOf(w, name), `${secret}\n`, { mode: 0o600 });
  const env = ["ANTHROPIC_BASE_URL"];
  const profiles = { work: { oauth_token_file: fileOf(w, "work"), env }, key: { api_key_file: "~/key.secret", env }, ...more };
  w.env["CLAUDE_WORKER_PROFILES"] = JSON.stringify(profiles);
  return w;
}

function fileOf(w: TestWorker, name: string): string {
  return path.join(w.place.home, `${name}.secret`);
}

/** What the requests that this text of the script answered were signed in with. */
function signedIn(w: TestWorker, key: string): string[] {
  const requests = w.model.requests().filter((request) => request.key === key);
  return [...new Set(requests.map(({ headers }) => String(headers["x-api-key"] ?? headers.authorization)))];
}

test("tasks of two profiles run at once, each with its own credentials", async (t) => {
  const script = { "of work": [step.text("done at work")], "of key": [step.text("done with a key")], "of none": [step.text("done")] };
  const w = await withProfiles(t, script);
  await w.start();
  const release = w.model.hold(Object.keys(script));
  const work = await w.submit("of work", { profile: "work" });
  const key = await w.submit("of key", { profile: "key" });
  const none = await w.submit("of none");
  await until("a request of each", () => Object.keys(script).every((each) => signedIn(w, each).length > 0));
  release();
  const ended = await Promise.all([work, key, none].map(async ({ id }) => await w.ended(id)));
  assert.deepEqual(
    ended.map(({ status, profile, result }) => [status, profile, result]),
    [
      ["completed", "work", "done at work"],
      ["completed", "key", "done with a key"],
      ["completed", "default", "done"],
    ],
  );
  assert.deepEqual(signedIn(w, "of work"), [`Bearer ${secrets.work}`]);
  assert.deepEqual(signedIn(w, "of key"), [secrets.key]);
  assert.deepEqual(signedIn(w, "of none"), ["Bearer sk-ant-oat01-scripted-model"]);

  // A session stays with its profile; a new one may have another.
  const other = await w.cli(["retry", String(work.id), "--resume", "--profile", "key"]);
  assert.equal(other.code, 1, other.stdout);
  assert.match(other.stderr, /began with the profile work, and the profile key cannot continue it/);
  w.model.play({ "of work": [step.text("again")] });
  assert.equal((await w.cli(["retry", String(work.id), "--profile", "key"])).code, 0);
  assert.deepEqual([(await w.ended(work.id)).result, signedIn(w, "of work")], ["again", [`Bearer ${secrets.work}`, secrets.key]]);

  // No secret is in what was written, shown or saved.
  const backup = path.join(w.place.directory, "backup.db");
  assert.equal((await w.cli(["db", "backup", backup])).code, 0);
  const views = await Promise.all([w.client.server(), w.client.config(), w.client.listTasks()]);
  const shown = views.map((view) => JSON.stringify(view));
  const written = [...filesBelow(w.place.dataHome), backup].map((file) => readFileSync(file, "latin1"));
  for (const secret of Object.values(secrets)) assert.ok([...shown, ...written].every((text) => !text.includes(secret)));
});

test("a limit of one account holds the tasks of its profiles alone", async (t) => {
  const w = await withProfiles(t);
  const resetsAt = Date.now() + 3_600_000;
  w.model.play({ "too much": [fault.usageLimit(resetsAt)], "of others": [step.text("done")] });
  await w.start();
  const first = await w.submit("too much", { profile: "work" });
  await w.until(first.id, ({ waiting_for }) => waiting_for?.reason === "hold");
  const second = await w.submit("of others, but at work", { profile: "work" });
  assert.equal(second.waiting_for?.reason, "hold");
  const [key, none] = [await w.submit("of others", { profile: "key" }), await w.submit("of others")];
  assert.deepEqual([(await w.ended(key.id)).status, (await w.ended(none.id)).status], ["completed", "completed"]);
  const { holds } = await w.client.server();
  assert.deepEqual(
    holds.map(({ kind, profiles, tasks_waiting }) => [kind, profiles, tasks_waiting]),
    [["rate_limited", ["work"], 2]],
  );
  assert.equal((await w.client.getTask({ id: second.id })).status, "pending");
});

test("task, group and directory say which profile counts, in this order", async (t) => {
  const w = await withProfiles(t, { anything: [step.text("done")] });
  const place = path.join(w.place.work, "clients", "acme");
  mkdirSync(place, { recursive: true });
  const profiles = JSON.parse(w.env["CLAUDE_WORKER_PROFILES"] ?? "{}") as Record<string, object>;
  const directories = { work: [path.join(w.place.work, "clients")], key: [`${place}/`] };
  for (const [name, each] of Object.entries(directories)) profiles[name] = { ...profiles[name], directories: each };
  w.env["CLAUDE_WORKER_PROFILES"] = JSON.stringify(profiles);
  await w.start();
  assert.equal((await w.cli(["hold"])).code, 0);
  assert.equal((await w.cli(["group", "set", "nightly", "--profile", "work"])).code, 0);
  const of = async (more: object): Promise<string> => (await w.submit("anything", more)).profile;
  assert.equal(await of({ working_directory: place }), "key");
  assert.equal(await of({ working_directory: path.dirname(place) }), "work");
  assert.equal(await of({}), "default");
  assert.equal(await of({ working_directory: place, group: "nightly" }), "work");
  assert.equal(await of({ working_directory: place, group: "nightly", profile: "default" }), "default");
  const edited = await w.cli(["edit", "3", "--profile", "key"]);
  assert.equal(edited.code, 0, edited.stderr);
  assert.equal((await w.client.getTask({ id: 3 })).profile, "key");
});

test("a profile that is unknown, unsafe or gone is named, with what to do", async (t) => {
  const w = await withProfiles(t, { anything: [step.text("done")] });
  await w.start();
  assert.equal((await w.cli(["hold"])).code, 0);
  const unknown = await w.cli(["run", "anything", "--profile", "wrok"]);
  assert.deepEqual(
    [unknown.code !== 0, /There is no profile "wrok"\. Did you mean "work"\?/.test(unknown.stderr)],
    [true, true],
    unknown.stderr,
  );
  chmodSync(fileOf(w, "key"), 0o644);
  const open = await w.cli(["run", "anything", "--profile", "key"]);
  assert.match(open.stderr, /The profile key cannot be used: other users can read .*key\.secret \(mode 0644\)\. Fix it: chmod 600 /);
  assert.notEqual(open.code, 0);
  const { id } = await w.submit("anything", { profile: "work" });
  const gone = await w.submit("anything", { profile: "work" });
  rmSync(fileOf(w, "work"));
  assert.equal((await w.cli(["server", "stop"])).code, 0);
  await w.start();
  await w.client.resume();
  const failed = await w.ended(id);
  assert.deepEqual([failed.status, failed.error?.code, failed.attempts], ["failed", "profile_unusable", 0]);
  assert.match(String(failed.error?.message), /The profile work cannot be used: the file .*work\.secret does not exist/);
  await w.ended(gone.id);
  w.env["CLAUDE_WORKER_PROFILES"] = "{}";
  assert.equal((await w.cli(["server", "stop"])).code, 0);
  await w.start();
  const again = await w.cli(["retry", String(gone.id)]);
  assert.match(again.stderr, /There is no profile "work"/);
});

test("what a limit holds begins under the profile that pays, and says so", async (t) => {
  const w = await withProfiles(t);
  const profiles = JSON.parse(w.env["CLAUDE_WORKER_PROFILES"] ?? "{}") as Record<string, object>;
  w.env["CLAUDE_WORKER_PROFILES"] = JSON.stringify({ ...profiles, work: { ...profiles["work"], when_held: "key" } });
  w.model.play({ "too much": [fault.usageLimit(Date.now() + 3_600_000)], "the next": [step.text("done")] });
  await w.start();
  const first = await w.submit("too much", { profile: "work" });
  // Its session began under the subscription, so it waits.
  await w.until(first.id, ({ waiting_for }) => waiting_for?.reason === "hold");
  const { id } = await w.submit("the next", { profile: "work" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.profile, task.profile_asked], ["completed", "key", "work"], JSON.stringify(task.error));
  assert.deepEqual(signedIn(w, "the next"), [secrets.key]);
  const { events } = await w.client.taskEvents({ id });
  const started = events.find(({ type }) => type === "started");
  assert.match(String(started?.summary), /paid by the profile key: a limit holds work/);
  assert.equal((await w.client.getTask({ id: first.id })).status, "pending");
  const { usage } = await w.client.usage({ by: "profile" });
  assert.deepEqual(
    usage.filter(({ cost_usd: cost }) => cost > 0).map(({ key }) => key),
    ["key"],
  );
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}
