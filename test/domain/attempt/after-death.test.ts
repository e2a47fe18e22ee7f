import assert from "node:assert/strict";
import { test } from "node:test";
import { after, crashed, gone, lost, now } from "./ends.ts";

for (const outcome of [crashed, lost]) {
  test(`an attempt that was ${outcome.kind} is resumed at once and spends no retry`, () => {
    assert.deepEqual(after(outcome), { ...gone, operation: "requeue", resumable: true, poisonCount: 1 });
  });

  test(`a second attempt in a row that ended ${outcome.kind} waits a second`, () => {
    const waits = [1, 2, 3].map((poisonCount) => after(outcome, { task: { poisonCount } }).notBefore);
    assert.deepEqual(waits, [now + 1000, now + 2000, now + 4000]);
  });

  test(`five attempts in a row that ended ${outcome.kind} without a step fail the task`, () => {
    assert.equal(after(outcome, { task: { poisonCount: 3 } }).operation, "requeue");
    const fifth = after(outcome, { task: { poisonCount: 4, retries: 9 } });
    assert.equal(fifth.operation, "fail");
    assert.equal(fifth.poisonCount, 5);
    assert.equal(fifth.error?.code, outcome.kind);
    assert.match(fifth.error?.message ?? "", /^Given up: 5 attempts in a row died without a new step\. The last one: The /);
  });
}

test("an attempt that never began is tried again for ever, later and later", () => {
  const waits = [1, 2, 3, 4, 9, 10, 11, 2000].map((unbegun) => {
    const { operation, notBefore, poisonCount } = after(crashed, { unbegun, task: { poisonCount: 4 } });
    assert.deepEqual([operation, poisonCount], ["requeue", 4]);
    return notBefore === null ? 0 : (notBefore - now) / 1000;
  });
  assert.deepEqual(waits, [0, 1, 2, 4, 128, 256, 300, 300]);
});

test("progress resets the count of fruitless attempts", () => {
  for (let poisonCount = 0; poisonCount < 20; poisonCount += 1) {
    const consequence = after(crashed, { progressed: true, task: { poisonCount } });
    assert.equal(consequence.operation, "requeue");
    assert.equal(consequence.poisonCount, 1);
  }
});
