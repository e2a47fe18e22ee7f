import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pathsFrom } from "../../src/config/paths.ts";
import { countedIn } from "../../testing/steps.ts";
import { fastWorker, killServer, noneLeft, runnerOf, storyOf } from "./setup.ts";
import { dataOf } from "../../testing/events.ts";

const hungAgent = fileURLToPath(new URL("../../testing/hung-agent.ts", import.meta.url));

test("a stop while a runner is starting does not wait for its task", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 25 delay 100 append counted");
  const { code, stderr } = await w.cli(["server", "stop"]);
  assert.equal(code, 0, stderr);
  assert.ok(countedIn(w.place.work, "counted").length < 20, "the stop came before the task's end");
  await w.start();
  assert.equal((await w.ended(id)).status, "completed");
  assert.equal(new Set(countedIn(w.place.work, "counted")).size, 25);
  await storyOf(w, id);
});

test("a runner that does not answer holds up neither servers nor other tasks", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 1000 delay 50");
  const pid = await runnerOf(w, id);
  await killServer(w);
  process.kill(pid, "SIGSTOP");
  await w.start();
  const other = await w.submit("steps 1");
  assert.equal((await w.ended(other.id)).status, "completed");
  await w.client.cancelTask({ id });
  process.kill(pid, "SIGCONT");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["cancelled", 1]);
  await storyOf(w, id);
});

test("a parked runner that never answers is ended with the server", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_AGENT_MODULE: hungAgent, CLAUDE_WORKER_WARM: "1" });
  await w.start();
  const { code, stderr } = await w.cli(["server", "stop"]);
  assert.equal(code, 0, stderr);
  await noneLeft(w);
});

test("tasks whose runners cannot begin wait, and each says why", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { logs } = pathsFrom(w.env);
  renameSync(logs, `${logs}-aside`);
  writeFileSync(logs, "in the way");
  const tasks = await Promise.all([w.submit("steps 1"), w.submit("steps 1")]);
  for (const { id } of tasks) await w.until(id, ({ attempts }) => attempts >= 3);
  renameSync(logs, `${logs}-file`);
  renameSync(`${logs}-aside`, logs);
  for (const { id } of tasks) {
    assert.equal((await w.ended(id)).status, "completed");
    const requeued = (await storyOf(w, id)).find(({ type }) => type === "requeued");
    assert.match(dataOf(requeued, "requeued").message, /^The attempt could not begin: its runner refused it \(EEXIST: .+data\/logs'\)/);
  }
});
