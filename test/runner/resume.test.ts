import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, truncateSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { StartMessage } from "../../src/attempt-protocol/protocol.ts";
import type { SdkRecord } from "../../src/domain/events/record.ts";
import { fault, startModel, step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import type { TestAttempt, TestRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";

async function setup(t: TestContext, script: Script) {
  const place = scratch(t);
  const model = await startModel(t, script);
  const runner = (prewarm = false): Promise<TestRunner> => startRunner(t, { scratch: place, env: model.env(place.home), prewarm });
  const transcript = (sessionId: string): string => {
    const projects = path.join(place.home, ".claude", "projects");
    const files = existsSync(projects) ? readdirSync(projects).map((name) => path.join(projects, name, `${sessionId}.jsonl`)) : [];
    return files.find((file) => existsSync(file)) ?? "";
  };
  return {
    place,
    model,
    runner,
    transcript,
    /** What the steps wrote, as words. */
    done: () => {
      const file = path.join(place.work, "log");
      return existsSync(file) ? readFileSync(file, "utf8").trim().split(/\s+/) : [];
    },
    /**
     * Starts a task, kills everything as soon as a record fits, and resumes its session in a new
     * runner.
     */
    cut: async (prompt: string, fits: (record: SdkRecord) => boolean, { prewarm = false } = {}) => {
      const first = await runner(prewarm);
      if (prewarm) await first.parked();
      const attempt = first.start({ prompt, allow: ["Bash"] });
      await attempt.record("the moment to kill", fits);
      await first.killAll();
      await first.closed;
      place.file("work/killed", "");
      const sessionId = String(attempt.records().findLast((record) => typeof record["sessionId"] === "string")?.["sessionId"]);
      const resume = async (more: Pick<StartMessage, "messages"> = {}): Promise<{ records: SdkRecord[]; attempt: TestAttempt }> => {
        const next = await runner();
        const again = next.start({ prompt, allow: ["Bash"] }, { sessionId, resume: true, ...more });
        return { records: await again.ended(), attempt: again };
      };
      return { sessionId, first: attempt, resume };
    },
  };
}

/** A message that continues a conversation. */
const andNow = { key: "00000000-0000-4000-8000-000000000001", text: "and now?", continues: true, delivery: "next" } as const;

const calls = (command: string) => (record: SdkRecord) =>
  record.type === "assistant" && JSON.stringify(record["message"]).includes(command);

/** A step that cannot end before the kill. */
const untilKilled = "until [ -e killed ]; do sleep 0.05; done";

/**
 * As if Claude Code had written nothing since the prompt, and had been torn in the middle of a
 * line.
 */
function forget(transcript: string): void {
  const lines = readFileSync(transcript, "utf8").split("\n");
  const first = lines.findIndex((line) => line.includes('"type":"assistant"'));
  if (first !== -1) truncateSync(transcript, Buffer.byteLength(`${lines.slice(0, first).join("\n")}\n${lines[first]?.slice(0, 40)}`));
}

const fiveSteps = (script: string): Script => ({
  [script]: [
    step.bash("echo one >> log"),
    step.bash("echo two >> log"),
    step.bash(`${untilKilled}; echo three >> log`),
    step.bash("echo four >> log"),
    step.text("all done"),
  ],
});

for (const prewarm of [false, true]) {
  const heat = prewarm ? "warm" : "cold";
  test(`a task killed in its third step repeats no finished step (${heat})`, async (t) => {
    const { cut, done } = await setup(t, fiveSteps("five steps"));
    const { resume, sessionId } = await cut("five steps", calls("echo three"), { prewarm });
    const { records } = await resume();
    assert.deepEqual(done(), ["one", "two", "three", "four"]);
    assert.partialDeepStrictEqual(records[0], { subtype: "started", resume: true, sessionId });
    assert.partialDeepStrictEqual(resultOf(records), {
      subtype: "success",
      result: "all done",
      session_id: sessionId,
      resume_reason: "runner_died",
    });
  });
}

test("steps that Claude Code had not written down yet are put back into its session", async (t) => {
  // The third step comes some 30 ms after the second: Claude Code writes up to 100 ms late.
  const { cut, done } = await setup(t, fiveSteps("five steps"));
  const { resume } = await cut("five steps", calls("echo three"));
  const { records } = await resume();
  assert.deepEqual(done(), ["one", "two", "three", "four"]);
  const [repaired] = notesOf(records, "session_repaired");
  assert.ok(repaired === undefined || Number(repaired["messages"]) > 0);
});

test("several steps that the session lacks are put back at once", async (t) => {
  const { cut, done, transcript } = await setup(t, fiveSteps("five steps"));
  const { resume, sessionId } = await cut("five steps", calls("echo three"));
  forget(transcript(sessionId));
  const { records } = await resume();
  assert.deepEqual(done(), ["one", "two", "three", "four"]);
  assert.partialDeepStrictEqual(notesOf(records, "session_repaired"), [{ messages: 4 }]);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "all done" });
});

test("parallel calls are put back into the session with their own results", async (t) => {
  const { cut, done, transcript } = await setup(t, {
    "side by side": [
      step.tools([
        { tool: "Bash", input: { command: "echo a >> log", description: "a" } },
        { tool: "Bash", input: { command: "echo b >> log", description: "b" } },
      ]),
      step.bash(`${untilKilled}; echo c >> log`),
      step.text("all done"),
    ],
  });
  const { resume, sessionId } = await cut("side by side", calls("echo c"));
  forget(transcript(sessionId));
  const { records } = await resume();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "all done" });
  assert.deepEqual(done().toSorted(), ["a", "b", "c"]);
});

