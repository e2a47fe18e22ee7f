import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import { runnerOf } from "./setup.ts";

test("a backup that was made while tasks run brings every task back", async (t) => {
  const w = await worker(t, { "say one": [step.text("one", 300)], "say two": [step.text("two")] });
  await w.start();
  const one = await w.submit("say one");
  const file = path.join(w.place.directory, "copy.db");
  const backup = await w.cli(["db", "backup", file]);
  assert.equal(backup.code, 0, backup.stderr);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await w.cli(["db", "backup", file])).code, 1, "an existing file is not overwritten");
  const two = await w.submit("say two");
  await w.ended(one.id);
  await w.ended(two.id);
  const running = await w.cli(["db", "restore", file]);
  assert.equal(running.code, 1);
  assert.match(running.stderr, /server stop/);
  await w.cli(["server", "stop", "--now"]);
  const restored = await w.cli(["db", "restore", file, "--json"]);
  assert.equal(restored.code, 0, restored.stderr + restored.stdout);
  const { previous } = JSON.parse(restored.stdout) as { previous: string };
  assert.ok(existsSync(previous), "what was there is kept");
  await w.start();
  assert.equal((await w.ended(one.id)).status, "completed");
  assert.equal((await w.cli(["show", String(two.id)])).code, 1, "what came after the backup is not in it");
  assert.equal((await w.cli(["db", "check"])).code, 0);
});

test("a restore neither abandons a running task nor gives its number away", async (t) => {
  const w = await worker(t, { "take long": [step.text("late", 600_000)], "say two": [step.text("two")] });
  await w.start();
  const file = path.join(w.place.directory, "copy.db");
  await w.cli(["db", "backup", file]);
  const long = await w.submit("take long");
  // A runner that has not begun leaves with its server.
  await runnerOf(w, long.id);
  await w.until(long.id, ({ session_id }) => session_id !== null);
  await w.cli(["server", "stop"]);
  const refused = await w.cli(["db", "restore", file]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^Error: 1 task still runs without a server/);
  await w.start();
  await w.cli(["server", "stop", "--now"]);
  assert.equal((await w.cli(["db", "restore", file])).code, 0);
  await w.start();
  const next = await w.ended((await w.submit("say two")).id);
  assert.equal(next.id, long.id + 1);
  assert.doesNotMatch((await w.cli(["logs", String(next.id), "--raw"])).stdout, /take long/);
});

test("prune deletes old ended tasks with their logs and never one that has not ended", async (t) => {
  const w = await worker(t, { "say done": [step.text("done")], "take long": [step.text("late", 60_000)] });
  await w.start();
  const ended = await w.ended((await w.submit("say done")).id);
  const open = await w.submit("take long");
  const counted = await w.cli(["prune", "--older-than", "0s", "--dry-run", "--json"]);
  assert.deepEqual(JSON.parse(counted.stdout), { tasks: 1, dry_run: true });
  assert.equal((await w.cli(["prune", "--older-than", "0s", "--yes"])).code, 0);
  assert.ok(!existsSync(ended.logs.raw) && !existsSync(ended.logs.summary));
  assert.equal((await w.cli(["show", String(ended.id)])).code, 1);
  assert.equal((await w.client.getTask({ id: open.id })).ended_at, null);
});
