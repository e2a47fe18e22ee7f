/**
 * Twenty tasks that wait for a day: without a process, and within the slots when all are answered.
 * Their agent is the fast one. `WAITING_REAL=1 node --test FILE` does it with Claude Code itself,
 * which costs about a minute of CPU.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pathsFrom } from "../../src/config/paths.ts";
import { schemaVersion } from "../../src/store/sqlite/file/migrate.ts";
import { step } from "../../testing/model.ts";
import { backToSchema } from "../../testing/older-database.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { fastWorker, marked, noneLeft, shiftedClock } from "../reliability/setup.ts";

const dayMs = 86_400_000;
const workers = 3;
const names = Array.from({ length: 20 }, (_, index) => `file-${String.fromCodePoint(97 + index)}`);
const isReal = process.env["WAITING_REAL"] === "1";
const env = { CLAUDE_WORKER_ON_QUESTION: "ask", CLAUDE_WORKER_PARK_AFTER_MS: "0", CLAUDE_WORKER_WORKERS: String(workers) };

/** A worker, and the prompt that lets its agent ask once and then write a line to this file. */
async function setup(t: TestContext): Promise<{ w: TestWorker; promptFor: (name: string) => string }> {
  if (!isReal) return { w: await fastWorker(t, env), promptFor: (name) => `steps 1 asks append ${name}` };
  const moves = (name: string) => [step.bash(`echo 1 >> ${name} && sleep 0`), step.text("Made.")];
  const script = Object.fromEntries(names.map((name) => [`make ${name};`, moves(name)]));
  return { w: await worker(t, script, { env }), promptFor: (name) => `make ${name};` };
}

test("20 tasks wait for a day and an upgrade without a process, and resume in slots", async (t) => {
  const { w, promptFor } = await setup(t);
  await w.start();
  const ids: number[] = [];
  for (const name of names) ids.push((await w.submit(promptFor(name), { permission_mode: "default" })).id);
  const waiting = async (): Promise<number> => (await w.client.listTasks({ status: ["waiting"], limit: 100 })).tasks.length;
  await until("20 waiting tasks", async () => (await waiting()) === names.length);
  await noneLeft(w);
  await w.cli(["server", "stop"]);
  backToSchema(pathsFrom(w.env).database, schemaVersion - 1);
  w.env["NODE_OPTIONS"] = shiftedClock(w.place, dayMs);
  await w.start();
  assert.equal(await waiting(), names.length);
  assert.deepEqual(await marked(w), []);

  const { questions } = await w.client.listQuestions({ status: ["open"], limit: 500 });
  assert.deepEqual(questions.map(({ task_id: task }) => Number(task)).toSorted(byNumber), ids);
  for (const { asked_at: at } of questions) assert.ok(Date.parse(at) < Date.now(), "it was asked before the clock was moved");
  await Promise.all(questions.map(({ id }) => w.client.answerQuestion({ id, decision: "allow" })));
  const steps: { at: number; by: number }[] = [];
  for (const [index, id] of ids.entries()) {
    const task = await w.ended(id);
    assert.equal(task.status, "completed", JSON.stringify(task.error));
    assert.deepEqual(
      task.questions.map(({ status }) => status),
      ["applied"],
    );
    assert.equal(readFileSync(path.join(w.place.work, names[index] ?? ""), "utf8"), "1\n");
    const { attempts } = await w.client.listAttempts({ id });
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome?.kind),
      ["parked", "succeeded"],
    );
    const { started_at: from, ended_at: to } = attempts[1] ?? assert.fail();
    steps.push({ at: Date.parse(from), by: 1 }, { at: Date.parse(to ?? ""), by: -1 });
  }
  let running = 0;
  const most = steps.toSorted((a, b) => a.at - b.at || a.by - b.by).map(({ by }) => (running += by));
  assert.equal(Math.max(...most), workers);
});

function byNumber(a: number, b: number): number {
  return a - b;
}
