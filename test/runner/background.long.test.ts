/** Work that outlives the turn, with the real Claude Code. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { factsFrom } from "../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../src/domain/attempt/decide-outcome.ts";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import type { SdkRecord } from "../../src/domain/events/record.ts";
import { startModel, step } from "../../testing/model.ts";
import type { Move, Script } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";

const shell = (command: string): Move => step.tool("Bash", { command, description: command, run_in_background: true });
const helper: Move = step.tool("Agent", {
  description: "helper",
  prompt: "help me",
  subagent_type: "general-purpose",
  run_in_background: true,
});
const spec = { allow: ["Bash", "Agent"] };

async function setup(t: TestContext, script: Script) {
  const place = scratch(t);
  const model = await startModel(t, script);
  const runner = (prewarm = false) => startRunner(t, { scratch: place, env: model.env(place.home), prewarm });
  return { place, model, runner };
}

function outcomeOf(records: readonly SdkRecord[]) {
  return decideOutcome(
    factsFrom(
      records.flatMap((record) => eventsFromRecord(record)),
      { stopRequested: null, rebooted: false },
    ),
  );
}

const saidResult = ({ type }: SdkRecord): boolean => type === "result";

for (const prewarm of [false, true]) {
  const heat = prewarm ? "warm" : "cold";
  test(`an answer to a background command's end is the result (${heat})`, async (t) => {
    const command = shell("until [ -e go ]; do sleep 0.05; done; touch done");
    const { place, model, runner } = await setup(t, { "do it": [command, step.text("waiting")] });
    const own = await runner(prewarm);
    if (prewarm) await own.parked();
    const attempt = own.start({ prompt: "do it", ...spec });
    await attempt.record("the first result", saidResult);
    model.play({ "do it": [command, step.text("all is done")] });
    place.file("work/go", "");
    const records = await attempt.ended();
    assert.ok(existsSync(`${place.work}/done`));
    assert.partialDeepStrictEqual(resultOf(records), { result: "all is done" });
    assert.deepEqual(outcomeOf(records), { kind: "succeeded", message: "Claude finished the task." });
  });
}

test("a sub-agent in the background is waited for, whatever the grace", async (t) => {
  const { model, runner } = await setup(t, {
    "help me": [step.text("helped", 3_000)],
    "do it": [helper, step.text("waiting")],
  });
  const attempt = (await runner()).start({ prompt: "do it", ...spec }, { backgroundGraceMs: 0 });
  await attempt.record("the first result", saidResult);
  const wait = await attempt.record("what it waits for", ({ subtype }) => subtype === "waiting_background");
  assert.partialDeepStrictEqual(wait, { commands: [], agents: ["helper"], until: null });
  model.play({ "help me": [step.text("helped")], "do it": [helper, step.text("the helper helped")] });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(resultOf(records), { result: "the helper helped" });
  assert.equal(outcomeOf(records).kind, "succeeded");
});

test("a command that a sub-agent left in the background is waited for", async (t) => {
  const check = async (prewarm: boolean): Promise<void> => {
    const command = shell("until [ -e go ]; do sleep 0.05; done; touch done");
    const { place, model, runner } = await setup(t, {
      "help me": [command, step.text("it runs")],
      "do it": [helper, step.text("waiting")],
    });
    const own = await runner(prewarm);
    if (prewarm) await own.parked();
    const attempt = own.start({ prompt: "do it", ...spec });
    const isLeft = ({ subtype, agents, commands }: SdkRecord): boolean =>
      subtype === "waiting_background" && (agents as string[]).length === 0 && (commands as string[]).length === 1;
    const left = await attempt.record("that the sub-agent has ended", isLeft);
    await attempt.record("the result of the turn that heard of it", ({ type, _n }) => type === "result" && _n > left._n);
    model.play({ "help me": [command, step.text("it is done")], "do it": [helper, step.text("all is done")] });
    // Claude Code stops such a command 5 s after its input has ended. Nothing tells that they are
    // over.
    await delay(6_000);
    place.file("work/go", "");
    const records = await attempt.ended();
    assert.ok(existsSync(`${place.work}/done`));
    assert.partialDeepStrictEqual(resultOf(records), { result: "all is done" });
    assert.deepEqual(outcomeOf(records), { kind: "succeeded", message: "Claude finished the task." });
  };
  await Promise.all([check(false), check(true)]);
});

test("a server that Claude leaves running holds the attempt for the grace only", async (t) => {
  const { runner } = await setup(t, { "do it": [shell("sleep 1000"), step.text("the server runs")] });
  const records = await (await runner()).start({ prompt: "do it", ...spec }, { backgroundGraceMs: 500 }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { result: "the server runs" });
  const [waits, ...more] = notesOf(records, "waiting_background");
  assert.partialDeepStrictEqual(waits, { commands: ["sleep 1000"], agents: [] });
  assert.deepEqual([more.length, Date.parse(String(waits?.["until"])) - Date.parse(waits?._at ?? "") <= 500], [0, true]);
  assert.partialDeepStrictEqual(notesOf(records, "cut_background"), [{ names: ["sleep 1000"] }]);
  assert.match(outcomeOf(records).message, /ended in the background: sleep 1000\.$/);
});

test("a stop while Claude waits for the background takes effect at once", async (t) => {
  const { runner } = await setup(t, { "do it": [shell("sleep 1000"), step.text("waiting")] });
  const own = await runner();
  const attempt = own.start({ prompt: "do it", ...spec });
  await attempt.record("the result", saidResult);
  own.connection.send({ type: "stop", reason: "cancelled", graceMs: 3_600_000 });
  const records = await attempt.ended();
  assert.equal(outcomeOf(records).kind, "cancelled");
});

test("background work that died with its runner is reported to the resuming Claude", async (t) => {
  const { model, runner } = await setup(t, {
    "was ended before you heard": [step.text("run again and finished")],
    "do it": [shell("sleep 1000"), step.text("waiting")],
  });
  const own = await runner();
  const first = own.start({ prompt: "do it", ...spec });
  await first.record("the result", saidResult);
  await own.killAll();
  await own.closed;
  assert.equal(outcomeOf(first.records()).kind, "crashed");
  const { sessionId } = first.start;
  const again = (await runner()).start({ prompt: "do it", ...spec }, { sessionId, resume: true });
  const records = await again.ended();
  assert.partialDeepStrictEqual(notesOf(records, "background_lost"), [{ names: ["sleep 1000"] }]);
  assert.partialDeepStrictEqual(resultOf(records), { result: "run again and finished" });
  assert.equal(outcomeOf(records).kind, "succeeded");
  assert.match(JSON.stringify(model.requests().at(-1)?.body.messages.at(-1)), /sleep 1000/);
});
