/** What becomes of due times: on time, missed, overlapping, paused, refused. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { person, scheduled } from "./setup.ts";

test("a due time submits its task once, and the next one follows", async (t) => {
  const s = scheduled(t);
  const added = await s.add({ cron: "0 2 * * *", overlap: "allow" });
  assert.deepEqual(added.next_runs.slice(0, 2), ["2027-01-11T02:00:00.000Z", "2027-01-12T02:00:00.000Z"]);
  await s.pass("2027-01-12T12:00:00Z");
  assert.deepEqual(await s.story(), ["01-11T02:00 submitted", "01-12T02:00 submitted"]);
  const [first] = await s.runs();
  const task = await s.api.getTask({ id: Number(first?.task) }, person);
  assert.deepEqual(task.schedule, { id: added.id, name: "nightly", due_at: "2027-01-11T02:00:00.000Z" });
  assert.equal(task.prompt, "Triage the issues");
  assert.equal(first?.task_status, "pending");
});

test("twelve hours without a server are one run, none, or each, as the schedule says", async (t) => {
  const s = scheduled(t, "2027-01-10T12:00:00Z");
  for (const missed of ["once", "skip", "all"]) await s.add({ name: missed, cron: "0 */3 * * *", missed });
  await s.restart("2027-01-11T02:00:00Z");
  assert.deepEqual(await s.story("once"), [
    "01-10T15:00 skipped missed",
    "01-10T18:00 skipped missed",
    "01-10T21:00 skipped missed",
    "01-11T00:00 submitted made up for",
  ]);
  assert.deepEqual(new Set((await s.story("skip")).map((line) => line.slice(12))), new Set(["skipped missed"]));
  assert.deepEqual(
    (await s.story("all")).map((line) => line.slice(12)),
    Array.from({ length: 4 }, () => "submitted made up for"),
  );
  // They start one after the other: 30 s apart over all schedules, and each after the one before.
  const made = [...(await s.runs("once")), ...(await s.runs("all"))].flatMap(({ task }) => (task === null ? [] : [Number(task)]));
  const tasks = made.map((id) => s.store.tasks.row(id));
  const starts = new Set(tasks.map((task) => task?.notBefore ?? s.clock.nowMs));
  assert.equal(starts.size, 5);
  assert.equal(Math.max(...starts) - s.clock.nowMs, 4 * 30_000);
  const chain = (await s.runs("all")).map(({ task }) => Number(task));
  assert.deepEqual(
    s.store.dependencies.waitsFor(chain[3] ?? 0).map(({ task }) => task),
    chain.slice(0, 3),
  );
  // A second start finds nothing to make up for.
  await s.restart("2027-01-11T02:01:00Z");
  assert.equal((await s.runs("all")).length, 4);
});

test("a year without a server gets a hundred rows, and all makes up for 24 of them", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "* * * * *", missed: "all" });
  await s.restart("2028-01-10T12:00:30Z");
  const rows = await s.runs();
  assert.equal(rows.length, 100);
  assert.equal(rows.filter(({ catch_up }) => catch_up).length, 24);
  assert.match(rows[0]?.message ?? "", /Those before it have no rows\.$/);
  assert.equal(rows.at(-1)?.due_at, "2028-01-10T12:00:00.000Z");
});

test("a restart right after a due time submits it, and no missed one beside it", async (t) => {
  const s = scheduled(t, "2027-01-10T01:00:00Z");
  await s.add({ cron: "0 * * * *" });
  await s.restart("2027-01-10T05:00:10Z");
  assert.deepEqual(await s.story(), [
    "01-10T02:00 skipped missed",
    "01-10T03:00 skipped missed",
    "01-10T04:00 skipped missed",
    "01-10T05:00 submitted",
  ]);
});

test("a due time while the earlier run has not ended is skipped, and named", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *" });
  await s.pass("2027-01-10T14:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 skipped overlap"]);
  const [first, second] = await s.runs();
  assert.equal(second?.message, `Task ${first?.task} of an earlier run had not ended.`);
  await s.finish(Number(first?.task));
  await s.pass("2027-01-10T15:30:00Z");
  assert.equal((await s.story()).at(-1), "01-10T15:00 submitted");
});

