import assert from "node:assert/strict";
import { test } from "node:test";
import { reportIn } from "../../../src/domain/order/account-report.ts";
import type { AccountReport } from "../../../src/domain/order/account-report.ts";
import { overageHold, overageLimits } from "../../../src/domain/task/overage.ts";

const now = Date.UTC(2026, 0, 1);
const reset = now + 3_600_000;
const stamp = { _n: 1, _attempt: 1, _at: new Date(now).toISOString() };

/** As Claude Code 2.1.330 says it. */
function reported(info: object, before: AccountReport | null = null): AccountReport {
  const report = reportIn({ type: "rate_limit_event", rate_limit_info: info, ...stamp }, before);
  assert.ok(report);
  return report;
}
const windows = (fiveHour: number, sevenDay: number) => ({
  five_hour: { utilization: fiveHour, resetsAt: reset / 1000, status: "allowed" },
  seven_day: { utilization: sevenDay, resetsAt: reset / 1000 },
});
const holdsOf = (info: object) => overageLimits(reported(info), "a", { now: now + 5, wall: now }).map((limit) => overageHold(limit, null));

test("every window of an account is kept, and what is not reported is unknown", () => {
  const info = { status: "allowed", resetsAt: reset / 1000, rateLimitType: "five_hour", unifiedWindows: windows(0.42, 0.5) };
  assert.deepEqual(reported(info), {
    windows: {
      five_hour: { utilization: 0.42, resetsAt: reset, status: "allowed" },
      seven_day: { utilization: 0.5, resetsAt: reset, status: null },
    },
    overage: { enabled: null, inUse: null, disabledReason: null },
  });
  const later = reported({ status: "rejected", rateLimitType: "seven_day_opus", isUsingOverage: false }, reported(info));
  assert.deepEqual(later.windows["seven_day_opus"], { utilization: null, resetsAt: null, status: "rejected" });
  assert.equal(later.windows["five_hour"]?.utilization, 0.42, "what was known stays");
  assert.equal(reportIn({ type: "assistant", ...stamp }, null), null);
});

test("overage is enabled, disabled with its reason, or unknown", () => {
  const overage = (info: object) => reported({ status: "allowed", ...info }).overage;
  assert.deepEqual(overage({ overageStatus: "allowed", isUsingOverage: false }), { enabled: true, inUse: false, disabledReason: null });
  const disabled = overage({ overageStatus: "rejected", overageDisabledReason: "org_level_disabled" });
  assert.deepEqual(disabled, { enabled: false, inUse: null, disabledReason: "org_level_disabled" });
  for (const flag of ["isUsingOverage", "overageInUse"]) assert.equal(overage({ isUsingOverage: false, [flag]: true }).inUse, true);
});

const enabled = { status: "allowed", overageStatus: "allowed", isUsingOverage: false };

test("a window at 99 % holds until its reset only where overage is enabled", () => {
  assert.deepEqual(holdsOf({ ...enabled, unifiedWindows: windows(0.98, 0.5) }), []);
  const [hold, none] = holdsOf({ ...enabled, unifiedWindows: windows(0.2, 0.991) });
  assert.deepEqual([hold?.kind, hold?.scope, hold?.until, none], ["overage", "account:a", reset + 5, undefined]);
  assert.match(hold?.message ?? "", /seven_day is 99 % used.*config set overage allow/);
  for (const other of [{ overageStatus: "rejected" }, { overageStatus: undefined }])
    assert.deepEqual(holdsOf({ ...enabled, ...other, unifiedWindows: windows(0.2, 1) }), []);
  const old = { five_hour: { utilization: 1, resetsAt: now / 1000 } };
  assert.deepEqual(holdsOf({ ...enabled, unifiedWindows: old }), [], "the window was reset since");
});

test("a model's full window holds that model, and overage in use holds everything", () => {
  const opus = holdsOf({ ...enabled, unifiedWindows: { seven_day_opus: { utilization: 1, resetsAt: reset / 1000 } } });
  assert.deepEqual(
    opus.map(({ scope }) => scope),
    ["account:a/model:opus,default"],
  );
  const [used] = holdsOf({ status: "allowed", isUsingOverage: true, unifiedWindows: windows(1.02, 0.5) });
  assert.deepEqual([used?.scope, used?.until], ["account:a", reset + 5]);
  const [unknown] = holdsOf({ status: "allowed", overageInUse: true });
  assert.equal(unknown?.until, null, "no reset is known: a person lifts it");
});
