import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { identityOf, isAlive, killIfSame } from "../../src/processes/identity.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { fastWorker, killAndWait, killEverything, killServer, marked, noneLeft, runnerOf } from "./setup.ts";

test("what a task leaves in the background ends with it, also after a kill", async (t) => {
  const w = await worker(t);
  const pidFile = path.join(w.place.work, "pid");
  const leave = step.bash(`setsid sh -c 'echo $$ > ${pidFile}; exec sleep 600' >/dev/null 2>&1 & echo left`, 100);
  w.model.play({ "leave something": [leave, step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("done", 100)] });
  await w.start();
  const { id } = await w.submit("leave something behind", { allow: ["Bash"] });
  const pid = await runnerOf(w, id);
  const left = await until("what it leaves", async () => (await marked(w)).length >= 3 && (await stored(pidFile)));
  const identity = await identityOf(left);
  assert.ok(identity);
  await killAndWait(pid);
  await w.until(id, ({ attempts }) => attempts === 2);
  assert.equal(await isAlive(identity), false, "ended before the next attempt began");
  w.place.file("work/go", "");
  assert.equal((await w.ended(id)).status, "completed");
  await noneLeft(w);
});

test("tools that a power cut spared are ended before their task is resumed", async (t) => {
  const w = await fastWorker(t);
  const { pid } = await w.start();
  const { id } = await w.submit('steps 60 delay 100 spawn "sleep 600"');
  const runner = await runnerOf(w, id);
  await until("the background process", async () => (await marked(w)).length >= 2);
  const spared = (await marked(w)).filter((each) => each.pid !== runner);
  process.kill(pid, "SIGKILL");
  await killAndWait(runner);
  await w.start();
  await w.until(id, ({ attempts }) => attempts === 2);
  for (const each of spared) assert.equal(await isAlive(each), false);
  assert.equal((await w.ended(id)).status, "completed");
  await noneLeft(w);
});

test("a runner without an attempt is ended at the next start, or leaves by itself", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WARM: "1" });
  await w.start();
  await until("a parked runner", async () => (await w.client.server()).workers.parked === 1);
  await killServer(w);
  await until("the end of the parked runner", async () => (await marked(w)).length === 0);
});

test("processes of other data directories and reused pids are left alone", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const stranger = spawn("sleep", ["600"], {
    env: { PATH: process.env["PATH"] ?? "", [markerName]: "00000-somebody-elses-task" },
    stdio: "ignore",
  });
  const identity = await identityOf(Number(stranger.pid));
  assert.ok(identity);
  t.after(() => killIfSame(identity, "SIGKILL"));
  const { id } = await w.submit("steps 1000 delay 50");
  await runnerOf(w, id);
  await killEverything(w);
  await w.start();
  await w.until(id, ({ attempts }) => attempts === 2);
  await w.client.cancelTask({ id });
  assert.equal((await w.ended(id)).status, "cancelled");
  assert.equal(await isAlive(identity), true);
});

async function stored(file: string): Promise<number | null> {
  return readFile(file, "utf8").then(
    (text) => Number(text) || null,
    () => null,
  );
}
