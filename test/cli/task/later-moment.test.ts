import assert from "node:assert/strict";
import { test } from "node:test";
import { laterMoment } from "../../../src/cli/task/later-moment.ts";

const now = new Date(2026, 10, 30, 12, 0);

test("a time of the clock is the next one, and a date must lie ahead", () => {
  assert.equal(laterMoment("13:00", now), new Date(2026, 10, 30, 13, 0).getTime());
  assert.equal(laterMoment("11:00", now), new Date(2026, 11, 1, 11, 0).getTime());
  assert.equal(laterMoment("2026-12-01 02:00", now), new Date(2026, 11, 1, 2, 0).getTime());
  assert.throws(() => laterMoment("2026-11-30 11:00", now), /--not-before 2026-11-30 11:00 is over\. Name a time that lies ahead/);
});
