import assert from "node:assert/strict";
import { test } from "node:test";
import { isTimeZone, stretchAt } from "../../../src/domain/order/calendar.ts";
import type { CalendarPeriod } from "../../../src/domain/order/calendar.ts";

/** First and last moment, and the length in hours. */
function stretch(period: CalendarPeriod, at: string, zone: string): [string, string, number] {
  const { startsAt, endsAt } = stretchAt(period, Date.parse(at), zone);
  return [new Date(startsAt).toISOString(), new Date(endsAt).toISOString(), (endsAt - startsAt) / 3_600_000];
}

test("a day has its hours at both changes of the clock", () => {
  const days: [string, string, number][] = [
    ["2027-03-28T10:00:00Z", "Europe/Berlin", 23],
    ["2027-10-31T10:00:00Z", "Europe/Berlin", 25],
    ["2027-03-14T10:00:00Z", "America/New_York", 23],
    ["2027-11-07T10:00:00Z", "America/New_York", 25],
    ["2027-04-04T03:00:00Z", "Australia/Lord_Howe", 24.5],
    ["2027-10-03T03:00:00Z", "Australia/Lord_Howe", 23.5],
    ["2027-10-31T10:00:00Z", "UTC", 24],
  ];
  for (const [at, zone, hours] of days) assert.equal(stretch("day", at, zone)[2], hours, `${at} ${zone}`);
  assert.deepEqual(stretch("day", "2027-03-28T10:00:00Z", "Europe/Berlin").slice(0, 2), [
    "2027-03-27T23:00:00.000Z",
    "2027-03-28T22:00:00.000Z",
  ]);
});

test("a day whose midnight the clock skips begins with its first minute", () => {
  // In Santiago the clock goes from 24:00 to 01:00.
  assert.deepEqual(stretch("day", "2026-09-06T12:00:00Z", "America/Santiago"), [
    "2026-09-06T04:00:00.000Z",
    "2026-09-07T03:00:00.000Z",
    23,
  ]);
  // Samoa had no 30 December 2011.
  assert.equal(stretch("day", "2011-12-31T05:00:00Z", "Pacific/Apia")[0], "2011-12-30T10:00:00.000Z");
});

test("a week begins on Monday, a month on its first day", () => {
  assert.deepEqual(stretch("week", "2027-03-28T21:59:59Z", "Europe/Berlin"), ["2027-03-21T23:00:00.000Z", "2027-03-28T22:00:00.000Z", 167]);
  assert.equal(stretch("week", "2027-03-28T22:00:00Z", "Europe/Berlin")[0], "2027-03-28T22:00:00.000Z");
  assert.deepEqual(stretch("month", "2028-02-28T23:30:00Z", "UTC"), ["2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z", 696]);
  assert.deepEqual(stretch("month", "2026-12-15T05:00:00Z", "Asia/Kathmandu").slice(0, 2), [
    "2026-11-30T18:15:00.000Z",
    "2026-12-31T18:15:00.000Z",
  ]);
});

test("every moment lies in its own stretch, and stretches leave no gap", () => {
  for (const zone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
    for (const period of ["day", "week", "month"] as const)
      for (let at = Date.parse("2026-12-31T00:00:00Z"); at < Date.parse("2028-01-02T00:00:00Z");) {
        const { startsAt, endsAt } = stretchAt(period, at, zone);
        assert.ok(startsAt <= at && at < endsAt);
        assert.equal(stretchAt(period, endsAt, zone).startsAt, endsAt);
        assert.equal(startsAt % 900_000, 0, "what is spent is counted in quarters of an hour");
        at = endsAt;
      }
});

test("unknown time zones are no time zones", () => {
  assert.deepEqual(["Europe/Berlin", "UTC", "Berlin", ""].map(isTimeZone), [true, true, false, false]);
});
