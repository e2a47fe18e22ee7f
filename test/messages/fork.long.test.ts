/** Forks: a new task begins with a copy of another one's conversation. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { killEverything } from "../reliability/setup.ts";

test("a fork has the conversation and the options, and leaves its source as it is", async (t) => {
  const w = await worker(t, {
    "write the cache": [step.write("cache.txt", "memory\n"), step.text("It is in memory.")],
    "with Redis": [step.text("It is in Redis.")],
    "and the tests": [step.text("Tested.")],
  });
  await w.start();
  const { id } = await w.submit("write the cache", { max_turns: 7, labels: { a: "b" }, name: "cache" });
  const source = await w.ended(id);
  const { code, stdout } = await w.cli(["fork", String(id), "with Redis instead"]);
  assert.deepEqual([code, stdout], [0, "Task 2 is a fork of task 1. Follow it: claude-worker watch 2\n"]);
  const fork = await w.ended(2);
  assert.deepEqual([fork.status, fork.result, fork.forked_from], ["completed", "It is in Redis.", 1], JSON.stringify(fork.error));
  assert.deepEqual([fork.max_turns, fork.labels, fork.name, fork.num_turns], [7, { a: "b" }, null, 1]);
  assert.notEqual(fork.session_id, source.session_id);
  assert.match(JSON.stringify(w.model.requests().at(-1)?.body.messages), /write the cache.*with Redis instead/);
  assert.ok((fork.cost_usd ?? 0) > 0 && (fork.cost_usd ?? 0) < (source.cost_usd ?? 0), `${fork.cost_usd} of ${source.cost_usd}`);
  const after = await w.client.getTask({ id });
  assert.deepEqual(after.forks, [2]);
  assert.deepEqual({ ...after, forks: [] }, source);
  await w.client.sendMessage({ id: 2, text: "and the tests" });
  const again = await w.until(2, ({ ended_at, attempts }) => ended_at !== null && attempts === 2);
  assert.equal(again.result, "Tested.");
  assert.ok((again.cost_usd ?? 0) > (fork.cost_usd ?? 0) && (again.cost_usd ?? 0) < (fork.cost_usd ?? 0) * 3, `${again.cost_usd}`);
  assert.match((await w.cli(["show", "2"])).stdout, /Forked from\s+task 1/);
});

test("a fork at a turn has the conversation up to there, also from before a compaction", async (t) => {
  const call = (name: string) => ({ tool: "Bash", input: { command: `echo said ${name}`, description: name } });
  const w = await worker(t, {
    "the long job": [step.tools([call("one"), call("two")]), step.bash("echo said three"), step.text("It is all done.")],
    "TEXT ONLY": [step.text("<summary>Something was said.</summary>")],
    "another way": [step.text("Another.")],
  });
  await w.start();
  const { id } = await w.submit("the long job", { allow: ["Bash"] });
  await w.ended(id);
  await w.client.sendMessage({ id, text: "/compact" });
  await w.until(id, ({ ended_at, attempts }) => ended_at !== null && attempts === 2);
  const { code, stdout } = await w.cli(["fork", String(id), "try another way", "--at", "1"]);
  assert.deepEqual([code, stdout], [0, "Task 2 is a fork of task 1 at turn 1. Follow it: claude-worker watch 2\n"]);
  const fork = await w.ended(2);
  assert.deepEqual([fork.result, fork.forked_from, fork.forked_at, fork.num_turns], ["Another.", 1, 1, 1], JSON.stringify(fork.error));
  assert.equal(fork.cost_usd, 0.01, "one call of the model");
  const said = JSON.stringify(w.model.requests().at(-1)?.body.messages);
  assert.match(said, /the long job.*said one.*said two.*try another way/);
  assert.doesNotMatch(said, /said three|all done|being continued|missing/);
  assert.match((await w.cli(["show", "2"])).stdout, /Forked from +task 1, turn 1\n/);

  const refused = await w.cli(["fork", String(id), "x", "--at", "9"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Task 1 has no turn 9: it has turns 1 to 3\. See them: claude-worker logs 1/);
  assert.match((await w.cli(["fork", String(id), "x", "--at", "0"])).stderr, /--at must be a whole number of at least 1/);
  rmSync(path.join(w.place.home, ".claude", "projects"), { recursive: true });
  assert.match((await w.cli(["fork", String(id), "x", "--at", "2"])).stderr, /Turn 2 of task 1 is in no session/);
});

test("a fork that is killed after the copy still says its prompt, once", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")], "another way": [step.text("Another.")] });
  const traps = path.join(w.place.directory, "traps");
  mkdirSync(traps);
  writeFileSync(path.join(traps, "session.copied"), "SIGKILL");
  w.env["CLAUDE_WORKER_FAILPOINTS"] = traps;
  await w.start();
  const { id } = await w.submit("the job");
  await w.ended(id);
  await w.client.forkTask({ id, prompt: "try another way" });
  const fork = await w.ended(2);
  assert.deepEqual([fork.status, fork.result, fork.attempts], ["completed", "Another.", 2], JSON.stringify(fork.error));
  const said = JSON.stringify(w.model.requests().at(-1)?.body.messages);
  assert.equal(said.split("try another way").length - 1, 1);
  assert.equal(said.split("the job").length - 1, 1);
});

test("a fork whose processes were killed continues its own conversation", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")], "another way": [step.text("Another.", 1500)] });
  await w.start();
  const { id } = await w.submit("the job");
  const source = await w.ended(id);
  await w.client.forkTask({ id, prompt: "try another way" });
  await until("its call of the model", () => w.model.requests().length > 1);
  await killEverything(w);
  await w.start();
  const fork = await w.ended(2);
  assert.deepEqual([fork.status, fork.result, fork.attempts], ["completed", "Another.", 2], JSON.stringify(fork.error));
  const said = JSON.stringify(w.model.requests().at(-1)?.body.messages);
  assert.equal(said.split("try another way").length - 1, 1);
  assert.equal((await w.client.getTask({ id })).session_id, source.session_id);
});

test("forks that cannot be are refused or fail with what is missing", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")] });
  await w.start();
  await w.client.hold({ reason: "so that it waits" });
  const { id } = await w.submit("the job");
  assert.match((await w.cli(["fork", String(id), "x"])).stderr, /has not begun, so there is no conversation to fork/);
  assert.match((await w.cli(["fork", "99", "x"])).stderr, /99/);
  assert.match((await w.cli(["fork", String(id), " "])).stderr, /empty/);
  await w.client.resume();
  await w.ended(id);
  rmSync(path.join(w.place.home, ".claude", "projects"), { recursive: true });
  await w.client.forkTask({ id, prompt: "x" });
  const fork = await w.ended(2);
  assert.deepEqual([fork.status, fork.error?.code], ["failed", "environment_failed"]);
  assert.match(fork.error?.message ?? "", /conversation that the task was forked from is gone/);
});
