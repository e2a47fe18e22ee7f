/** Batches and workflows with the real Claude Code: who asks the model first. */
import assert from "node:assert/strict";
import path from "node:path";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import type { ModelRequest } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

const script = { "review one": [step.text("1")], "review two": [step.text("2")], "review three": [step.text("3")] };

function asked(w: TestWorker): (string | null)[] {
  return w.model.requests().map(({ key }) => key);
}

/** The tools and the system prompt of a request: what the cache is to have. */
function beginning({ body: { tools, system } }: ModelRequest): string {
  // A block about billing differs by prompt: the API does not count it as a part of the prompt.
  const blocks = (system as { text: string }[]).filter(({ text }) => !text.startsWith("x-anthropic-billing-header"));
  assert.ok(blocks.length > 0);
  return JSON.stringify([tools, blocks]);
}

test("the tasks of a batch ask the model once the first has its answer", async (t) => {
  const w = await worker(t, script, { env: { CLAUDE_WORKER_FAN_OUT_STAGGER_MS: "60000" } });
  await w.start();
  const release = w.model.hold(["review one"]);
  const tasks = Object.keys(script).map((prompt) => ({ prompt, working_directory: w.place.work }));
  const { tasks: batch } = await w.client.submitTasks({ tasks });
  await until("the request of the first", () => asked(w).length > 0);
  const waiting = await w.until(batch[1]?.id ?? 0, ({ waiting_for }) => waiting_for?.reason === "prompt_cache");
  assert.equal(waiting.waiting_for?.blocker, `task:${batch[0]?.id}`);
  const alone = await w.submit("review three, alone");
  await until("the request of a task that was submitted alone", () => asked(w).length > 1);
  assert.deepEqual(asked(w), ["review one", "review three"]);
  assert.equal((await w.client.getTask({ id: batch[2]?.id ?? 0 })).status, "pending");
  const shown = await w.cli(["show", String(batch[2]?.id)]);
  assert.match(shown.stdout, /It starts after the first answer of task 1, whose tools and instructions it shares/);
  release();
  for (const { id } of [...batch, alone]) assert.equal((await w.ended(id)).status, "completed");
  assert.deepEqual([asked(w).length, new Set(asked(w))], [4, new Set(Object.keys(script))]);
  assert.equal(new Set(w.model.requests().map(beginning)).size, 1, "what they have in common is the same text");
});

test("the tasks of a run wait for the first answer no longer than the setting says", async (t) => {
  const w = await worker(t, script, { env: { CLAUDE_WORKER_FAN_OUT_STAGGER_MS: "1000" } });
  await w.start();
  const release = w.model.hold(Object.keys(script));
  const file = path.join(w.place.work, "review.yaml");
  writeFileSync(file, "tasks:\n  one: {prompt: review one}\n  two: {prompt: review two}\n");
  const run = await w.cli(["workflow", "run", file, "--json"]);
  assert.equal(run.code, 0, run.stderr);
  await until("both requests, without an answer", () => asked(w).length === 2);
  const [first, second] = await Promise.all([1, 2].map(async (id) => (await w.client.getTask({ id })).started_at));
  assert.ok(Date.parse(second ?? "") > Date.parse(first ?? ""), `${first}, ${second}`);
  release();
  for (const id of [1, 2]) assert.equal((await w.ended(id)).status, "completed");
});
