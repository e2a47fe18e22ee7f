/** Kills while tasks run under profiles: they keep their credentials, or say why they cannot. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { killAndWait, killEverything, killServer, runnerOf } from "./setup.ts";

const secret = "sk-ant-oat01-profile-of-work-4711";

interface World {
  readonly w: TestWorker;
  readonly id: number;
  readonly keyFile: string;
  /** Lets the third step of the task go on. */
  go(): void;
}

/** A task under the profile `work` in the middle of its third step. */
async function midway(t: TestContext): Promise<World> {
  const w = await worker(t, {}, { subscription: true });
  const gate = path.join(w.place.work, "go");
  const keyFile = path.join(w.place.home, "work.secret");
  const configDirectory = path.join(w.place.home, ".claude-work");
  mkdirSync(configDirectory, { mode: 0o700 });
  writeFileSync(keyFile, secret, { mode: 0o600 });
  setProfiles(w, { work: { config_dir: configDirectory, oauth_token_file: keyFile, env: ["ANTHROPIC_BASE_URL"] } });
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 50, gate) });
  await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"], profile: "work" });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  return { w, id, keyFile, go: () => writeFileSync(gate, "") };
}

function setProfiles(w: TestWorker, profiles: object): void {
  w.env["CLAUDE_WORKER_PROFILES"] = JSON.stringify(profiles);
}

/** Every request of the task was signed in with the profile's own token. */
async function endsUnderItsProfile({ w, id }: World, attempts: number): Promise<void> {
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.profile, task.attempts], ["completed", "work", attempts], JSON.stringify(task.error));
  assert.deepEqual([...new Set(countedIn(w.place.work, "counted"))], [1, 2, 3, 4, 5]);
  const requests = w.model.requests().filter(({ key }) => key === "count to five");
  assert.deepEqual([...new Set(requests.map(({ headers }) => headers.authorization))], [`Bearer ${secret}`]);
  const sessions = (await w.client.listAttempts({ id })).attempts.map(({ session_id: session }) => session);
  assert.equal(new Set(sessions).size, 1);
  const transcripts = readdirSync(path.join(w.place.home, ".claude-work"), { recursive: true, encoding: "utf8" });
  assert.ok(transcripts.some((file) => file.endsWith(`${sessions[0]}.jsonl`)));
}

for (const [what, kill, attempts] of [
  ["the server", ({ w }: World) => killServer(w), 1],
  ["the runner", async ({ w, id }: World) => await killAndWait(await runnerOf(w, id)), 2],
  ["server and runner", ({ w }: World) => killEverything(w), 2],
] as const)
  test(`a task continues under its profile after kill -9 of ${what}`, async (t) => {
    const world = await midway(t);
    await kill(world);
    world.go();
    if (what !== "the runner") await world.w.start();
    await endsUnderItsProfile(world, attempts);
  });

test("a task whose profile was removed while all was dead fails with its name", async (t) => {
  const world = await midway(t);
  const { w, id } = world;
  await killEverything(w);
  world.go();
  const profiles = w.env["CLAUDE_WORKER_PROFILES"] ?? "";
  setProfiles(w, { other: { api_key_env: "SOME_KEY" } });
  const before = w.model.requests().length;
  await w.start();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code, task.profile], ["failed", "profile_unusable", "work"]);
  assert.match(task.error?.message ?? "", /There is no profile "work".*Run it again then: claude-worker retry 1/);
  assert.equal(w.model.requests().length, before, "no request was sent with other credentials");
  const shown = await w.cli(["show", String(id)]);
  assert.match(shown.stdout, /There is no profile "work"/);

  // Its session is not lost: with the profile back, it continues.
  w.env["CLAUDE_WORKER_PROFILES"] = profiles;
  assert.equal((await w.cli(["server", "restart"])).code, 0);
  const again = await w.cli(["retry", String(id), "--resume"]);
  assert.equal(again.code, 0, again.stderr);
  await endsUnderItsProfile(world, 2);
});

test("a task whose profile was removed while its runner lives ends as it began", async (t) => {
  const world = await midway(t);
  const { w, id } = world;
  await killServer(w);
  setProfiles(w, {});
  await w.start();
  world.go();
  await endsUnderItsProfile(world, 1);
  const again = await w.cli(["retry", String(id)]);
  assert.notEqual(again.code, 0);
  assert.match(again.stderr, /There is no profile "work"/);
});

test("a task whose key is gone after a kill fails, and continues once it is there", async (t) => {
  const world = await midway(t);
  const { w, id, keyFile } = world;
  rmSync(keyFile);
  await killAndWait(await runnerOf(w, id));
  world.go();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.error?.code], ["failed", "profile_unusable"]);
  assert.match(task.error?.message ?? "", /The profile work cannot be used: the file .*work\.secret does not exist/);
  const { profiles } = await w.client.server();
  assert.match(profiles.find(({ name }) => name === "work")?.problem ?? "", /work\.secret does not exist/);
  writeFileSync(keyFile, secret, { mode: 0o600 });
  const again = await w.cli(["retry", String(id), "--resume"]);
  assert.equal(again.code, 0, again.stderr);
  await endsUnderItsProfile(world, 2);
  await until("the profile's own view", async () => (await w.client.server()).profiles.every(({ problem }) => problem === null));
});