test("a task that was killed while the model thought asks the model again", async (t) => {
  const { cut, model } = await setup(t, { "think long": [step.text("thought", 3_000)] });
  const { resume } = await cut("think long", () => model.requests().length === 1);
  const { records } = await resume();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "thought" });
  assert.equal(model.requests().filter((request) => request.key === "think long").length, 2);
});

test("a task killed before Claude Code wrote anything starts anew in its session id", async (t) => {
  const { runner } = await setup(t, { "say hi": [step.text("hello")] });
  const sessionId = crypto.randomUUID();
  const attempt = (await runner()).start({ prompt: "say hi" }, { sessionId, resume: true });
  const records = await attempt.ended();
  assert.equal(notesOf(records, "session_restarted").length, 1);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello", session_id: sessionId });
});

test("a session without a conversation starts anew under the same session id", async (t) => {
  const { cut, transcript } = await setup(t, { "say hi": [step.text("hello")] });
  const { resume, sessionId } = await cut("say hi", (record) => record["subtype"] === "init");
  const file = transcript(sessionId);
  const [first] = readFileSync(file, "utf8").split("\n");
  truncateSync(file, Buffer.byteLength(`${first}\n`));
  const { records } = await resume();
  assert.equal(notesOf(records, "session_restarted").length, 1);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello", session_id: sessionId });
});

test("a turn that had finished before the kill is read from the session", async (t) => {
  const { cut, model } = await setup(t, { "two steps": [step.bash("echo one >> log"), step.text("both done")] });
  const { resume } = await cut("two steps", (record) => record.type === "result");
  const asked = model.requests().length;
  const { records } = await resume();
  assert.partialDeepStrictEqual(resultOf(records), {
    subtype: "success",
    is_error: false,
    result: "both done",
    num_turns: 2,
    _recovered: true,
  });
  assert.equal(model.requests().length, asked);
});

test("a text before a tool call is not a finished turn", async (t) => {
  const { cut, done } = await setup(t, {
    "talk first": [
      {
        kind: "tools",
        text: "I begin now.",
        tools: [{ tool: "Bash", input: { command: `${untilKilled}; echo one >> log`, description: "one" } }],
      },
      step.text("all done"),
    ],
  });
  const { resume } = await cut("talk first", (record) => record.type === "assistant");
  const { records } = await resume();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "all done" });
  assert.deepEqual(done(), ["one"]);
});

test("a turn that a usage limit ended continues after the limit", async (t) => {
  const place = scratch(t);
  const limited = [
    step.bash("echo one >> log"),
    fault.usageLimit(Date.now() + 3_600_000),
    step.bash("echo two >> log"),
    step.text("all done"),
  ];
  const model = await startModel(t, { "long work": limited });
  const first = await startRunner(t, { scratch: place, env: model.subscriptionEnv(place.home) });
  const attempt = first.start({ prompt: "long work", allow: ["Bash"] });
  assert.partialDeepStrictEqual(resultOf(await attempt.ended()), { is_error: true });
  model.play({ "long work": limited.filter((move) => move.kind !== "fault") });
  const next = await startRunner(t, { scratch: place, env: model.subscriptionEnv(place.home) });
  const records = await next.start({ prompt: "long work", allow: ["Bash"] }, { sessionId: attempt.start.sessionId, resume: true }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", is_error: false, result: "all done" });
  assert.equal(readFileSync(path.join(place.work, "log"), "utf8"), "one\ntwo\n");
});

test("a turn that was interrupted continues when it is resumed", async (t) => {
  const { runner } = await setup(t, { "think long": [step.text("first", 600_000)], "Continue from where": [step.text("went on")] });
  const first = await runner();
  const attempt = first.start({ prompt: "think long" });
  await attempt.record("init", (record) => record["subtype"] === "init");
  first.connection.send({ type: "stop", reason: "timed_out", graceMs: 20_000 });
  await attempt.ended();
  const records = await (await runner()).start({ prompt: "think long" }, { sessionId: attempt.start.sessionId, resume: true }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "went on" });
});

test("a follow-up is a new turn of the same conversation", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello")], "and now": [step.text("followed")] });
  const attempt = (await runner()).start({ prompt: "say hi" });
  await attempt.ended();
  const records = await (
    await runner()
  )
    .start({ prompt: "say hi" }, { sessionId: attempt.start.sessionId, resume: true, messages: [andNow] })
    .ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "followed", session_id: attempt.start.sessionId });
  assert.match(JSON.stringify(model.requests().at(-1)?.body.messages), /say hi.*hello.*and now/);
});

test("a follow-up on a session that is gone begins with the task itself", async (t) => {
  const { cut, transcript, model } = await setup(t, { "and now": [step.text("followed")], "say hi": [step.text("hello")] });
  const { resume, sessionId } = await cut("say hi", (record) => record.type === "result");
  rmSync(transcript(sessionId));
  const { records } = await resume({ messages: [andNow] });
  assert.equal(notesOf(records, "session_restarted").length, 1);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "followed" });
  assert.match(JSON.stringify(model.requests().at(-1)?.body.messages), /say hi.*and now/);
});

test("a structured answer that the session has is the result, without a model call", async (t) => {
  const c = await setup(t, { "count them": [step.tool("StructuredOutput", { n: 4 })] });
  const spec = { prompt: "count them", jsonSchema: { type: "object", properties: { n: { type: "number" } } } };
  const first = (await c.runner()).start(spec);
  assert.partialDeepStrictEqual(resultOf(await first.ended()), { structured_output: { n: 4 } });
  const again = (await c.runner()).start(spec, { sessionId: first.start.sessionId, resume: true });
  assert.partialDeepStrictEqual(resultOf(await again.ended()), { _recovered: true, structured_output: { n: 4 } });
  assert.equal(c.model.requests().length, 1);
});
