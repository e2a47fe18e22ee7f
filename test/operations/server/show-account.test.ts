import assert from "node:assert/strict";
import { test } from "node:test";
import { accountOf } from "../../../src/operations/server/show-account.ts";
import { setup } from "../../store/setup.ts";

const moment = Date.UTC(2026, 10, 22, 12);

test("the view of an account keeps what its windows reported until they reset", async (t) => {
  const { store } = setup(t);
  const windows = {
    five_hour: { utilization: 0.5, resetsAt: moment, status: "allowed" },
    seven_day: { utilization: 0.9, resetsAt: moment + 1000, status: "allowed_warning" },
    other: { utilization: null, resetsAt: null, status: "rejected" },
  };
  const overage = { enabled: true, inUse: false, disabledReason: null };
  await store.write(() => store.accounts.reported("a", { windows, overage }, moment - 5000));
  const view = (wall: number) =>
    accountOf(store, { settings: { overage: "forbid", reserve: { five_hour: 10 } }, paysPerUse: false }, "a", wall);
  const other = { utilization: null, resets_at: null, status: "rejected" };
  const sevenDay = { utilization: 0.9, resets_at: "2026-11-22T12:00:01.000Z", status: "allowed_warning" };
  const unknown = { utilization: null, resets_at: null, status: null };
  assert.deepEqual(view(moment - 1), {
    fingerprint: "a",
    reported_at: "2026-11-22T11:59:55.000Z",
    windows: { five_hour: { utilization: 0.5, resets_at: "2026-11-22T12:00:00.000Z", status: "allowed" }, seven_day: sevenDay, other },
    overage: { setting: "forbid", enabled: true, spent_usd: null, in_use: false, disabled_reason: null },
    reserve: { setting: { five_hour: 10 }, applies: true, looked_at: null, problem: null },
  });
  assert.deepEqual(view(moment).windows, { five_hour: unknown, seven_day: sevenDay, other });
});

test("nothing is made up for an account that has reported nothing", (t) => {
  assert.deepEqual(accountOf(setup(t).store, { settings: { overage: "allow", reserve: null }, paysPerUse: false }, "b", moment), {
    fingerprint: "b",
    reported_at: null,
    windows: {},
    overage: { setting: "allow", enabled: null, spent_usd: null, in_use: null, disabled_reason: null },
    reserve: { setting: null, applies: null, looked_at: null, problem: null },
  });
});

test("an account that pays for each request has no reserve", (t) => {
  const settings = { overage: "forbid", reserve: { five_hour: 10 } } as const;
  assert.equal(accountOf(setup(t).store, { settings, paysPerUse: true }, "b", moment).reserve.applies, false);
});
