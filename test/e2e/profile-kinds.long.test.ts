/** Each kind of profile with the real Claude Code, and what status, usage and doctor say. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fault, step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

/** A part of the prompt of Claude Worker's own probes. */
const probe = "Answer with the word OK";
const signIn = "sk-ant-oat01-signed-in-at-work-4711";
const foundryKey = "foundry-key-of-the-provider-0815";

/**
 * A server with a subscription, and a profile of each kind: `work` is signed in in a directory of
 * its own, `cloud` is a provider, `key` is an API key.
 */
async function kinds(t: TestContext, script: Script): Promise<TestWorker & { readonly config: string }> {
  const w = await worker(t, script, { subscription: true });
  const config = path.join(w.place.home, ".claude-work");
  mkdirSync(config, { mode: 0o700 });
  const oauth = { accessToken: signIn, refreshToken: "sk-ant-ort01-none", expiresAt: Date.now() + 86_400_000 * 300 };
  const account = { ...oauth, scopes: ["user:inference", "user:profile"], subscriptionType: "max" };
  writeFileSync(path.join(config, ".credentials.json"), JSON.stringify({ claudeAiOauth: account }), { mode: 0o600 });
  writeFileSync(path.join(config, "settings.json"), JSON.stringify({ env: { FROM_SETTINGS: "of-work" } }), { mode: 0o600 });
  writeFileSync(path.join(w.place.home, "key.secret"), "sk-ant-api03-profile-with-a-key\n", { mode: 0o600 });
  w.env["OF_THE_CLOUD"] = "unused";
  w.env["ANTHROPIC_FOUNDRY_API_KEY"] = foundryKey;
  const profiles = {
    work: { config_dir: "~/.claude-work", env: ["ANTHROPIC_BASE_URL"] },
    cloud: { env: ["CLAUDE_CODE_USE_FOUNDRY=1", `ANTHROPIC_FOUNDRY_BASE_URL=${w.model.url}`, "ANTHROPIC_FOUNDRY_API_KEY"] },
    key: { api_key_file: "~/key.secret", env: ["ANTHROPIC_BASE_URL"] },
  };
  w.env["CLAUDE_WORKER_PROFILES"] = JSON.stringify(profiles);
  return { ...w, config };
}

function transcripts(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".jsonl"));
}

test("a config_dir has its own sign-in, settings and sessions", async (t) => {
  const w = await kinds(t, { "say it": [step.bash("echo $FROM_SETTINGS > said"), step.text("said")] });
  await w.start();
  const { id } = await w.submit("say it", { profile: "work", allow: ["Bash"] });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "said"], JSON.stringify(task.error));
  assert.deepEqual([...new Set(w.model.requests().map(({ headers }) => headers.authorization))], [`Bearer ${signIn}`]);
  const { session_id: session } = task;
  assert.ok(transcripts(w.config).some((file) => file.endsWith(`${session}.jsonl`)));
  assert.deepEqual(transcripts(path.join(w.place.home, ".claude")), []);
  assert.equal((await w.client.getTask({ id })).profile, "work");

  // A message continues the session, which is found there.
  w.model.play({ "and again": [step.text("again")] });
  const sent = await w.cli(["send", String(id), "and again"]);
  assert.equal(sent.code, 0, sent.stderr);
  const again = await w.until(id, ({ result, ended_at }) => result === "again" && ended_at !== null);
  assert.deepEqual([again.status, again.session_id], ["completed", session]);
  assert.equal(w.model.requests().at(-1)?.headers.authorization, `Bearer ${signIn}`);
});

test("a provider is asked with its own key, and never with a subscription", async (t) => {
  const w = await kinds(t, { "in the cloud": [step.text("done")] });
  await w.start();
  const { id } = await w.submit("in the cloud", { profile: "cloud" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "done"], JSON.stringify(task.error));
  const requests = w.model.requests();
  assert.ok(requests.length > 0);
  for (const { headers } of requests) {
    assert.equal(headers["api-key"] ?? headers["x-api-key"], foundryKey);
    assert.doesNotMatch(JSON.stringify(headers), /sk-ant/);
  }
  const { profiles } = await w.client.server();
  assert.partialDeepStrictEqual(
    profiles.find(({ name }) => name === "cloud"),
    { kind: "environment", problem: null, account: { reserve: { applies: false } } },
  );
  const { usage } = await w.client.usage({ by: "profile" });
  assert.deepEqual(
    usage.map(({ key }) => key),
    ["cloud"],
  );
});

