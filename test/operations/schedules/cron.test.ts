/**
 * When cron expressions are due, over the changes of zones' clocks: compared minute by minute with
 * the rule of docs/decisions/0034.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedCron, cronTimes } from "../../../src/operations/schedules/cron.ts";
import { clockAt } from "../../../src/domain/schedules/given-moment.ts";
import { checkedZone, momentGiven } from "../../../src/operations/schedules/time-zone.ts";

const minuteMs = 60_000;
const now = Date.parse("2027-01-01T00:00:00Z");

/** Half a day before each change, and 36 hours to look at. */
const changes = [
  ["Europe/Berlin", "2027-03-27T12:00Z"],
  ["Europe/Berlin", "2027-10-30T12:00Z"],
  ["America/New_York", "2027-03-13T12:00Z"],
  ["America/New_York", "2027-11-06T12:00Z"],
  // Half an hour only.
  ["Australia/Lord_Howe", "2027-04-03T00:00Z"],
  ["Australia/Lord_Howe", "2027-10-02T00:00Z"],
  // At midnight.
  ["America/Santiago", "2027-04-03T12:00Z"],
  ["America/Santiago", "2027-09-04T12:00Z"],
] as const;
const spanMs = 36 * 60 * minuteMs;
const fixed = "30 2, 0 2, 15 2, 0 3, 15 1, 45 1, 0 0, 30 0, 59 23, 30 1;2;3, 0;15;30;45 2, 0 1-3, 15;45 1;2, 5 1-5".split(", ");
const wild = "0 *, */30 *, */7 *, */20 2, 0 */2, 10 */3".split(", ");
const expressions = [...fixed, ...wild].map((each) => `${each.replaceAll(";", ",")} * * *`);

test("croner keeps the rule of cron over every change of a clock", () => {
  for (const [zone, start] of changes) {
    const from = Date.parse(start);
    const minutes = Array.from({ length: spanMs / minuteMs }, (_, index) => from + (index + 1) * minuteMs).map((at) => ({
      at,
      shown: clockAt(at, zone),
    }));
    for (const expression of expressions) {
      const times = cronTimes(expression, zone);
      const found: number[] = [];
      for (let at = times.next(from); at !== null && at <= from + spanMs; at = times.next(at)) found.push(at);
      const expected = ruled(expression, minutes);
      assert.deepEqual(found.map(iso), expected.map(iso), `${expression} in ${zone}`);
      assert.deepEqual(
        times
          .before(from + spanMs + 1, found.length)
          .toReversed()
          .map(iso),
        expected.map(iso),
        `backwards: ${expression} in ${zone}`,
      );
    }
  }
});

/** What is due, by the words of the rule. @param minutes without a gap, oldest first. */
function ruled(expression: string, minutes: readonly { readonly at: number; readonly shown: number }[]): number[] {
  const [minute = "", hour = ""] = expression.split(" ");
  const inMinute = valuesOf(minute, 59);
  const inHour = valuesOf(hour, 23);
  const fits = (shown: number): boolean => inMinute.has(new Date(shown).getUTCMinutes()) && inHour.has(new Date(shown).getUTCHours());
  // With a wildcard it follows what the clock shows.
  if (expression.slice(0, minute.length + hour.length + 1).includes("*"))
    return minutes.filter(({ shown }) => fits(shown)).map(({ at }) => at);
  const due: number[] = [];
  let furthest = (minutes[0]?.shown ?? 0) - minuteMs;
  for (const { at, shown } of minutes) {
    // What the clock left out comes at the first moment after it; what it shows again does not.
    let isDue = false;
    for (let each = furthest + minuteMs; each <= shown; each += minuteMs) isDue ||= fits(each);
    if (isDue) due.push(at);
    furthest = Math.max(furthest, shown);
  }
  return due;
}

