/** src/agent/open-input.ts: how long a conversation's input stays open. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { OpenInput } from "../../src/agent/open-input.ts";

const result = { type: "result", subtype: "success", num_turns: 2 };
const init = { type: "system", subtype: "init" };
const helperText = { type: "assistant", parent_tool_use_id: "toolu_1" };
const report = { type: "system", subtype: "task_notification", status: "completed" };
const runs = (...ids: string[]) => ({
  type: "system",
  subtype: "background_tasks_changed",
  tasks: ids.map((id) => ({ task_id: id, task_type: "local_bash", description: id })),
});

/** An input that is read, and what its reader has got. */
function setup(t: TestContext, prompt?: string) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const input = new OpenInput(prompt);
  const got: string[] = [];
  let isOver = false;
  const read = async (): Promise<void> => {
    for await (const { message } of input.messages) got.push(String(message.content));
    isOver = true;
  };
  void read();
  return {
    input,
    got,
    hear: (...messages: { type: string }[]): void => messages.forEach((message) => input.heard(message)),
    isOver: async (): Promise<boolean> => {
      await nextTurn();
      return isOver;
    },
  };
}

test("the input ends with the turn when nothing runs in the background", async (t) => {
  const { hear, got, isOver } = setup(t, "do it");
  hear(init);
  assert.deepEqual([got, await isOver()], [["do it"], false]);
  hear(result);
  assert.equal(await isOver(), true);
});

test("the input stays open while something runs in the background", async (t) => {
  const { hear, isOver } = setup(t, "do it");
  hear(init, runs("a"), result, helperText);
  assert.equal(await isOver(), false);
  hear(report, runs());
  assert.equal(await isOver(), false, "Claude hears of it");
  hear(init, runs("b"), result);
  assert.equal(await isOver(), false);
  hear(runs());
  assert.equal(await isOver(), true);
});

test("work that a sub-agent begins when its own work ends keeps the input open", async (t) => {
  const { hear, isOver } = setup(t, "do it");
  hear(runs("a"), result, report, runs(), runs("helper"), helperText, runs("helper", "b"));
  t.mock.timers.tick(60_000);
  assert.equal(await isOver(), false);
});

test("an end of work that no turn follows ends the input after three seconds", async (t) => {
  const { hear, isOver } = setup(t, "do it");
  hear(runs("a"), result, report, runs());
  t.mock.timers.tick(2_999);
  assert.equal(await isOver(), false);
  t.mock.timers.tick(1);
  assert.equal(await isOver(), true);
});

test("a report of what died with an earlier process does not end the input", async (t) => {
  const { input, hear, got, isOver } = setup(t);
  hear({ ...result, num_turns: 0, origin: { kind: "task-notification" } } as never);
  input.say("continue");
  assert.deepEqual([await isOver(), got], [false, ["continue"]]);
  input.end();
  assert.equal(await isOver(), true);
});
