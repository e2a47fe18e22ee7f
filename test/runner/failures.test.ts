import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { factsFrom } from "../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../src/domain/attempt/decide-outcome.ts";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import type { SdkRecord } from "../../src/domain/events/record.ts";
import type { TaskSpec } from "../../src/domain/task/task.ts";
import { fault, startModel, step } from "../../testing/model.ts";
import type { Move } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";

interface Run {
  readonly records: SdkRecord[];
  /** The outcome as the server will decide it. */
  readonly outcome: ReturnType<typeof decideOutcome>;
  readonly modelCalls: number;
}

async function run(
  t: TestContext,
  moves: readonly Move[],
  options: {
    subscription?: boolean;
    env?: Record<string, string>;
    prewarm?: boolean;
    spec?: Partial<TaskSpec>;
    settings?: object;
  } = {},
): Promise<Run> {
  const place = scratch(t);
  if (options.settings !== undefined) place.file("work/.claude/settings.json", JSON.stringify(options.settings));
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
  return { records, outcome: decideOutcome(facts), modelCalls: model.requests().length };
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

test("a sign-in that is refused again and again is given up after three tries", async (t) => {
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

test("an answer of the API that breaks off is asked for again", async (t) => {
  const { records, outcome } = await run(t, [fault.cut(1), step.text("whole")]);
  assert.partialDeepStrictEqual(resultOf(records), { result: "whole" });
  assert.equal(outcome.kind, "succeeded");
});

test("Claude Code is not started in a working directory that is gone", async (t) => {
  const { records, outcome } = await run(t, [step.text("hello")], { spec: { workingDirectory: "/no/such/directory" } });
  assert.ok(!records.some(({ type }) => type === "system"));
  assert.deepEqual(outcome, {
    kind: "environment_failed",
    message: "The working directory /no/such/directory cannot be used any more (ENOENT).",
  });
});

for (const prewarm of [false, true]) {
  for (const [prompt, answer] of [
    ["/login page is broken, do it", /\/login isn't available/],
    ["/compact", /did not call the model/],
  ] as const) {
    test(`the prompt ${prompt} is answered without work (${prewarm ? "warm" : "cold"})`, async (t) => {
      const { outcome, modelCalls } = await run(t, [step.text("never asked")], { prewarm, spec: { prompt } });
      assert.equal(modelCalls, 0);
      assert.equal(outcome.kind, "no_work");
      assert.match(outcome.message, answer);
    });
  }
}

test("a prompt that a hook refused is no_work, in the words of the hook", async (t) => {
  const refuse = { hooks: [{ type: "command", command: "echo 'refused by policy' >&2; exit 2" }] };
  const { outcome, modelCalls } = await run(t, [step.text("never asked")], { settings: { hooks: { UserPromptSubmit: [refuse] } } });
  assert.equal(modelCalls, 0);
  assert.equal(outcome.kind, "no_work");
  assert.match(outcome.message, /refused by policy/);
});

test("a turn that a hook stopped is a failure with the words of the hook", async (t) => {
  const stop = { hooks: [{ type: "command", command: `echo '{"continue": false, "stopReason": "stopped by policy"}'` }] };
  const settings = { hooks: { PostToolUse: [{ matcher: "*", ...stop }] } };
  const { outcome } = await run(t, [step.bash("true"), step.text("went on")], { settings, spec: { allow: ["Bash"] } });
  assert.equal(outcome.kind, "agent_failed", JSON.stringify(outcome));
  assert.match(outcome.message, /hook stopped the turn/);
});

for (const prompt of ["/home/me/x is broken, do it", "/unknowncmd do it", "/login: do it"]) {
  test(`the prompt ${prompt} is not a command and reaches the model as it is`, async (t) => {
    const { outcome, records, modelCalls } = await run(t, [step.text("hello")], { spec: { prompt } });
    assert.equal(modelCalls, 1);
    assert.equal(outcome.kind, "succeeded");
    assert.partialDeepStrictEqual(resultOf(records), { result: "hello" });
  });
}

for (const [stop, limit] of [
  ["max_tokens", /output limit/],
  ["model_context_window_exceeded", /no longer fits into the model's context/],
] as const) {
  test(`an answer that ends with ${stop} fails the agent with what to do`, async (t) => {
    const { outcome } = await run(t, [step.cutText("half", stop)]);
    assert.equal(outcome.kind, "agent_failed");
    assert.match(outcome.message, limit);
  });
}

test("an answer that ends with an unknown stop reason fails the attempt and names it", async (t) => {
  const { outcome, modelCalls } = await run(t, [step.cutText("half", "quota_reached"), step.text("not asked for")]);
  assert.equal(modelCalls, 1);
  assert.equal(outcome.kind, "agent_failed", JSON.stringify(outcome));
  assert.match(outcome.message, /"quota_reached", which this Claude Worker does not know: half/);
});

test("a prompt that is too long for the model fails the agent with what to do", async (t) => {
  const { outcome } = await run(t, [fault.badRequest("prompt is too long: 250000 tokens > 200000 maximum")]);
  assert.partialDeepStrictEqual(outcome, { kind: "agent_failed", apiStatus: 400 });
  assert.match(outcome.message, /no longer fits into the model's context: .*split the task/s);
});