test("with queue a run waits for the ends of those before it, ten at most", async (t) => {
  const s = scheduled(t);
  // What looks like an expression stays: waiting for an earlier run is not a use of its result.
  await s.add({ cron: "0 * * * *", overlap: "queue", task: { prompt: "Fix {{ tasks.name }}", working_directory: s.corner.work } });
  await s.pass("2027-01-11T01:30:00Z");
  const rows = await s.runs();
  assert.equal(rows.filter(({ state }) => state === "submitted").length, 11);
  assert.deepEqual(
    rows.slice(11).map(({ reason }) => reason),
    ["overlap", "overlap"],
  );
  const ids = rows.flatMap(({ task }) => (task === null ? [] : [Number(task)]));
  assert.deepEqual(
    s.store.dependencies.waitsFor(ids[1] ?? 0).map(({ task }) => task),
    [ids[0]],
  );
  await s.finish(ids[0] ?? 0, "failed");
  assert.deepEqual(s.store.dependencies.waitsFor(ids[1] ?? 0), []);
});

test("with cancel the earlier run is cancelled, and the new one waits for its end", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *", overlap: "cancel" });
  await s.pass("2027-01-10T13:30:00Z");
  const id = Number((await s.runs())[0]?.task);
  await s.tell(id, "text", { text: "at work" });
  await s.pass("2027-01-10T14:30:00Z");
  assert.equal((await s.api.getTask({ id }, person)).cancel_requested, true);
  const next = Number((await s.runs())[1]?.task);
  assert.deepEqual(s.store.dependencies.waitsFor(next), [{ task: id, on: "ended", status: "running" }]);
  // One that has not begun ends at once.
  await s.pass("2027-01-10T15:30:00Z");
  assert.equal(s.store.tasks.row(next)?.status, "cancelled");
});

test("a pause over a due time fires nothing at resume", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *" });
  await s.api.updateSchedule({ schedule: "nightly", paused: true }, person);
  await s.pass("2027-01-10T13:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 skipped paused"]);
  // No server ran at 14:00, and a person resumes before anything was acted on.
  s.set("2027-01-10T14:00:01Z");
  const resumed = await s.api.updateSchedule({ schedule: "nightly", paused: false }, person);
  assert.equal(resumed.next_runs[0], "2027-01-10T15:00:00.000Z");
  await s.wake();
  assert.deepEqual((await s.story()).slice(1), ["01-10T14:00 skipped paused"]);
  await s.pass("2027-01-10T15:00:00Z");
  assert.equal((await s.story()).at(-1), "01-10T15:00 submitted");
});

test("a run that a person asks for is a row of its own, and the next due time stays", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 13 * * *", paused: true });
  const run = await s.api.runSchedule({ schedule: "nightly" }, person);
  assert.equal(run.kind, "manual");
  assert.equal(run.by, "socket");
  assert.equal((await s.api.getTask({ id: Number(run.task) }, person)).schedule?.due_at, null);
  await s.api.updateSchedule({ schedule: "nightly", paused: false }, person);
  // It has not ended, and is no overlap.
  await s.pass("2027-01-10T13:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T12:00 manual", "01-10T13:00 submitted"]);
});

test("a directory that is gone is a failed run, and five of them pause the schedule", async (t) => {
  const s = scheduled(t);
  const gone = s.corner.workdir("gone");
  await s.store.write(() => s.store.notifications.addChannel(plainChannel({ events: ["schedule"] }), "secret"));
  await s.add({ cron: "0 * * * *", task: { prompt: "Triage the issues", working_directory: gone } });
  rmSync(gone, { recursive: true });
  await s.pass("2027-01-10T14:30:00Z");
  const [first] = await s.runs();
  assert.equal(first?.state, "failed");
  assert.equal(first?.reason, "invalid_input");
  assert.match(first?.message ?? "", /gone does not exist\.$/);
  await s.pass("2027-01-10T18:30:00Z");
  const told = s.store.notifications.deliveries({ limit: 10 }).map(({ content }) => content.title);
  assert.equal(told.length, 5);
  assert.deepEqual(told.slice(0, 2), ["Schedule nightly is paused", "Schedule nightly: a run was not submitted"]);
  const schedule = await s.api.getSchedule({ schedule: "nightly" }, person);
  assert.equal(schedule.paused, true);
  assert.match(schedule.pause_reason ?? "", /^5 runs in a row could not be submitted\. The last one: .*does not exist\.$/);
  assert.deepEqual(
    (await s.story()).map((line) => line.slice(12)),
    [...Array.from({ length: 5 }, () => "failed invalid_input"), "skipped paused"],
  );
  const again = await s.api.updateSchedule({ schedule: "nightly", paused: false }, person);
  assert.equal(again.failures, 0);
  assert.equal(again.pause_reason, null);
});

