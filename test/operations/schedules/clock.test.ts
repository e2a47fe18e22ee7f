/** Clocks that are set, and servers that restart: no due time has two tasks, and none is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { person, scheduled } from "./setup.ts";
import type { Scheduled } from "./setup.ts";

test("a clock that is set back fires nothing twice, and the day's next run still comes", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *", overlap: "allow" });
  await s.pass("2027-01-10T14:30:00Z");
  await s.restart("2027-01-10T12:30:00Z");
  await s.pass("2027-01-10T15:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 submitted", "01-10T15:00 submitted"]);
});

test("a clock that was far ahead and is set right again silences no schedule", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 2 * * *", overlap: "allow" });
  await s.add({ name: "every", every_ms: 3_600_000, overlap: "allow" });
  await s.add({ name: "once", at: "2027-03-01 00:00", missed: "skip" });
  await s.wake("2031-05-01T12:00:00Z");
  await s.restart("2027-01-10T12:10:00Z");
  const next = async (schedule: string) => (await s.api.getSchedule({ schedule }, person)).next_runs[0];
  assert.equal(await next("nightly"), "2027-01-11T02:00:00.000Z");
  assert.equal(await next("every"), "2027-01-10T13:00:00.000Z");
  assert.equal(await next("once"), "2027-03-01T00:00:00.000Z");
  for (const schedule of ["nightly", "every"]) await s.api.removeSchedule({ schedule }, person);
  await s.pass("2027-03-01T12:00:00Z");
  assert.deepEqual(await s.story("once"), ["03-01T00:00 submitted"]);
});

test("due times that a clock far ahead has skipped are used when they come", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 2 * * *", missed: "once", overlap: "allow" });
  await s.wake("2027-01-15T12:00:00Z");
  assert.deepEqual((await s.story()).at(-1), "01-15T02:00 submitted made up for");
  await s.restart("2027-01-10T12:00:00Z");
  await s.pass("2027-01-16T12:00:00Z");
  const submitted = (await s.runs()).filter(({ state }) => state === "submitted").map(({ due_at }) => due_at.slice(8, 10));
  assert.deepEqual(submitted.toSorted(), ["11", "12", "13", "14", "15", "16"]);
});

test("the days on which a zone's clock changes have one run each", async (t) => {
  const s = scheduled(t, "2027-03-27T12:00:00Z");
  await s.add({ cron: "30 2 * * *", time_zone: "Europe/Berlin", overlap: "allow" });
  await s.add({ name: "ny", cron: "30 1 * * *", time_zone: "America/New_York", overlap: "allow" });
  await s.add({ name: "lord", cron: "45 1 * * *", time_zone: "Australia/Lord_Howe", overlap: "allow" });
  await s.pass("2027-03-29T12:00:00Z");
  assert.deepEqual(await s.story(), ["03-28T01:00 submitted", "03-29T00:30 submitted"]);
  // From one change to the next, with a restart on each.
  for (const time of ["2027-04-03T15:00:00Z", "2027-10-31T01:00:00Z", "2027-11-07T06:00:00Z"]) await s.restart(time);
  await s.pass("2027-11-08T12:00:00Z");
  for (const name of ["nightly", "ny", "lord"]) {
    const dues = (await s.runs(name)).map(({ due_at }) => due_at);
    assert.equal(new Set(dues).size, dues.length);
  }
  assert.equal((await s.story()).filter((line) => line.startsWith("10-31")).length, 1);
  assert.equal((await s.story("ny")).filter((line) => line.startsWith("11-07")).length, 1);
});

test("an interval is elapsed time, which no change of a clock moves", async (t) => {
  const s = scheduled(t, "2027-03-27T12:00:00Z");
  const { next_runs: next } = await s.add({ every_ms: 21_600_000, time_zone: "Europe/Berlin" });
  assert.deepEqual(
    next.map((time) => time.slice(8, 16)),
    ["27T18:00", "28T00:00", "28T06:00", "28T12:00", "28T18:00"],
  );
});

type Step = readonly ["pass" | "jump" | "back" | "restart" | "pause" | "resume" | "edit" | "run", number];

const step = fc.tuple(
  fc.constantFrom("pass", "jump", "back", "restart", "pause", "resume", "edit", "run"),
  fc.integer({ min: 1, max: 900 }),
);

test("whatever is done to clock and server, a due time has one task at most", async (t) => {
  const s = scheduled(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 14 }),
      fc.constantFrom("once", "skip", "all"),
      fc.constantFrom({ cron: "*/20 * * * *" }, { cron: "7 * * * *", jitter_ms: 1_200_000 }, { every_ms: 1_500_000 }),
      async (steps, missed, timing) => {
        count += 1;
        const name = `s${count}`;
        s.set("2027-01-10T12:00:00Z");
        await s.add({ name, missed, overlap: "allow", ...timing });
        for (const each of steps as Step[]) await act(s, name, each);
        const rows = s.store.schedules.occurrences(s.store.schedules.byName(name)?.id ?? 0, 10_000);
        const dues = rows.filter(({ kind }) => kind === "due");
        assert.equal(new Set(dues.map(({ dueAt }) => dueAt)).size, dues.length, "two rows of one due time");
        for (const { state, taskId, reason } of rows) {
          assert.equal(state === "submitted", taskId !== null);
          assert.equal(state === "submitted", reason === null);
        }
        // What no row names was not submitted.
        const tasks = s.store.tasks.counts().pending;
        assert.equal(tasks, rows.filter(({ taskId }) => taskId !== null).length);
        await s.api.removeSchedule({ schedule: name }, person);
        for (const { taskId } of rows) if (taskId !== null) await s.api.cancelTask({ id: taskId }, person);
      },
    ),
    { numRuns: 25 },
  );
});

async function act(s: Scheduled, schedule: string, [what, minutes]: Step): Promise<void> {
  const at = (change: number): string => new Date(s.clock.nowMs + change * 60_000).toISOString();
  if (what === "pass") await s.pass(at(Math.min(minutes, 120)));
  else if (what === "jump") await s.wake(at(minutes));
  else if (what === "back") await s.restart(at(-minutes));
  else if (what === "restart") await s.restart();
  else if (what === "run") await s.api.runSchedule({ schedule }, person);
  else if (what === "edit") await s.api.updateSchedule({ schedule, time_zone: minutes % 2 === 0 ? "UTC" : "Europe/Berlin" }, person);
  else await s.api.updateSchedule({ schedule, paused: what === "pause" }, person);
}
