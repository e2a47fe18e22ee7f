/** Several calls of one message that ask: each answer reaches Claude once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../../src/domain/questions/question.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killEverything, noneLeft, traps } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";
import type { AskingWorker } from "./setup.ts";

const parkAtOnce = { CLAUDE_WORKER_PARK_AFTER_MS: "0", CLAUDE_WORKER_WARM: "0" };
const ask = (text: string, multiSelect = false) => ({ tool: "AskUserQuestion", input: oneQuestion(text, multiSelect) });

/** What Claude read as the results of the calls of its last message, in their order. */
function resultsRead(w: AskingWorker): string[] {
  const messages = w.model.requests().at(-1)?.body.messages ?? [];
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  return blocks.flatMap(({ type, content }) => (type === "tool_result" ? [textOf(content)] : []));
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

async function parked(w: AskingWorker, id: number): Promise<void> {
  await until("the runner to leave", async () => (await w.client.listAttempts({ id })).attempts.at(-1)?.ended_at != null);
  await noneLeft(w);
}

test("two answered questions of one message reach Claude once each, over kills", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const { trap, felled } = traps(w);
  w.model.play({ "choose both": [step.tools([ask("Which colour?"), ask("Which size?")]), step.text("Chosen.")] });
  await w.start();
  const { id } = await w.submit("choose both");
  const [colour, size] = await w.asked(id, 2);
  await parked(w, id);
  await killEverything(w);
  await w.start();
  await w.client.answerQuestion({ id: colour?.id ?? 0, option: "Blue" });
  trap("session.repaired");
  trap("session.deferred");
  await w.client.answerQuestion({ id: size?.id ?? 0, option: "Red" });
  await felled("session.repaired");
  await felled("session.deferred");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "Chosen."], JSON.stringify([task.error, task.questions]));
  assert.deepEqual(
    task.questions.map(({ status }) => status),
    ["applied", "applied"],
  );
  const results = resultsRead(w);
  assert.equal(results.length, 2, JSON.stringify(results));
  assert.match(results[0] ?? "", /"Which colour\?"="Blue"/);
  assert.match(results[1] ?? "", /"Which size\?"="Red"/);
  assert.equal(w.model.requests().length, 2, "Claude had to make no call again");
});

const given: [what: string, multiSelect: boolean, answer: Answer | { option: string }][] = [
  ["one", false, { option: "Blue" }],
  ["several", true, { decision: "allow", answers: { "Which is several?": ["Red", "Blue"] } }],
  ["own", false, { decision: "allow", answers: { "Which is own?": "A dark green" } }],
  ["both", true, { decision: "allow", answers: { "Which is both?": ["Red", "a dark green"] } }],
  ["words", false, { decision: "allow", message: "None of these." }],
  ["denied", false, { decision: "deny", message: "Ask later." }],
];

test("what Claude reads of an answer is the same whether its process waited or not", async (t) => {
  const texts: string[][] = [];
  for (const env of [{ CLAUDE_WORKER_PARK_AFTER_MS: "600000" }, parkAtOnce]) {
    const w = await askingWorker(t, {}, env);
    const calls = given.map(([what, multiSelect]) => ask(`Which is ${what}?`, multiSelect));
    // Words alone answer several questions at once.
    calls
      .find(({ input }) => input.questions[0]?.question === "Which is words?")
      ?.input.questions.push(...oneQuestion("And why?").questions);
    w.model.play({ "choose all": [step.tools([...calls, ask("Which is last?")]), step.text("Chosen.")] });
    await w.start();
    const { id } = await w.submit("choose all");
    const questions = await w.asked(id, given.length + 1);
    if (env === parkAtOnce) await parked(w, id);
    for (const [at, question] of questions.entries())
      await w.client.answerQuestion({ id: question.id, ...(given[at]?.[2] ?? { option: "Red" }) } as never);
    const task = await w.ended(id);
    assert.deepEqual([task.result, task.attempts], ["Chosen.", env === parkAtOnce ? 2 : 1], JSON.stringify(task.questions));
    texts.push(resultsRead(w));
  }
  assert.equal(texts[0]?.length, given.length + 1);
  // Claude Code may end the calls in another order.
  assert.deepEqual(texts[1]?.toSorted(), texts[0]?.toSorted());
});

test("an allowed call beside an answered question runs, and is not made again", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const file = w.place.file("outside/secret.txt", "the text of the file\n");
  w.model.play({ "read and ask": [step.tools([{ tool: "Read", input: { file_path: file } }, ask("Which colour?")]), step.text("Done.")] });
  await w.start();
  const { id } = await w.submit("read and ask", { permission_mode: "default" });
  const [read, colour] = await w.asked(id, 2);
  await parked(w, id);
  await w.client.answerQuestion({ id: colour?.id ?? 0, option: "Blue" });
  await w.client.answerQuestion({ id: read?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.deepEqual([task.result, task.attempts], ["Done.", 2], JSON.stringify([task.error, task.questions]));
  assert.partialDeepStrictEqual(task.questions, [
    { status: "applied", tool_use_id: read?.tool_use_id },
    { status: "applied", tool_use_id: colour?.tool_use_id },
  ]);
  const results = resultsRead(w).join("\n");
  assert.match(results, /the text of the file/);
  assert.match(results, /"Which colour\?"="Blue"/);
  assert.deepEqual([w.model.requests().length, /interrupted before it ran/.test(results)], [2, false]);
  const { events } = await w.client.taskEvents({ id, limit: 1000 });
  const ended = events.flatMap(({ type, data }) => (type === "tool_result" ? [data.tool_use_id] : []));
  assert.deepEqual(ended.toSorted(), [read?.tool_use_id ?? "", colour?.tool_use_id ?? ""].toSorted(), "the story has both results");
});
