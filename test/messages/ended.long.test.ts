/** Messages to tasks that have ended: the same conversation goes on, as a new attempt. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { killEverything } from "../reliability/setup.ts";

/** How often the text stands in the conversation, as the model was told it last. */
function timesSaid(w: TestWorker, text: string): number {
  return JSON.stringify(w.model.requests().at(-1)?.body.messages ?? []).split(text).length - 1;
}

/** How often the session has the message: as a prompt, or folded into a turn. */
function timesInSession(w: TestWorker, task: TaskView, key: string): number {
  const projects = path.join(w.place.home, ".claude", "projects");
  const files = readdirSync(projects).map((name) => path.join(projects, name, `${task.session_id}.jsonl`));
  const text = files.flatMap((file) => (existsSync(file) ? [readFileSync(file, "utf8")] : [])).join("\n");
  return text.split(`"uuid":"${key}"`).length - 1 + (text.split(`"source_uuid":"${key}"`).length - 1);
}

const endedAgain = (w: TestWorker, id: number, attempts: number): Promise<TaskView> =>
  w.until(id, (task) => task.ended_at !== null && task.attempts >= attempts);

test("a message to an ended task continues the same conversation", async (t) => {
  const w = await worker(t, {
    "write the code": [step.write("code.txt", "code\n"), step.text("The code is written.")],
    "now the tests": [step.write("tests.txt", "tests\n"), step.text("The tests are written.")],
  });
  await w.start();
  const { id } = await w.submit("write the code");
  const first = await w.ended(id);
  const { code, stdout } = await w.cli(["send", String(id), "now", "the", "tests"]);
  assert.deepEqual([code, stdout], [0, `Task ${id} continues with message m1. Follow it: claude-worker watch ${id}\n`]);
  const task = await endedAgain(w, id, 2);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "The tests are written.");
  assert.equal(task.session_id, first.session_id);
  assert.equal(task.attempts, 2);
  assert.equal(task.num_turns, 4);
  assert.ok((task.cost_usd ?? 0) > (first.cost_usd ?? 0) * 1.5 && (task.cost_usd ?? 0) < (first.cost_usd ?? 0) * 3);
  assert.ok(existsSync(path.join(w.place.work, "tests.txt")));
  assert.equal(timesSaid(w, "write the code"), 1);
  const [message] = task.messages;
  assert.partialDeepStrictEqual(task.messages, [{ id: 1, status: "done", text: "now the tests", continues: true, sent_by: "socket" }]);
  assert.equal(timesInSession(w, task, message?.key ?? ""), 1);
  const { events } = await w.client.taskEvents({ id, limit: 1000 });
  const told = events.map(({ type }) => type).filter((type) => type.startsWith("message_") || type === "ended");
  assert.deepEqual(told, ["ended", "message_queued", "message_delivered", "message_done", "ended"]);
});

test("several messages to an ended task are delivered in their order, each once", async (t) => {
  const w = await worker(t, {
    "the first job": [step.text("First.")],
    alpha: [step.bash("sleep 1"), step.text("Alpha.")],
    beta: [step.text("Beta.")],
    gamma: [step.text("Gamma.")],
  });
  await w.start();
  const { id } = await w.submit("the first job");
  await w.ended(id);
  await w.client.hold({ reason: "so that both wait" });
  const key = crypto.randomUUID();
  await w.client.sendMessage({ id, text: "do alpha", key });
  await w.client.sendMessage({ id, text: "do beta" });
  const again = await w.client.sendMessage({ id, text: "do alpha", key });
  assert.equal(again.id, 1);
  await w.client.resume();
  await w.until(id, ({ status }) => status === "running");
  await w.client.sendMessage({ id, text: "do gamma", delivery: "after_turn" });
  const task = await w.until(id, ({ messages, ended_at }) => ended_at !== null && messages.every(({ status }) => status === "done"));
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "Gamma.");
  assert.deepEqual(
    task.messages.map(({ text }) => text),
    ["do alpha", "do beta", "do gamma"],
  );
  for (const { key: each } of task.messages) assert.equal(timesInSession(w, task, each), 1);
  const said = JSON.stringify(w.model.requests().at(-1)?.body.messages);
  assert.ok(said.indexOf("do alpha") < said.indexOf("do beta") && said.indexOf("do beta") < said.indexOf("do gamma"), said);
});

