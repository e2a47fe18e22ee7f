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

test("a time is read on the local clock over both changes, as schedules read it", () => {
  const cases: [zone: string, now: string, text: string, expected: string][] = [
    // It is left out: the first moment after it.
    ["Europe/Berlin", "2027-03-27T12:00Z", "02:30", "2027-03-28T01:00Z"],
    ["Europe/Berlin", "2027-03-01T12:00Z", "2027-03-28 02:30", "2027-03-28T01:00Z"],
    ["America/New_York", "2027-03-13T20:00Z", "02:30", "2027-03-14T07:00Z"],
    ["Australia/Lord_Howe", "2027-10-02T12:00Z", "02:10", "2027-10-02T15:30Z"],
    // It comes twice: the first one, then the second one, then that of the next day.
    ["Europe/Berlin", "2027-10-30T12:00Z", "02:30", "2027-10-31T00:30Z"],
    ["Europe/Berlin", "2027-10-31T00:45Z", "02:30", "2027-10-31T01:30Z"],
    ["Europe/Berlin", "2027-10-31T01:45Z", "02:30", "2027-11-01T01:30Z"],
    ["America/New_York", "2027-11-07T05:40Z", "01:30", "2027-11-07T06:30Z"],
    ["Australia/Lord_Howe", "2027-04-03T14:50Z", "01:45", "2027-04-03T15:15Z"],
    // The night of a change does not move the other times.
    ["Europe/Berlin", "2027-03-27T20:00Z", "07:00", "2027-03-28T05:00Z"],
    ["Europe/Berlin", "2027-10-30T20:00Z", "07:00", "2027-10-31T06:00Z"],
  ];
  for (const [zone, from, text, expected] of cases)
    assert.equal(
      new Date(laterMoment(text, new Date(from), zone)).toISOString(),
      new Date(expected).toISOString(),
      `${zone} ${from} ${text}`,
    );
});
