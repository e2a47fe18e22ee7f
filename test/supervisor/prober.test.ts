import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import type { Outcome } from "../../src/domain/attempt/outcome.ts";
import { refusalHold } from "../../src/domain/order/probe.ts";
import type { Probe } from "../../src/domain/order/probe.ts";
import { Prober } from "../../src/supervisor/prober.ts";
import { setup as storeSetup } from "../store/setup.ts";

const works: Outcome = { kind: "succeeded", message: "" };
const refused: Outcome = { kind: "auth_failed", message: "Invalid API key.", apiStatus: 401 };
const wish: Probe = {
  refusal: "auth_failed account:a",
  kind: "auth_failed",
  scope: "account:a",
  model: "opus",
  message: "Invalid API key.",
  at: 1_000,
  tries: 0,
};

/**
 * A prober whose clock and timers stand until the test moves them; `answers` are what the account
 * says, the last one for good.
 */
function setup(t: TestContext, answers: Outcome[], beforeAnswer: () => Promise<unknown> = () => Promise.resolve()) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = storeSetup(t);
  const { store } = base;
  const clock = { at: 1_000 };
  const probed: [at: number, model: string | null][] = [];
  let signedIn = 0;
  const prober = new Prober({
    store,
    log: pino({ level: "silent" }),
    now: () => clock.at,
    account: () => "a",
    probe: async (model) => {
      probed.push([clock.at, model]);
      await beforeAnswer();
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? works;
    },
    onSignedIn: () => (signedIn += 1),
  });
  t.after(() => prober.stop());
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left >= 0; left -= 1_000) {
      clock.at += Math.min(left, 1_000);
      t.mock.timers.tick(Math.min(left, 1_000));
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (left === 0) return;
    }
  };
  return { ...base, clock, prober, probed, pass, signedIn: () => signedIn };
}

test("a probe that is refused holds the account, and the tasks' own counts begin anew", async (t) => {
  const { store, submit, prober, probed, pass } = setup(t, [refused]);
  const { id } = await submit();
  const patch = { refusals: 2, refusal: wish.refusal, refusedAt: 900, notBefore: 90_000, notBeforeReason: "refused" };
  await store.write(() => {
    store.tasks.patch(id, 900, patch);
    store.probes.ask(wish);
  });
  await prober.start();
  await pass(0);
  assert.deepEqual(probed, [[1_000, "opus"]]);
  assert.deepEqual(store.holds.active(), [{ ...refusalHold(wish), since: 1_000 }]);
  const { refusals, refusal, notBefore } = store.tasks.get(id) ?? {};
  assert.deepEqual([refusals, refusal, notBefore], [0, null, null]);
  await pass(59_000);
  assert.equal(probed.length, 1);
  await pass(2_000);
  assert.equal(probed.length, 2, "again after a minute");
});

test("a probe that works lifts the hold, also after a restart", async (t) => {
  const { store, submit, prober, probed, pass, signedIn } = setup(t, [works]);
  await submit();
  await store.write(() => {
    store.holds.put(refusalHold(wish), 900);
    store.probes.ask({ ...wish, at: 5_000, tries: 3 });
  });
  await prober.start();
  await pass(3_000);
  assert.equal(probed.length, 0, "not before it is due");
  await prober.stop();
  await prober.start();
  await pass(2_000);
  assert.deepEqual([store.holds.active(), store.probes.list(), signedIn()], [[], [], 1]);
  assert.equal(store.accounts.get("a")?.workedAt, 5_000);
});

test("nothing is probed while no task waits, nor for another account", async (t) => {
  const { store, submit, prober, probed, pass } = setup(t, [works]);
  await store.write(() => store.probes.ask(wish));
  await prober.start();
  await pass(600_000);
  assert.equal(probed.length, 0);
  await submit();
  await pass(0);
  assert.equal(probed.length, 1, "the first task that waits has it probed");
  await store.write(() => store.probes.ask({ ...wish, scope: "account:b" }));
  await pass(600_000);
  assert.equal(probed.length, 1);
});

test("a person's resume takes back the probe under way: its answer changes nothing", async (t) => {
  const { store, submit, prober, probed, pass } = setup(t, [refused], () => store.write(() => store.probes.removeAll()));
  await submit();
  await store.write(() => store.probes.ask(wish));
  await prober.start();
  await pass(0);
  assert.equal(probed.length, 1);
  assert.deepEqual([store.holds.active(), store.probes.list()], [[], []]);
});