function valuesOf(field: string, last: number): Set<number> {
  const values = field.split(",").flatMap((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [from = "0", to = from] = range === "*" ? ["0", String(last)] : range.split("-");
    const count = Number(to) - Number(from) + 1;
    return Array.from({ length: count }, (_, index) => Number(from) + index).filter((value) => (value - Number(from)) % Number(step) === 0);
  });
  return new Set(values);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

test("an expression that cannot be read is refused with its field, and what it takes", () => {
  const refused: readonly [string, RegExp][] = [
    ["0 0 30 2 *", /^cron "0 0 30 2 \*" never fires: no year has such a day\.$/],
    ["0 25 * * *", /^cron has the hour "25", which cannot be read\. It takes 0-23, lists/],
    ["60 * * * *", /the minute "60"/],
    ["0 0 0 * *", /the day of the month "0"/],
    ["0 0 * 13 *", /the month "13".*1-12 or JAN-DEC/],
    ["0 0 * * fry", /the day of the week "fry"/],
    ["0 22-5 * * *", /the hour "22-5".*A range runs upwards: write the two halves with a comma\.$/],
    ["? 0 * * *", /the minute "\?"/],
    ["0 0 2 * * *", /has six fields, and there are no seconds here\. Leave the first one out: "0 2 \* \* \*"/],
    ["0 2", /has 2 fields, and needs five/],
    ["", /has 0 fields/],
    ["@reboot", /cannot be @reboot/],
    ["@every 6h", /stands in `every_ms`/],
    ["@dayly", /"@dayly" is not known\. Did you mean @daily\?$/],
    ["TZ=Europe/Berlin 0 2 * * *", /names a time zone, which stands apart/],
  ];
  for (const [expression, message] of refused)
    assert.throws(() => checkedCron(expression, "UTC", now), { code: "invalid_input", message }, expression);
  assert.equal(checkedCron("  0  2 * * MON-FRI ", "UTC", now), "0 2 * * MON-FRI");
  assert.equal(checkedCron("@Daily", "UTC", now), "@daily");
  assert.equal(iso(cronTimes("0 0 L * *", "UTC").next(now) ?? 0), "2027-01-31T00:00:00.000Z");
});

test("a zone is found whatever its case, and a mistyped one is guessed", () => {
  assert.equal(checkedZone("europe/berlin"), "Europe/Berlin");
  assert.equal(checkedZone("US/Pacific"), "US/Pacific");
  assert.throws(() => checkedZone("Europe/Berln"), {
    message: 'time_zone "Europe/Berln" is not a time zone that is known here. Did you mean Europe/Berlin?',
  });
  assert.throws(() => checkedZone("berlin"), /Did you mean Europe\/Berlin\?/);
  assert.throws(() => checkedZone("+02:00"), /Write a name like Europe\/Berlin or UTC\.$/);
});

test("a plain time is what the clock shows: the first of two, the first after a gap", () => {
  const given = (text: string, zone: string): string => iso(momentGiven(text, zone, now, "at"));
  assert.equal(given("2026-12-24 02:00", "Europe/Berlin"), "2026-12-24T01:00:00.000Z");
  assert.equal(given("2027-03-28 02:30", "Europe/Berlin"), "2027-03-28T01:00:00.000Z");
  assert.equal(given("2027-10-31 02:30", "Europe/Berlin"), "2027-10-31T00:30:00.000Z");
  assert.equal(given("2027-10-03T02:10", "Australia/Lord_Howe"), "2027-10-02T15:30:00.000Z");
  assert.equal(given("2027-04-04 01:45", "Australia/Lord_Howe"), "2027-04-03T14:45:00.000Z");
  assert.equal(given("2027-11-07 01:30", "America/New_York"), "2027-11-07T05:30:00.000Z");
  assert.equal(given("2027-06-01T08:00:00+02:00", "UTC"), "2027-06-01T06:00:00.000Z");
  assert.equal(given("2027-06-01", "Europe/Berlin"), "2027-05-31T22:00:00.000Z");
  assert.equal(given("02:00", "Europe/Berlin"), "2027-01-01T01:00:00.000Z");
  assert.equal(given("00:30", "Europe/Berlin"), "2027-01-01T23:30:00.000Z");
  for (const wrong of ["2027-02-30 02:00", "tomorrow", "25:00", "2027-13-01", ""])
    assert.throws(() => given(wrong, "UTC"), { code: "invalid_input", message: /^at must be a time like/ }, wrong);
});
