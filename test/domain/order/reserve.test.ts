import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { AccountReport } from "../../../src/domain/order/account-report.ts";
import { reportInUsage } from "../../../src/domain/order/account-usage.ts";
import { reservedNow, reserveHolds } from "../../../src/domain/order/reserve.ts";
import type { ReserveSetting } from "../../../src/domain/order/reserve-setting.ts";

const now = Date.UTC(2026, 0, 1);
const hour = 3_600_000;

function reportOf(windows: Readonly<Record<string, number | null>>, resetsAt: number | null = now + hour): AccountReport {
  const named = Object.entries(windows).map(([name, utilization]) => [name, { utilization, resetsAt, status: "allowed" }] as const);
  return { windows: Object.fromEntries(named), overage: { enabled: null, inUse: null, disabledReason: null } };
}
const reserved = (report: AccountReport, setting: ReserveSetting, wall = now, isHeld = false) =>
  reservedNow({ report, reportedAt: now - hour }, setting, { wall, wasHeld: () => isHeld });
const levels = (...given: Parameters<typeof reserved>) => reserved(...given).map(({ window, level }) => `${window} ${level}`);

test("the soft share keeps new tasks from starting, the hard one stops running ones", () => {
  const setting = { five_hour: { soft: 20, hard: 5 } };
  const at = (used: number) => levels(reportOf({ five_hour: used }), setting);
  assert.deepEqual(
    [at(0.79), at(0.8), at(0.94), at(0.95), at(1)],
    [[], ["five_hour soft"], ["five_hour soft"], ["five_hour hard"], ["five_hour hard"]],
  );
});

test("a figure counts until its window's reset, however old it is", () => {
  const report = reportOf({ five_hour: 0.95 });
  assert.equal(reserved(report, { five_hour: 10 }, now + hour - 1)[0]?.until, now + hour);
  assert.deepEqual(levels(report, { five_hour: 10 }, now + hour), []);
});

test("a figure without a reset counts for the length of its window", () => {
  const report = reportOf({ five_hour: 0.95, seven_day: 0.95 }, null);
  const setting = { five_hour: 10, seven_day: 10 };
  assert.deepEqual(levels(report, setting, now + 4 * hour - 1), ["five_hour soft", "seven_day soft"]);
  assert.deepEqual(levels(report, setting, now + 4 * hour), ["seven_day soft"]);
});

test("a window that was held is free again only when two percent more are unused", () => {
  const at = (used: number, isHeld: boolean) => levels(reportOf({ five_hour: used }), { five_hour: 10 }, now, isHeld).length;
  assert.deepEqual([at(0.89, false), at(0.89, true), at(0.88, true), at(0.879, true)], [0, 1, 1, 0]);
});

test("unknown figures, unnamed windows and windows of other programs reserve nothing", () => {
  const report = reportOf({ five_hour: null, seven_day: 0.99, seven_day_oauth_apps: 0.99, odd: 0.99 });
  assert.deepEqual(levels(report, { five_hour: 10 }), []);
  assert.deepEqual(levels(reportOf({ seven_day_oauth_apps: 0.99 }), { seven_day: 10 }), []);
});

test("a used-up window reserves nothing where more use is paid for", () => {
  const report = reportOf({ five_hour: 1.02 });
  assert.deepEqual(levels({ ...report, overage: { ...report.overage, enabled: true } }, { five_hour: 10 }), []);
  assert.deepEqual(levels(report, { five_hour: 10 }), ["five_hour soft"]);
});

test("less is kept free from another hour on: the reserve ends then", () => {
  const noon = new Date(2026, 10, 23, 12).getTime();
  const evening = new Date(2026, 10, 23, 18).getTime();
  const report = reportOf({ seven_day: 0.8 }, noon + 100 * hour);
  const setting = { seven_day: [{ hours: "08:00-18:00", soft: 30 }, { soft: 5 }] };
  assert.equal(reserved(report, setting, noon)[0]?.until, evening);
  const all = { seven_day: [{ hours: "08:00-18:00", soft: 30 }, { soft: 25 }] };
  assert.equal(reserved(report, all, noon)[0]?.until, noon + 100 * hour);
});

test("a model's window holds that model only; the account has one hold", () => {
  const report = reportOf({ five_hour: 0.95, seven_day: 0.97, seven_day_opus: 0.9 });
  const found = reserved(report, { five_hour: 10, seven_day: { soft: 20, hard: 4 } });
  const holds = reserveHolds(found, { account: "a", reportedAt: now, now: now + 5, wall: now });
  assert.deepEqual(
    holds.map(({ kind, scope, until }) => [kind, scope, until]),
    [
      ["reserve_hard", "account:a", now + hour + 5],
      ["reserve", "account:a/model:opus", now + hour + 5],
    ],
  );
  assert.match(
    holds[0]?.message ?? "",
    /^The limit five_hour is 95 % used, and 10 % is kept free for you\. The limit seven_day is 97 % used, and 4 % is kept.* Reported 2026-01-01 00:00 UTC\. Nothing new starts, and running tasks wait\./,
  );
});

test("more use never reserves less, and a longer list of windows never frees one", () => {
  const share = fc.integer({ min: 0, max: 1000 }).map((permille) => permille / 1000);
  fc.assert(
    fc.property(share, share, fc.integer({ min: 1, max: 50 }), (one, other, soft) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      const count = (used: number) => levels(reportOf({ five_hour: used }), { five_hour: soft }).length;
      assert.ok(count(less) <= count(more));
      const both = levels(reportOf({ five_hour: one, seven_day: other }), { five_hour: soft, seven_day: soft });
      assert.equal(both.length, count(one) + levels(reportOf({ seven_day: other }), { seven_day: soft }).length);
    }),
  );
});

const usage = {
  rate_limits_available: true,
  rate_limits: {
    five_hour: { utilization: 42, resets_at: "2026-01-01T01:00:00Z" },
    seven_day: { utilization: null, resets_at: null },
    seven_day_opus: null,
    model_scoped: [{ display_name: "Fable 5", utilization: 90, resets_at: null }],
    extra_usage: { is_enabled: true, monthly_limit: 5000, used_credits: 1234, utilization: 24.7 },
  },
};

test("the usage call's percentages become shares, and what it does not name stays", () => {
  const report = reportInUsage(usage, reportOf({ five_hour: 0.95, seven_day: 0.5 }));
  assert.ok(typeof report === "object");
  assert.deepEqual(
    Object.entries(report.windows).map(([name, { utilization, resetsAt }]) => [name, utilization, resetsAt]),
    [
      ["five_hour", 0.42, now + hour],
      ["seven_day", 0.5, now + hour],
      ["seven_day_fable5", 0.9, null],
    ],
  );
  assert.equal(report.overage.enabled, true);
});

for (const [what, answer, problem] of [
  ["a sign-in without figures", { rate_limits_available: false, rate_limits: null }, /only while a task runs/],
  ["figures that could not be fetched", { rate_limits_available: true, rate_limits: null }, /gave no figures/],
  ["a Claude Code that does not start", { problem: "it could not be started" }, /could not be asked for the limits: it could not/],
  ["an agent without the call", null, /gave no figures/],
  ["another shape", { rate_limits: "many" }, /gave no figures/],
] as const) {
  test(`the usage call says why it has no figures: ${what}`, () => assert.match(String(reportInUsage(answer, null)), problem));
}
