import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { AfterResult } from "../../src/runner/after-result.ts";

const result = { type: "result", subtype: "success", num_turns: 2 };
const init = { type: "system", subtype: "init" };
const text = { type: "assistant", parent_tool_use_id: null };
const helperText = { type: "assistant", parent_tool_use_id: "toolu_1" };
const shell = { task_id: "b1", task_type: "local_bash", description: "npm test" };
const agent = { task_id: "a1", task_type: "local_agent", description: "helper" };
const runs = (...tasks: object[]) => ({ type: "system", subtype: "background_tasks_changed", tasks });

/** @returns the names of what was cut, once the time is up. */
function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let cut: string[] | null = null;
  const onOver = (tasks: readonly { description: string }[]): void => void (cut = tasks.map(({ description }) => description));
  const waits: [string[], number | null][] = [];
  let clock = 0;
  const after = new AfterResult({
    backgroundGraceMs: 60_000,
    exitMs: 10_000,
    now: () => clock,
    onWait: ({ work, until }) => {
      waits.push([work.map(({ description }) => description), until]);
      // The runner journals it, and what is journalled is heard.
      after.heard({ type: "worker" });
    },
    onOver,
  });
  return {
    after,
    hear: (...entries: { type: string }[]): void => entries.forEach((entry) => after.heard(entry)),
    pass: (ms: number): void => {
      clock += ms;
      t.mock.timers.tick(ms);
    },
    waits,
    cut: () => cut,
  };
}

test("nothing limits an agent before its result", (t) => {
  const { hear, pass, cut } = setup(t);
  hear(init, text, runs(shell));
  pass(1e9);
  assert.equal(cut(), null);
});

test("an idle agent that does not exit is ended after ten seconds of silence", (t) => {
  const { hear, pass, cut } = setup(t);
  hear(text, result);
  pass(9_000);
  hear({ type: "system" });
  pass(9_999);
  assert.equal(cut(), null);
  pass(1);
  assert.deepEqual(cut(), []);
});

test("commands are waited for as long as the grace lasts from the end of the turn", (t) => {
  const { hear, pass, cut } = setup(t);
  hear(text, runs(shell), result);
  pass(40_000);
  hear({ type: "system" }, runs(shell, { ...shell, task_id: "b2", description: "npm run dev" }));
  pass(19_999);
  assert.equal(cut(), null);
  pass(1);
  assert.deepEqual(cut(), ["npm test", "npm run dev"]);
});

test("the grace begins again behind a turn that begins by itself", (t) => {
  const { hear, pass, cut } = setup(t);
  hear(text, runs(shell), result);
  pass(59_000);
  hear(init);
  pass(1e9);
  assert.equal(cut(), null);
  hear(text, result);
  pass(59_999);
  assert.equal(cut(), null);
});

test("a sub-agent is waited for without a limit", (t) => {
  const { after, hear, pass, cut } = setup(t);
  hear(text, runs(agent, shell), result, helperText);
  assert.ok(after.awaitsAgent && after.isAnswered);
  pass(1e9);
  assert.equal(cut(), null);
  hear(runs(shell));
  pass(60_000);
  assert.deepEqual(cut(), ["npm test"]);
});

test("work that is not activity is not waited for", (t) => {
  const { hear, pass, cut } = setup(t);
  hear(init, { ...result, num_turns: 0, origin: { kind: "task-notification" } } as never);
  pass(1e9);
  assert.equal(cut(), null);
  hear(text, runs({ ...shell, ambient: true }), result);
  pass(10_000);
  assert.deepEqual(cut(), []);
});

test("a wait is reported when it begins and when its work or limit changes", (t) => {
  const { hear, pass, waits } = setup(t);
  hear(text, runs(shell, agent));
  assert.deepEqual(waits, [], "the turn runs");
  hear(result);
  pass(5_000);
  hear(helperText, { type: "system" }, runs(shell, agent));
  assert.deepEqual(waits, [[["npm test", "helper"], null]]);
  hear(runs(shell));
  pass(5_000);
  hear({ type: "system" }, runs(shell, { ...shell, task_id: "b2", description: "npm run dev" }));
  assert.deepEqual(waits.slice(1), [
    [["npm test"], 65_000],
    [["npm test", "npm run dev"], 65_000],
  ]);
  hear(text, runs(shell), result);
  assert.deepEqual(waits.slice(3), [[["npm test"], 70_000]]);
  hear(runs());
  assert.equal(waits.length, 4);
});