test("the rights are those of the caller who wrote it, at each run", async (t) => {
  const s = scheduled(t);
  const token = await s.api.createToken({ name: "ci", scope: "submit" } as never, person);
  const caller = { scope: "submit", name: "token:ci", tokenId: token.id } as const;
  await assert.rejects(
    s.add({ cron: "0 * * * *", task: { prompt: "x", working_directory: s.corner.work, permission_mode: "bypassPermissions" } }, caller),
    { code: "forbidden" },
  );
  await s.add({ cron: "0 * * * *", overlap: "allow" }, caller);
  await s.pass("2027-01-10T13:30:00Z");
  await s.api.removeToken({ id: token.id }, person);
  await s.pass("2027-01-10T14:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 failed forbidden"]);
  assert.match((await s.runs())[1]?.message ?? "", /^The token that wrote the schedule \(token:ci\) was removed\./);
});

test("a queue that is full is a failed run, and nothing of it is stored", async (t) => {
  const s = scheduled(t, undefined, { max_pending: 1 });
  await s.add({ cron: "0 * * * *", overlap: "allow" });
  await s.pass("2027-01-10T14:30:00Z");
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted", "01-10T14:00 failed too_many_requests"]);
  assert.equal(s.store.tasks.counts().pending, 1);
});

test("an agent changes no schedule and runs none", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *" });
  const agent = { ...person, agent: { client: "claude-code 2", toolUseId: null } };
  const calls = [
    s.add({ name: "b", cron: "@daily" }, agent),
    s.api.updateSchedule({ schedule: "nightly", paused: true }, agent),
    s.api.removeSchedule({ schedule: "nightly" }, agent),
    s.api.runSchedule({ schedule: "nightly" }, { ...person, taskId: 1 }),
  ];
  for (const call of calls) await assert.rejects(call, { code: "forbidden" });
});

test("jitter moves the start by the same time after a restart", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "0 * * * *", jitter_ms: 600_000, overlap: "allow" });
  const fireAt = s.store.schedules.nextFireAt() ?? 0;
  const due = Date.parse("2027-01-10T13:00:00Z");
  assert.ok(fireAt > due && fireAt < due + 600_000);
  s.set(new Date(fireAt - 1).toISOString());
  await s.restart();
  assert.deepEqual(await s.runs(), []);
  await s.restart(new Date(fireAt).toISOString());
  assert.deepEqual(await s.story(), ["01-10T13:00 submitted"]);
});

test("after its end, and after its only time, a schedule is due no more", async (t) => {
  const s = scheduled(t);
  await s.add({ name: "ends", cron: "0 * * * *", end_at: "2027-01-10T14:00:00Z", overlap: "allow" });
  await s.add({ name: "once", at: "2027-01-10 13:30" });
  await s.pass("2027-01-11T00:00:00Z");
  assert.deepEqual(await s.story("ends"), ["01-10T13:00 submitted", "01-10T14:00 submitted"]);
  assert.deepEqual(await s.story("once"), ["01-10T13:30 submitted"]);
  assert.deepEqual((await s.api.getSchedule({ schedule: "once" }, person)).next_runs, []);
});

test("rows without tasks are forgotten after five hundred", async (t) => {
  const s = scheduled(t);
  await s.add({ cron: "* * * * *" });
  await s.pass("2027-01-10T12:01:00Z");
  // A hundred due times each: they are one write.
  for (const hour of [14, 16, 18, 20, 22, 23]) await s.restart(`2027-01-10T${hour}:00:00Z`);
  const rows = s.store.schedules.occurrences(1, 10_000);
  assert.equal(rows.length, 501);
  assert.equal(rows.at(-1)?.state, "submitted");
});
