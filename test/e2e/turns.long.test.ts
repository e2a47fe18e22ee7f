import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { killAndWait } from "../reliability/setup.ts";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import { dataOf } from "../../testing/events.ts";

/** What the raw log holds of the model's messages on the main thread. */
function messagesIn(task: TaskView): Set<unknown> {
  const records = readFileSync(task.logs.raw, "utf8").trim().split("\n");
  const ids = records.flatMap((line) => {
    const {
      type,
      message,
      parent_tool_use_id: parent,
    } = JSON.parse(line) as { type: string; message: { id: string }; parent_tool_use_id?: unknown };
    return type === "assistant" && parent === null ? [message.id] : [];
  });
  return new Set(ids);
}

test("every door reports the same number of turns", async (t) => {
  const w = await worker(t);
  const [begun, go] = [path.join(w.place.work, "begun"), path.join(w.place.work, "go")];
  const bash = (command: string) => ({ tool: "Bash", input: { command, description: "a step" } });
  w.model.play({
    "three answers": [
      step.tools([bash("echo one"), bash("echo two"), bash("echo three")]),
      step.bash(`touch ${begun}; until [ -e ${go} ]; do sleep 0.1; done`),
      step.text("All done."),
    ],
  });
  await w.start();
  const { id, num_turns } = await w.submit("three answers", { allow: ["Bash"] });
  assert.equal(num_turns, null);
  const running = await w.until(id, (task) => existsSync(begun) && (task.num_turns ?? 0) >= 2);
  assert.equal(running.num_turns, 2, "a message with three calls is one turn");
  assert.equal((await w.client.listTasks({ limit: 1 })).tasks[0]?.num_turns, 2);
  assert.match((await w.cli(["show", "1"])).stdout, /Turns +2\n/);

  const [first] = (await w.client.listAttempts({ id })).attempts;
  assert.ok(first?.pid != null);
  await killAndWait(first.pid);
  writeFileSync(go, "");
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 2);
  const turns = messagesIn(task).size;
  assert.ok(turns >= 3);
  assert.equal(task.num_turns, turns);
  assert.match((await w.cli(["show", "1"])).stdout, new RegExp(`Turns +${turns}\n`));
  assert.match((await w.cli(["watch", "1", "--lines", "0"])).stdout, new RegExp(` · ${turns} turns · `));
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  const numbers = Array.from({ length: turns }, (_, index) => index + 1);
  const marks = [...(await w.cli(["logs", "1"])).stdout.matchAll(/^\S+Z turn (\d+) /gm)].map(([, turn]) => Number(turn));
  assert.deepEqual(marks, numbers);
  assert.equal(
    dataOf(
      events.findLast(({ type }) => type === "result"),
      "result",
    ).num_turns,
    turns,
  );
  const told = events.flatMap(({ type, data }) => (type === "tool_use" || type === "text" ? [data.turn] : []));
  assert.deepEqual([...new Set(told)], numbers);
  for (const { type, data } of events) {
    if (type !== "tool_result") continue;
    const call = events.find((other) => other.type === "tool_use" && other.data.tool_use_id === data.tool_use_id);
    assert.equal(data.turn, dataOf(call, "tool_use").turn);
  }
});

test("the limit of turns counts as they are told", async (t) => {
  const w = await worker(t);
  const bash = (command: string) => ({ tool: "Bash", input: { command, description: "a step" } });
  w.model.play({
    "go on and on": [step.tools([bash("echo a"), bash("echo b")]), step.bash("echo c"), step.bash("echo d"), step.text("Done.")],
  });
  await w.start();
  const { id } = await w.submit("go on and on", { allow: ["Bash"], max_turns: 2 });
  const task = await w.ended(id);
  assert.equal(task.error?.message, "Stopped at the task's limit of turns. Retry it with more (--max-turns).");
  assert.equal(task.num_turns, 2);
});
