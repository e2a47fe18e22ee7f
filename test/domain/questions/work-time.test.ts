import assert from "node:assert/strict";
import { test } from "node:test";
import type { Question } from "../../../src/domain/questions/question.ts";
import { workedMs, workTime } from "../../../src/domain/questions/work-time.ts";

const asked = (askedAt: number, answeredAt: number | null, more: Partial<Question> = {}) => ({
  kind: "permission" as const,
  status: answeredAt === null ? ("open" as const) : ("applied" as const),
  askedAt,
  answeredAt,
  ...more,
});

test("an attempt that never asks works all the time", () => {
  assert.deepEqual(workTime(100, [], false), { workedMs: 0, since: 100 });
  assert.equal(workedMs(100, 400, []), 300);
});

test("the time of questions that wait side by side counts once", () => {
  assert.equal(workedMs(0, 100, [asked(10, 40), asked(20, 30), asked(35, 50)]), 60);
  assert.equal(workedMs(0, 100, [asked(20, 30), asked(10, 40)]), 70);
});

test("only the time within the attempt counts", () => {
  assert.equal(workedMs(100, 200, [asked(50, 120), asked(190, null)]), 70);
  assert.equal(workedMs(100, 200, [asked(10, 20), asked(300, 400)]), 100);
});

test("a waiting attempt has worked until its oldest open question", () => {
  const first = asked(20, 50);
  assert.deepEqual(workTime(0, [first, asked(30, null), asked(40, null)], true), { workedMs: 20, since: null });
  assert.deepEqual(workTime(0, [first, asked(80, null)], true), { workedMs: 50, since: null });
});

test("an attempt that has its answer works from then on", () => {
  assert.deepEqual(workTime(0, [asked(20, 50)], false), { workedMs: 20, since: 50 });
  assert.deepEqual(workTime(0, [asked(20, 50)], true), { workedMs: 20, since: null }, "it waits for a slot");
  assert.deepEqual(workTime(100, [asked(20, 50)], false), { workedMs: 0, since: 100 }, "an earlier attempt had it");
});

test("consent and what was taken back take no time", () => {
  assert.equal(workedMs(0, 100, [asked(10, null, { kind: "consent" }), asked(20, null, { status: "superseded" })]), 100);
});
