import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { factsFrom } from "../../src/domain/attempt-facts.ts";
import { decideOutcome } from "../../src/domain/decide-outcome.ts";
import { eventsFromRecord } from "../../src/domain/events-from-record.ts";
import type { SdkRecord } from "../../src/domain/record.ts";
import type { TaskSpec } from "../../src/domain/task.ts";
import { fault, startModel, step } from "../support/model.ts";
import type { Move } from "../support/model.ts";
import { notesOf, resultOf, startRunner } from "../support/runner.ts";
import { scratch } from "../support/scratch.ts";

interface Run {
  readonly records: SdkRecord[];
  /** The outcome as the daemon will decide it. */
  readonly outcome: ReturnType<typeof decideOutcome>;
}

async function run(
  t: TestContext,
  moves: readonly Move[],
  options: { subscription?: boolean; env?: Record<string, string>; prewarm?: boolean; spec?: Partial<TaskSpec> } = {},
): Promise<Run> {
  const place = scratch(t);
  const model = await startModel(t, { "do it": moves });
  const env = options.subscription ? model.subscriptionEnv(place.home) : model.env(place.home);
  const runner = await startRunner(t, { scratch: place, env: { ...env, ...options.env }, prewarm: options.prewarm ?? false });
  if (options.prewarm) await runner.parked();
  const records = await runner.start({ prompt: "do it", ...options.spec }).ended();
  assert.equal(records.at(-1)?.["subtype"], "ended");
  const facts = factsFrom(
    records.flatMap((record) => eventsFromRecord(record)),
    { stopRequested: null, rebooted: false },
  );
  return { records, outcome: decideOutcome(facts) };
}

for (const prewarm of [false, true]) {
  const how = prewarm ? "warm" : "cold";

  test(`a refused key is a failed sign-in (${how})`, async (t) => {
    const { records, outcome } = await run(t, [fault.unauthorized()], { prewarm });
    assert.partialDeepStrictEqual(resultOf(records), { is_error: true, terminal_reason: "api_error", api_error_status: 401 });
    assert.equal(outcome.kind, "auth_failed");
  });

  test(`a subscription's usage limit comes with its reset (${how})`, async (t) => {
    const resetsAt = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
    const { records, outcome } = await run(t, [fault.usageLimit(resetsAt)], { prewarm, subscription: true });
    assert.ok(records.some((record) => record.type === "rate_limit_event"));
    assert.partialDeepStrictEqual(outcome, { kind: "rate_limited", limit: "five_hour", resetsAt });
  });
}

test("a sign-in that is refused again and again is given up after three tries, not after ten", async (t) => {
  const { records, outcome } = await run(t, [fault.unauthorized()], { env: { CLAUDE_CODE_MAX_RETRIES: "10" } });
  assert.equal(records.filter((record) => record["subtype"] === "api_retry").length, 3);
  assert.partialDeepStrictEqual(notesOf(records, "gave_up"), [{ error: "authentication_failed" }]);
  assert.equal(outcome.kind, "auth_failed");
  assert.match(outcome.message, /refused the sign-in/);
});

test("too many requests with a key are a rate limit", async (t) => {
  const { records, outcome } = await run(t, [fault.rateLimited()]);
  assert.ok(!records.some((record) => record.type === "rate_limit_event"));
  assert.partialDeepStrictEqual(outcome, { kind: "rate_limited", apiStatus: 429 });
});

test("a model that does not exist is named", async (t) => {
  const { outcome } = await run(t, [fault.unknownModel("no-such-model")], { spec: { model: "no-such-model" } });
  assert.equal(outcome.kind, "agent_failed");
  assert.match(outcome.message, /no-such-model/);
});

test("a model that does not exist is named by a parked Claude Code too", async (t) => {
  const { outcome } = await run(t, [fault.unknownModel("no-such-model")], { spec: { model: "no-such-model" }, prewarm: true });
  assert.equal(outcome.kind, "agent_failed");
  assert.match(outcome.message, /no-such-model/);
});

for (const [what, broken] of [
  ["an overloaded API", fault.overloaded()],
  ["a failing API", fault.serverError()],
  ["a connection that breaks", fault.disconnect()],
] as const) {
  test(`${what} is tried again by Claude Code and then reported`, async (t) => {
    const { records, outcome } = await run(t, [broken]);
    assert.ok(records.some((record) => record["subtype"] === "api_retry"));
    assert.equal(outcome.kind, "overloaded", JSON.stringify(outcome));
  });
}

test("an answer that breaks off is asked for again", async (t) => {
  const { records, outcome } = await run(t, [fault.cut(1), step.text("whole")]);
  assert.partialDeepStrictEqual(resultOf(records), { result: "whole" });
  assert.equal(outcome.kind, "succeeded");
});

test("a working directory that is not there any more is said in a sentence, and Claude Code is not started", async (t) => {
  const { records, outcome } = await run(t, [step.text("hello")], { spec: { workingDirectory: "/no/such/directory" } });
  assert.ok(!records.some(({ type }) => type === "system"));
  assert.deepEqual(outcome, {
    kind: "agent_failed",
    message: "The working directory /no/such/directory cannot be used any more (ENOENT).",
  });
});
