/** Attempts in a row that broke off, whether they made progress or not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Consequence, EndedAttempt } from "../../../src/domain/attempt/consequence.ts";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import { callUnderWay, forgivingMs } from "../../../src/domain/attempt/setbacks.ts";
import { event } from "../../../testing/events.ts";
import { after, authFailed, crashed, limited, lost, now, overloaded } from "./ends.ts";

/** Plays ends of one kind in a row, each with progress, until the task fails. */
function row(outcome: Outcome, change: Parameters<typeof after>[1], most: number): { ends: Consequence[]; waits: number[] } {
  const ends: Consequence[] = [];
  let task: Partial<EndedAttempt["task"]> = {};
  while (ends.length < most && ends.at(-1)?.operation !== "fail") {
    const end = after(outcome, { progressed: true, random: () => 0.999_999, ...change, task });
    task = { poisonCount: end.poisonCount, setbacks: end.setbacks, cutCall: end.cutCall };
    ends.push(end);
  }
  return { ends, waits: ends.map(({ notBefore }) => (notBefore === null ? 0 : (notBefore - now) / 1000)) };
}

const claudeDied = { runnerLived: true, call: null };

test("a Claude that dies each time after progress is resumed until the tenth death", () => {
  const { ends, waits } = row(crashed, { death: claudeDied, ranMs: 5_000 }, 50);
  assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 0]);
  assert.equal(ends.at(-1)?.error?.code, "crashed");
  assert.match(ends.at(-1)?.error?.message ?? "", /^Given up: 10 attempts in a row broke off, although they made progress/);
});

test("a runner that dies in the same tool call each time counts as a setback", () => {
  const same = row(crashed, { death: { runnerLived: false, call: "Bash boom" } }, 50);
  assert.deepEqual([same.ends.length, same.ends.at(-1)?.operation], [11, "fail"]);
  for (const call of [null, "Bash 1"]) {
    let task: Partial<EndedAttempt["task"]> = {};
    for (let death = 0; death < 50; death += 1) {
      const end = after(crashed, { progressed: true, death: { runnerLived: false, call: call === null ? null : `Bash ${death}` }, task });
      assert.deepEqual([end.operation, end.notBefore, end.setbacks], ["requeue", null, 0]);
      task = end;
    }
  }
});

test("a long attempt with progress forgives the deaths before it", () => {
  const die = (change: Parameters<typeof after>[1]) => after(crashed, { death: claudeDied, progressed: true, ...change }).setbacks;
  assert.equal(die({ ranMs: forgivingMs, task: { setbacks: 8 } }), 1);
  assert.equal(die({ ranMs: forgivingMs - 1, task: { setbacks: 8 } }), 9);
  assert.equal(die({ ranMs: forgivingMs, progressed: false, task: { setbacks: 8 } }), 9);
  const boom = { runnerLived: true, call: "Bash boom" };
  assert.equal(die({ ranMs: forgivingMs, death: boom, task: { setbacks: 8, cutCall: "Bash boom" } }), 9);
});

test("reboots, stops, limits, refusals and failed starts are not setbacks", () => {
  const interrupted: Outcome = { kind: "interrupted", message: "" };
  for (const outcome of [lost, interrupted, limited, authFailed, { kind: "overloaded", message: "ECONNREFUSED" } as const]) {
    const end = after(outcome, { progressed: true, death: claudeDied, task: { setbacks: 4, cutCall: "Bash a" } });
    assert.deepEqual([end.operation, end.setbacks, end.cutCall], ["requeue", 4, "Bash a"], outcome.kind);
  }
  assert.equal(after(crashed, { unbegun: 1, task: { setbacks: 4 } }).setbacks, 4);
});

for (const outcome of [overloaded, { kind: "storage_full", message: "The disk is full." } as const]) {
  test(`${outcome.kind} ten times in a row fails the task in spite of progress`, () => {
    const { ends, waits } = row(outcome, {}, 50);
    assert.deepEqual([ends.length, ends.at(-1)?.error?.code], [10, outcome.kind]);
    if (outcome.kind === "overloaded") assert.deepEqual(waits, [10, 20, 40, 80, 160, 300, 300, 300, 300, 0]);
  });
}

test("the call under way is the newest without a result", () => {
  const use = (id: string, command: string) => event("tool_use", { tool: "Bash", tool_use_id: id, input: { command } });
  const result = (id: string) => event("tool_result", { tool_use_id: id });
  assert.equal(callUnderWay([use("1", "ls"), result("1")]), null);
  const first = callUnderWay([use("1", "ls"), result("1"), use("2", "boom")]);
  assert.match(first ?? "", /^Bash .*boom/);
  assert.equal(callUnderWay([use("7", "boom")]), first);
});
