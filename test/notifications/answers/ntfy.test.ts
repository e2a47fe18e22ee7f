/** Answers through a topic of ntfy, against a stand-in that takes only what is documented. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AskedQuestion } from "../../../src/domain/questions/question.ts";
import { ntfyStandIn } from "../../../testing/ntfy.ts";
import { until } from "../../../testing/wait.ts";
import { owner, setup as channelSetup } from "./setup.ts";

const topic = "a-topic-that-no-one-guesses";
const answersTopic = "my-answers";
const option = (label: string): object => ({ label, description: "d" });
const colours = { question: "Which colour?", header: "h", multiSelect: false, options: ["Red", "Blue", "Green", "Grey"].map(option) };
const content: Partial<AskedQuestion> = { kind: "question", tool: "AskUserQuestion", input: { questions: [colours] }, rule: null };

async function setup(t: TestContext, token: string | null = null) {
  const s = await channelSetup(t);
  const server = await ntfyStandIn(t, token);
  const secret = token === null ? {} : { secret: token };
  await s.add({ kind: "ntfy", url: `${server.url}/${topic}`, answers: "permissions", answers_topic: answersTopic, ...secret });
  const services = await s.start({ longestPauseMs: 50 });
  return { ...s, server, services };
}

test("a button of a notification answers, and so does its code with words", async (t) => {
  const { server, ask, ended, question } = await setup(t);
  const { id } = await ask();
  const message = await server.message(topic);
  assert.deepEqual([message.title, message.priority], [`Task 1 asks (q${id})`, 4]);
  assert.match(
    message.message,
    /^Build it\nMay it use Bash\?\nrm -rf build\nnpm run build\n\nPress a button\. In words, write to the topic my-answers: [0-9a-z]{10} and "deny" and why\.$/,
  );
  assert.equal(await server.press(message, "Allow"), 200);
  const { answeredBy, answer } = await ended(id);
  assert.deepEqual([answeredBy, answer], ["channel:phone", { decision: "allow" }]);
  const reply = await server.message(topic, 2);
  assert.deepEqual([reply.message, reply.priority], [`q${id}: allowed`, 2]);
  await server.press(message, "Deny");
  assert.match((await server.message(topic, 3)).message, /is not open any more\. It was answered by the channel phone/);

  const other = await ask(content);
  const asking = await server.message(topic, 4);
  assert.deepEqual(
    asking.actions?.map(({ label }) => label),
    ["Red", "Blue", "Green"],
  );
  assert.match(asking.message, /: [0-9a-z]{10} and "Grey", or your answer\.$/);
  const [, code = ""] = /my-answers: (\w+) and/.exec(asking.message) ?? [];
  for (const words of ["hello", "2222222222 Red", `${code}.9`, code, `x${code}.0`]) await server.write(answersTopic, words);
  assert.equal(question(other.id).status, "open");
  await server.write(answersTopic, `${code.charAt(0).toUpperCase()}${code.slice(1)} Like the sky`);
  assert.deepEqual((await ended(other.id)).answer?.answers, { "Which colour?": "Like the sky" });
});

test("the topic is read with the token, which no button carries", async (t) => {
  const { server, ask, ended, services } = await setup(t, "tk_reader");
  const { id } = await ask();
  const message = await server.message(topic);
  assert.ok(!JSON.stringify(message).includes("tk_reader"));
  await server.press(message, "Deny");
  assert.equal((await ended(id)).answer?.decision, "deny");
  await until("a reader", () => server.readers() === 1);
  await services.answerListener.stop();
  await until("the end of the stream", () => server.readers() === 0);
});

test("a broken stream continues after the last answer", async (t) => {
  const { server, ask, ended, api } = await setup(t);
  const first = await ask();
  await server.press(await server.message(topic), "Allow");
  await ended(first.id);
  const second = await ask();
  const message = await server.message(topic, 3);
  server.state.refuses = 1000;
  server.cut();
  const problem = await until("the problem", async () => (await api.listChannels()).channels[0]?.answers_problem);
  assert.equal(problem, "ntfy answered 429 for the topic of answers. limit reached: too many requests");
  await server.press(message, "Deny");
  server.state.refuses = 0;
  assert.equal((await ended(second.id)).answer?.decision, "deny");
  assert.equal((await api.listChannels()).channels[0]?.answers_problem, null);
  const [pressed] = server.of(answersTopic);
  assert.equal(server.since.at(-1), pressed?.id, "the first answer is not read again");
});

test("what was answered while nobody read is stored before a wait for it ends", async (t) => {
  const { server, ask, ended, services, start, question } = await setup(t);
  const { id } = await ask();
  const message = await server.message(topic);
  await until("a reader", () => server.readers() === 1);
  await services.answerListener.stop();
  await server.press(message, "Allow");
  assert.equal(question(id).status, "open");
  const { answerListener } = await start();
  await answerListener.caughtUp(60_000);
  assert.equal((await ended(id)).status, "answered");
});

test("a server of answers that cannot be read is not waited for without end", async (t) => {
  const { server, ask, services, start, question } = await setup(t);
  const { id } = await ask();
  await server.message(topic);
  await services.answerListener.stop();
  server.state.refuses = 1000;
  const { answerListener } = await start({ longestPauseMs: 50 });
  await answerListener.caughtUp(300);
  assert.equal(question(id).status, "open");
});

test("a channel that could be guessed, or says who answers, is refused", async (t) => {
  const { api, add } = await channelSetup(t);
  const refused = async (input: object, message: RegExp) =>
    await assert.rejects(add({ kind: "ntfy", answers: "content", url: `https://ntfy.sh/${topic}`, ...input }), {
      code: "invalid_input",
      message,
    });
  await refused({ url: "https://ntfy.sh/tasks" }, /Who guesses the topic could answer\. .* at least 20 characters/);
  await refused({ answers_topic: topic }, /must be another topic/);
  await refused({ answers_topic: "a/b" }, /must be another topic/);
  await refused({ answer_from: ["me"] }, /ntfy does not say who answers/);
  await refused({ answers: "none", answers_topic: "other" }, /only with --answers/);
  const made = await api.addChannel({ name: "x", kind: "ntfy", answers: "content", url: `https://ntfy.sh/${topic}` }, owner);
  assert.match(made.target, /^https:\/\/ntfy\.sh\/a-to…, answers to claude-worker-[0-9a-f]{20}$/, "the topic is a secret");
});