test("a message is in the conversation once when everything is killed after it", async (t) => {
  const w = await worker(t, {
    "the first job": [step.text("First.")],
    "the second job": [step.bash("echo one >> log"), step.bash("sleep 2; echo two >> log"), step.text("Second.")],
  });
  await w.start();
  const { id } = await w.submit("the first job", { allow: ["Bash"] });
  await w.ended(id);
  await w.client.sendMessage({ id, text: "the second job" });
  await w.until(id, ({ last_action: action }) => action?.includes("sleep 2") ?? false);
  await killEverything(w);
  await w.start();
  const task = await endedAgain(w, id, 3);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "Second.");
  assert.partialDeepStrictEqual(task.messages, [{ status: "done" }]);
  assert.equal(timesInSession(w, task, task.messages[0]?.key ?? ""), 1);
  assert.equal(readFileSync(path.join(w.place.work, "log"), "utf8").split("one").length - 1, 1);
});

test("a message is not sent again when everything is killed before the model answers", async (t) => {
  const w = await worker(t, { "the first job": [step.text("First.")], "the second job": [step.text("Second.", 2000)] });
  await w.start();
  const { id } = await w.submit("the first job");
  await w.ended(id);
  await w.client.sendMessage({ id, text: "the second job" });
  await until("its call of the model", () => w.model.requests().length > 1);
  await killEverything(w);
  await w.start();
  const task = await endedAgain(w, id, 3);
  assert.deepEqual([task.status, task.result, task.messages[0]?.status], ["completed", "Second.", "done"]);
  assert.equal(timesInSession(w, task, task.messages[0]?.key ?? ""), 1);
});

test("a message continues a cancelled task without the turn that was cut off", async (t) => {
  const w = await worker(t, {
    "the long job": [step.bash("touch begun; sleep 600"), step.text("Never.")],
    "something else": [step.text("Something else.")],
  });
  await w.start();
  const { id } = await w.submit("the long job");
  await until("its call", () => existsSync(path.join(w.place.work, "begun")));
  await w.client.cancelTask({ id });
  await w.ended(id);
  await w.client.sendMessage({ id, text: "do something else" });
  const task = await endedAgain(w, id, 2);
  assert.deepEqual([task.status, task.result], ["completed", "Something else."]);
});

test("a task that has not begun gets messages with its prompt", async (t) => {
  const w = await worker(t, { "and mind the style": [step.text("Minded.")] });
  await w.start();
  await w.client.hold({ reason: "so that it waits" });
  const { id } = await w.submit("write the code");
  await w.client.sendMessage({ id, text: "and mind the style" });
  await w.client.resume();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result, task.num_turns], ["completed", "Minded.", 1]);
  assert.partialDeepStrictEqual(task.messages, [{ status: "done", continues: false }]);
});

test("a message that was not delivered can be taken back", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")], more: [step.text("More.")] });
  await w.start();
  const { id } = await w.submit("the job");
  await w.ended(id);
  await w.client.hold({ reason: "so that it waits" });
  await w.cli(["send", String(id), "more"]);
  assert.equal((await w.cli(["unsend", String(id), "m1"])).stdout, "Message m1 is taken back.\n");
  const task = await w.client.getTask({ id });
  assert.deepEqual([task.status, task.result, task.messages[0]?.status], ["cancelled", "Done.", "cancelled"]);
  assert.match((await w.cli(["unsend", String(id), "m1"])).stderr, /taken back already/);
  await w.client.resume();
  await w.client.sendMessage({ id, text: "more" });
  await endedAgain(w, id, 2);
  const late = await w.cli(["unsend", String(id), "2"]);
  assert.match(late.stderr, /m2 is done, so it cannot be taken back\. To put the conversation back .* rewind \d+ --to TURN/);
  assert.match((await w.cli(["messages", String(id)])).stdout, /^m1\tcancelled\t.*\tsocket\tmore\nm2\tdone\t/);
});

test("bad messages are refused with what to do instead", async (t) => {
  const w = await worker(t, { "the job": [step.text("Done.")] });
  await w.start();
  await w.client.hold({ reason: "so that it waits" });
  const { id } = await w.submit("the job");
  await w.client.cancelTask({ id });
  const send = async (text: string, more: { id?: number; key?: string } = {}): Promise<string> =>
    await w.client.sendMessage({ id, text, ...more }).then(
      () => "sent",
      (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
    );
  assert.match(await send("more"), /^conflict: .*never began.*claude-worker retry 1/);
  assert.match(await send(""), /^invalid_input/);
  assert.match(await send(" \n"), /^invalid_input/);
  assert.match(await send("a\0b"), /^invalid_input/);
  assert.match(await send("x".repeat(100_001)), /^invalid_input: .*100000/);
  assert.match(await send("x", { id: 99 }), /^not_found/);
  assert.match(await send("x", { key: "7" }), /^invalid_input/);
  assert.match((await w.cli(["unsend", "1", "m9"])).stderr, /no message m9/);
  assert.match((await w.cli(["unsend", "1", "it"])).stderr, /is not a message/);
  assert.match((await w.cli(["send", "1"])).stderr, /text/);
  assert.match((await w.cli(["send", "1", " "])).stderr, /empty/);
});
