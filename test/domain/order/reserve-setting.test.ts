import assert from "node:assert/strict";
import { test } from "node:test";
import { nextShareAt, reserveProblem, shareAt } from "../../../src/domain/order/reserve-setting.ts";
import type { ReserveSetting } from "../../../src/domain/order/reserve-setting.ts";

/** Local time: the setting speaks of the clock on the wall. */
const at = (day: number, hours: number, minutes = 0): number => new Date(2026, 10, day, hours, minutes).getTime();
// 2026-11-23 is a Monday.
const [monday, tuesday, saturday] = [23, 24, 28];

for (const [value, problem] of [
  [{ five_hour: 20, seven_day: { soft: 25, hard: 10 } }, null],
  [{ seven_day_opus: [{ days: "mon-fri", hours: "08:00-18:00", soft: 30 }, { soft: 5 }] }, null],
  [{}, null],
  ["20", /must be an object/],
  [[20], /must be an object/],
  [{ five_hours: 20 }, /names the window "five_hours".*Did you mean "five_hour"\?/],
  [{ five_hour: 120 }, /percentages from 0 to 100 in five_hour, not 120/],
  [{ five_hour: "20" }, /percentages from 0 to 100 in five_hour, not "20"/],
  [{ five_hour: {} }, /neither soft nor hard in five_hour/],
  [{ five_hour: { sofft: 3 } }, /unknown key "sofft" in five_hour\. Did you mean "soft"\?/],
  [{ five_hour: { soft: 5, hard: 10 } }, /more free by hard \(10\) than by soft \(5\)/],
  [{ five_hour: { soft: 5, days: "mon" } }, /unknown key "days"/],
  [{ five_hour: [{ soft: 5, days: "monday" }] }, /days like mon-fri or sat,sun in five_hour, not "monday"/],
  [{ five_hour: [{ soft: 5, hours: "8-18" }] }, /hours like 08:00-18:00/],
  [{ five_hour: [7] }, /objects like/],
] as const) {
  test(`the reserve ${JSON.stringify(value)} is ${problem === null ? "taken" : "refused in words"}`.slice(0, 80), () => {
    const found = reserveProblem(value);
    if (problem === null) assert.equal(found, null);
    else assert.match(found ?? "", problem);
  });
}

test("the first entry whose day and hours fit counts", () => {
  const setting: ReserveSetting = { five_hour: [{ days: "mon-fri", hours: "08:00-18:00", soft: 30, hard: 5 }, { soft: 4 }] };
  const share = (moment: number) => shareAt(setting, "five_hour", moment).soft;
  assert.deepEqual([share(at(monday, 8)), share(at(monday, 17, 59)), share(at(monday, 18)), share(at(saturday, 12))], [30, 30, 4, 4]);
  assert.equal(nextShareAt(setting, "five_hour", at(monday, 7)), at(monday, 8));
  assert.equal(nextShareAt(setting, "five_hour", at(monday, 8)), at(monday, 18));
  assert.deepEqual(shareAt(setting, "seven_day", at(monday, 8)), {});
});

test("hours over midnight belong to the day that they begin on", () => {
  const setting: ReserveSetting = { five_hour: [{ days: "mon", hours: "22:00-07:00", soft: 30 }] };
  const share = (moment: number) => shareAt(setting, "five_hour", moment).soft ?? 0;
  assert.deepEqual([share(at(monday, 6)), share(at(monday, 22)), share(at(tuesday, 6)), share(at(tuesday, 22))], [0, 30, 30, 0]);
});

test("a model's own window has the share of the whole one, or its own", () => {
  assert.deepEqual(shareAt({ seven_day: 20 }, "seven_day_opus", 0), { soft: 20 });
  assert.deepEqual(shareAt({ seven_day: 20, seven_day_opus: 5 }, "seven_day_opus", 0), { soft: 5 });
});
