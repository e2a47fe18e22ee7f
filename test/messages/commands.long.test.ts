/** Messages that begin with a command of Claude Code: what Claude reads, and what they change. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

const endedAgain = (w: TestWorker, id: number, attempts: number): Promise<TaskView> =>
  w.until(id, (task) => task.ended_at !== null && task.attempts >= attempts && task.messages.every(({ status }) => status === "done"));

/** Status, result and error: what a message without work does not change. */
const endOf = ({ status, result, error, attention }: TaskView) => ({ status, result, error, attention });

test("a message that Claude Code answers itself changes no end, and has a note", async (t) => {
  const w = await worker(t, {
    "the job": [step.text("Done.")],
    "the long job": [step.bash("touch begun; sleep 600")],
    "login returns 500": [step.text("It is fixed.")],
    "clear out": [step.text("Cleared out.")],
    summary: [step.text("<summary>What was said.</summary>")],
  });
  await w.start();
  const { id } = await w.submit("the job");
  const done = await w.ended(id);
  assert.equal((await w.cli(["send", String(id), "/context"])).code, 0);
  const after = await endedAgain(w, id, 2);
  assert.deepEqual(endOf(after), endOf(done));
  assert.match(after.messages[0]?.note ?? "", /Context Usage/);
  assert.match((await w.cli(["messages", String(id)])).stdout, /^m1\tdone\t.*\t\/context\t## Context Usage/);
  assert.equal(w.model.requests().length, 1);
  // It calls the model, and yet it is no answer of Claude.
  await w.client.sendMessage({ id, text: "/compact" });
  const compacted = await endedAgain(w, id, 3);
  assert.deepEqual(endOf(compacted), endOf(done));
  assert.equal(compacted.messages[1]?.note, "Compacted");
  assert.ok((compacted.cost_usd ?? 0) > (done.cost_usd ?? 0), "its cost counts");
  // What needs a terminal, or would begin another conversation, is a text.
  await w.client.sendMessage({ id, text: "/login returns 500" });
  const read = await endedAgain(w, id, 4);
  assert.partialDeepStrictEqual(read, { status: "completed", result: "It is fixed.", session_id: done.session_id });
  assert.equal(read.messages[2]?.note, null);
  await w.client.sendMessage({ id, text: "/clear out the cache" });
  assert.partialDeepStrictEqual(await endedAgain(w, id, 5), { result: "Cleared out.", session_id: done.session_id });
  const { events } = await w.client.taskEvents({ id, limit: 1000 });
  const ends = events.flatMap(({ type, data }) => (type === "ended" ? [data.outcome] : []));
  assert.deepEqual(ends, ["succeeded", "unchanged", "unchanged", "succeeded", "succeeded"]);

  const { id: other } = await w.submit("the long job");
  await until("its call", () => existsSync(path.join(w.place.work, "begun")));
  await w.client.cancelTask({ id: other });
  const cancelled = await w.ended(other);
  await w.client.sendMessage({ id: other, text: "/context" });
  assert.deepEqual(endOf(await endedAgain(w, other, 2)), endOf(cancelled));
});

test("a command sent to a running task leaves the result of its turn", async (t) => {
  const w = await worker(t, { "the job": [step.bash("until [ -e gate ]; do sleep 0.05; done"), step.text("The job is done.")] });
  await w.start();
  const { id } = await w.submit("the job", { allow: ["Bash"] });
  await w.until(id, ({ last_action: action }) => action?.includes("until") ?? false);
  await w.client.sendMessage({ id, text: "/context" });
  writeFileSync(path.join(w.place.work, "gate"), "");
  const task = await endedAgain(w, id, 1);
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "The job is done.", 1], JSON.stringify(task.error));
  assert.match(task.messages[0]?.note ?? "", /Context Usage/);
});

test("a message that a hook refuses changes no end, and its note says why", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")] });
  const refuse = { hooks: [{ type: "command", command: "grep -q forbidden && { echo 'refused by policy' >&2; exit 2; }; exit 0" }] };
  w.place.file("work/.claude/settings.json", JSON.stringify({ hooks: { UserPromptSubmit: [refuse] } }));
  await w.start();
  const { id } = await w.submit("the job");
  const done = await w.ended(id);
  await w.client.sendMessage({ id, text: "something forbidden" });
  const after = await endedAgain(w, id, 2);
  assert.deepEqual(endOf(after), endOf(done));
  assert.match(after.messages[0]?.note ?? "", /refused by policy/);
});