test("status and usage have the limits and the holds of each profile", async (t) => {
  const resetsAt = Date.now() + 3_600_000;
  const w = await kinds(t, {
    "nearly used": [step.nearLimit(step.text("done"), 0.42, resetsAt)],
    "too much": [fault.usageLimit(resetsAt)],
  });
  await w.start();
  await w.ended((await w.submit("nearly used", { profile: "work" })).id);
  const of = async (name: string) => (await w.client.server()).profiles.find((each) => each.name === name) ?? assert.fail(name);
  assert.equal((await of("work")).account?.windows["five_hour"]?.utilization, 0.42);
  assert.equal((await of("default")).account?.windows["five_hour"], undefined);
  const held = await w.submit("too much", { profile: "work" });
  await w.until(held.id, ({ waiting_for }) => waiting_for?.reason === "hold");
  const [work, key] = [await of("work"), await of("key")];
  assert.deepEqual([work.holds.map(({ kind }) => kind), key.holds], [["rate_limited"], []]);
  const { profiles } = await w.client.usage({ by: "day" });
  assert.deepEqual(
    profiles.map(({ name, kind, holds }) => [name, kind, holds.length]),
    [
      ["default", null, 0],
      ["work", "sign_in", 1],
      ["cloud", "environment", 0],
      ["key", "api_key", 0],
    ],
  );
  const status = await w.cli(["server", "status"]);
  assert.match(status.stdout, /Hold +held for the profile work until/);
  assert.match(status.stdout, /Profile +work: signed in \(.*\.claude-work\/\.credentials\.json\);\s+limits\s+five_hour/);
  assert.match(status.stdout, /Profile +key: ANTHROPIC_API_KEY is set; each request is paid for/);
  const usage = await w.cli(["usage"]);
  assert.match(usage.stderr, /Profile work: signed in .*; limits five_hour .*; held until .*, 1 task waits: /);
  const json = JSON.parse((await w.cli(["usage", "--json"])).stdout) as { profiles: { name: string }[] };
  assert.equal(json.profiles.length, 4);
  assert.doesNotMatch(status.stdout + usage.stderr + JSON.stringify(profiles), new RegExp(`${signIn}|${foundryKey}|sk-ant`));
});

test("doctor checks each profile, and --probe asks with the credentials of each", async (t) => {
  const w = await kinds(t, { [probe]: [step.text("OK")] });
  const lines = async (...words: string[]): Promise<[state: string, message: string, fix: string | null][]> => {
    const { stdout } = await w.cli(["doctor", "--json", ...words]);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; message: string; fix: string | null }[] };
    return checks
      .filter(({ name, message }) => name === "Profile" || (name === "Probe" && message.includes("profile")))
      .map(({ state, message, fix }) => [state, message, fix]);
  };
  const good = [
    ["ok", `work: signed in (${w.config}/.credentials.json)`, null],
    ["ok", "cloud: Microsoft Foundry (CLAUDE_CODE_USE_FOUNDRY)", null],
    ["ok", "key: ANTHROPIC_API_KEY is set", null],
  ];
  assert.deepEqual(await lines(), good, "without a server");
  await w.start();
  assert.deepEqual(await lines(), good, "as the server sees them");
  const answered = (name: string): (string | null)[] => ["ok", `Claude's API answers with the credentials of the profile ${name}`, null];
  assert.deepEqual(await lines("--probe"), [good[0], answered("work"), good[1], answered("cloud"), good[2], answered("key")]);
  const asked = w.model.requests().map(({ headers }) => headers["api-key"] ?? headers["x-api-key"] ?? headers.authorization);
  assert.deepEqual(
    new Set(asked),
    new Set(["Bearer sk-ant-oat01-scripted-model", `Bearer ${signIn}`, foundryKey, "sk-ant-api03-profile-with-a-key"]),
  );

  w.model.play({ [probe]: [fault.unauthorized()] });
  const refused = (await lines("--probe")).filter(([state]) => state === "fail");
  assert.equal(refused.length, 3);
  assert.match(refused[0]?.[1] ?? "", /^The profile work: /);
  assert.match(refused[0]?.[2] ?? "", /Sign in again with its config_dir/);

  chmodSync(path.join(w.place.home, "key.secret"), 0o644);
  rmSync(path.join(w.config, ".credentials.json"));
  const [work, , key] = await lines();
  assert.deepEqual(work?.slice(0, 2), ["fail", "work: nothing to sign in with was found"]);
  assert.match(work?.[2] ?? "", /CLAUDE_CONFIG_DIR=/);
  assert.deepEqual(key?.[0], "fail");
  assert.match(key?.[1] ?? "", /other users can read .*key\.secret \(mode 0644\)\. Fix it: chmod 600/);
  const failed = await w.cli(["doctor"]);
  assert.equal(failed.code, 1);
  await assert.rejects(w.client.probeServer({ profile: "wrok" }), /There is no profile "wrok"\. Did you mean "work"\?/);
  await assert.rejects(w.client.probeServer({ profile: "key" }), /other users can read/);
  rmSync(w.config, { recursive: true });
  assert.match((await lines())[0]?.[1] ?? "", /the directory .*\.claude-work does not exist\. Sign in there: mkdir/);
});
