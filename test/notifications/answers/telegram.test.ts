/** Answers through a bot of Telegram, against a stand-in that takes only what is documented. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AskedQuestion } from "../../../src/domain/questions/question.ts";
import { askCodeIn, callBot } from "../../../src/notifications/telegram.ts";
import { receiver } from "../../../testing/receiver.ts";
import { botToken, telegramStandIn } from "../../../testing/telegram.ts";
import { until } from "../../../testing/wait.ts";
import { oneQuestion } from "../../questions/setup.ts";
import { owner, setup as channelSetup } from "./setup.ts";

const me = 4242;
const group = -100500;
const content: Partial<AskedQuestion> = { kind: "question", tool: "AskUserQuestion", input: oneQuestion("Which colour?"), rule: null };

async function setup(t: TestContext, more: object = {}, options: object = {}) {
  const s = await channelSetup(t);
  const bot = await telegramStandIn(t);
  const to = { kind: "telegram", url: bot.url, secret: botToken, answers: "permissions" } as const;
  const { id: channel } = await s.add({ ...to, chat: String(me), ...more });
  await s.start(options);
  return { ...s, bot, to, channel };
}

test("a press of a button answers, and the message says so", async (t) => {
  const { bot, ask, ended, store, channel } = await setup(t);
  const { id } = await ask();
  const message = await bot.asking();
  const first = `Task 1 asks (q${id})\nBuild it\nMay it use Bash?\nrm -rf build\nnpm run build`;
  assert.equal(message.text, `${first}\n\nPress a button, or reply to this message with "deny" and why.`);
  assert.deepEqual(
    message.buttons.map(({ text }) => text),
    ["Allow", "Deny"],
  );
  const note = await bot.press({ chat: me, data: message.buttons[0]?.data ?? "", user: me });
  assert.deepEqual(note, { text: `q${id}: allowed`, isAlert: false });
  const { status, answeredBy, answer } = await ended(id);
  assert.deepEqual([status, answeredBy, answer], ["answered", "channel:phone", { decision: "allow" }]);
  await until("the changed message", () => message.edits === 1);
  assert.deepEqual(message.buttons, []);
  assert.equal(message.text, `${first.replace("asks", "asked")}\n\nAnswered by the channel phone: allowed`);
  await until("the confirmed update", () => bot.pending() === 0);
  assert.equal(store.asks.positionOf(channel)?.at, bot.state.confirmed);
});

test("buttons stand beside each other only where they are few and short", async (t) => {
  const { bot, ask } = await setup(t);
  await ask();
  assert.deepEqual((await bot.asking()).rows, [2]);
  const long = "Red, as in the old design";
  const { questions } = oneQuestion("Which colour?");
  const [first] = questions;
  const options = [
    { label: long, description: "" },
    { label: "Blue", description: "" },
  ];
  await ask({ ...content, input: { questions: [{ ...first, options }] } });
  await until("the second message", () => bot.messages.length === 2);
  assert.deepEqual(bot.messages[1]?.rows, [1, 1]);
});

test("a message says until when an answer counts, and what happens then", async (t) => {
  const { bot, ask, api, clock } = await setup(t);
  clock.nowMs = Date.parse("2026-11-30T08:00:30Z");
  const { id } = await ask({}, clock.nowMs + 3_600_000);
  const message = await bot.asking();
  const line = "Waits until 2026-11-30 09:00 UTC; then it is denied, and the task continues without it.";
  assert.match(message.text, new RegExp(`^Task 1 asks .*\nBuild it\n${line}\nMay it use Bash\\?\n`));
  await api.answerQuestion({ id, decision: "allow" } as never, owner);
  await until("the changed message", () => message.edits === 1);
  assert.doesNotMatch(message.text, /Waits until/);
});

test("a second press hears of the first answer, wherever it was given", async (t) => {
  const { bot, ask, api, question } = await setup(t);
  const { id } = await ask();
  const message = await bot.asking();
  const data = message.buttons[1]?.data ?? "";
  await api.answerQuestion({ id, decision: "allow" } as never, owner);
  await until("the changed message", () => message.edits === 1);
  assert.match(message.text, /\n\nAnswered by the server's owner: allowed$/);
  const note = await bot.press({ chat: me, data, user: me });
  assert.match(note.text, new RegExp(`^q${id} is not open any more. It was answered by the server's owner at .*: allowed$`));
  assert.deepEqual([note.isAlert, question(id).answer], [true, { decision: "allow" }]);
});

test("a reply answers in words, and what is no answer is refused in words", async (t) => {
  const { bot, ask, ended } = await setup(t);
  const { id } = await ask(content);
  const { text, buttons, id: first } = await bot.asking();
  assert.match(text, /Which colour\?\n- Red: take Red\n- Blue: take Blue\n\nPress a button, or reply to this message with your answer\.$/);
  assert.deepEqual(
    buttons.map((button) => button.text),
    ["Red", "Blue"],
  );
  bot.write({ chat: me, text: "Green\u202e\u0000 please", user: me, to: first });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Green please" });
  await until("the reply", () => bot.messages.some((each) => each.text === `q${id}: Green please`));

  const other = await ask();
  const asking = await until("the second question", () => bot.messages.find((each) => each.text.includes(`(q${other.id})`)) ?? null);
  bot.write({ chat: me, text: "sure", user: me, to: asking.id });
  await until("the refusal", () => bot.messages.some((each) => each.text.startsWith('This is not an answer to it. Say "allow", or')));
  bot.write({ chat: me, text: "allow", user: me });
  await until("the hint", () => bot.messages.some((each) => each.text === "Reply to the message of a question to answer it."));
  bot.write({ chat: me, text: "deny not\non staging", user: me, to: asking.id });
  assert.deepEqual((await ended(other.id)).answer, { decision: "deny", message: "not\non staging" });
});

test("a reply to a message that nobody has noted finds its question by its code", async (t) => {
  const { bot, ask, ended, question, store } = await setup(t);
  // A server that dies after the sending sends a second message, and knows only that one's name.
  const lose = async (count: number): Promise<void> => {
    const { id } = await bot.asking(count);
    const found = await until("the mark of the message", () => store.asks.ofRef(1, String(id)));
    await store.write(() => store.asks.sent(found.deliveryId, "9999"));
  };
  const pressed = await ask();
  await lose(1);
  const stranger = { id: 666, is_bot: true, first_name: "Other" };
  bot.write({ chat: me, text: "deny forged", user: me, to: 1 }, { from: stranger });
  await until("the confirmed update", () => bot.pending() === 0);
  assert.equal(question(pressed.id).status, "open");
  bot.write({ chat: me, text: "deny not today", user: me, to: 1 });
  assert.deepEqual((await ended(pressed.id)).answer, { decision: "deny", message: "not today" });

  const { questions } = oneQuestion("Which colour?");
  const [first] = questions;
  const both = { questions: [first, { ...first, question: "Which size?" }] };
  const before = bot.messages.length;
  const written = await ask({ ...content, input: both });
  const at = await until("the second question", () => {
    const found = bot.messages.findIndex((each, index) => index >= before && each.text.includes(`(q${written.id})`));
    return found < 0 ? null : found + 1;
  });
  const message = await bot.asking(at);
  assert.deepEqual(message.buttons, []);
  assert.match(message.text, /\nCode of this message: [0-9a-z]{10}$/);
  const linked = `${message.text}\n\nOpen it: https://worker.example/answer/1`;
  assert.equal(askCodeIn({ text: linked }), message.text.slice(-10));
  await lose(at);
  bot.write({ chat: me, text: "Red\nLarge", user: me, to: message.id });
  await ended(written.id);
});

test("only users that the channel names may answer, and only in its chat", async (t) => {
  const { bot, ask, ended, question, api, to, channel } = await setup(t);
  await api.removeChannel({ id: channel }, owner);
  const input = { ...to, name: "team", events: ["question" as const], allow_private: true, chat: String(group) };
  await assert.rejects(api.addChannel(input, owner), { code: "invalid_input", message: /The chat is a group/ });
  await api.addChannel({ ...input, answer_from: [String(me)] }, owner);
  const { id } = await ask();
  const { buttons, id: message } = await bot.asking();
  const data = buttons[0]?.data ?? "";
  for (const press of [
    { chat: group, user: 666 },
    { chat: me, user: me },
    { chat: 666, user: 666 },
  ]) {
    assert.deepEqual(await bot.press({ ...press, data }), { text: "Your answer does not count here. It was not stored.", isAlert: true });
  }
  assert.equal((await bot.press({ chat: group, user: me, data: "unknowncode.0" })).text, "This message cannot be answered any more.");
  assert.equal((await bot.press({ chat: group, user: me, data: data.replace(/0$/, "7") })).text, "The message did not offer this.");
  bot.write({ chat: group, text: "deny", user: 666, to: message });
  bot.addOther({ edited_message: { message_id: 1 } });
  assert.equal(question(id).status, "open");
  await bot.press({ chat: group, user: me, data });
  assert.equal((await ended(id)).answeredBy, "channel:team");
  assert.equal(bot.messages.length, 1, "a stranger in a group gets no reply");
});

test("what is not shown whole can only be denied", async (t) => {
  const { bot, ask } = await setup(t);
  await ask({ input: { command: `echo ${"x".repeat(4000)}; rm -rf /` } });
  const long = await bot.asking();
  assert.match(long.text, /x…\n\nThis is only the beginning\. See all of it: claude-worker inbox q1\n/);
  assert.ok(long.text.length < 4000);
  await ask({ input: { command: "curl -u me:hunter22 https://a.example" } });
  const secret = await bot.asking(2);
  assert.match(secret.text, /curl -u me:\[redacted\] https:\/\/a\.example\n\nA part is hidden, because it looks like a secret/);
  await ask({ input: { command: "curl -u me:hun\u200bter22 https://a.example" } });
  const hidden = await bot.asking(3);
  assert.ok(!hidden.text.includes("ter22"));
  for (const { buttons } of [long, secret, hidden])
    assert.deepEqual(
      buttons.map(({ text }) => text),
      ["Deny"],
    );
  await ask({ input: { command: "ls \u202egnp.exe @all" } });
  const shown = await bot.asking(4);
  assert.match(shown.text, /\nls \\u202egnp\.exe \uff20all\n/);
  assert.deepEqual(
    shown.buttons.map(({ text }) => text),
    ["Allow", "Deny"],
  );
});

test("a form that is not shown whole is not filled in by words, only declined", async (t) => {
  const { bot, ask, ended, question } = await setup(t);
  const requestedSchema = { type: "object", properties: { age: { type: "integer" } } };
  const input = { serverName: "crm", mode: "form", message: `How old? ${"x".repeat(4000)}`, requestedSchema };
  const { id } = await ask({ kind: "elicitation", tool: "mcp", toolUseId: null, input, rule: null });
  const { id: message, text, buttons } = await bot.asking();
  assert.match(text, /This is only the beginning/);
  assert.doesNotMatch(text, /the value of/);
  assert.deepEqual(
    buttons.map((button) => button.text),
    ["Deny"],
  );
  bot.write({ chat: me, text: "42", user: me, to: message });
  const refusal = `The message does not show all of the form, so the form cannot be answered here. See all of it: claude-worker inbox q${id}`;
  await until("the refusal", () => bot.messages.some((each) => each.text === refusal));
  assert.equal(question(id).status, "open");
  bot.write({ chat: me, text: "deny", user: me, to: message });
  assert.deepEqual((await ended(id)).answer, { decision: "deny" });
});

test("a question of Claude that is not shown whole has no buttons and takes no words", async (t) => {
  const { bot, ask, ended } = await setup(t);
  const options = ["Red", "Blue"].map((label) => ({ label, description: "d".repeat(2500) }));
  await ask({ ...content, input: { questions: [{ question: "Which?", header: "h", multiSelect: false, options }] } });
  const { text, buttons } = await bot.asking();
  assert.deepEqual([buttons, text.endsWith("Answer: claude-worker answer q1")], [[], true]);
  const { id } = await ask(content);
  const short = await bot.asking(2);
  await bot.press({ chat: me, user: me, data: short.buttons[1]?.data ?? "" });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Blue" });
});

test("an option without a visible label has a button like any other", async (t) => {
  const { bot, ask, ended } = await setup(t);
  const options = [" ", "Red"].map((label) => ({ label, description: "d" }));
  const { id } = await ask({ ...content, input: { questions: [{ question: "Which?", header: "h", multiSelect: false, options }] } });
  const { buttons } = await bot.asking();
  assert.deepEqual(
    buttons.map(({ text }) => text),
    ["(empty)", "Red"],
  );
  await bot.press({ chat: me, user: me, data: buttons[0]?.data ?? "" });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which?": " " });
});

test("a channel of content shows a permission without buttons", async (t) => {
  const { bot, ask, ended } = await setup(t, { answers: "content" });
  await ask();
  const { text, buttons } = await bot.asking();
  assert.deepEqual([buttons, text.endsWith("Answer: claude-worker answer q1")], [[], true]);
  assert.equal(bot.isPolled(), false, "nothing waits for an answer from here");
  const { id } = await ask(content);
  const asking = await bot.asking(2);
  await bot.press({ chat: me, user: me, data: asking.buttons[1]?.data ?? "" });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Blue" });
});

test("the bot is asked only while a question waits, and a while longer", async (t) => {
  const { bot, ask, api, clock, add, to } = await setup(t);
  await add({ ...to, chat: String(group), answer_from: [String(me)] }, "team");
  assert.deepEqual(bot.calls, []);
  const { id } = await ask();
  await until("both messages", () => bot.messages.length === 2);
  await until("one poll for both channels", () => bot.isPolled());
  await api.answerQuestion({ id, decision: "deny" } as never, owner);
  await until("the changed messages", () => bot.messages.every(({ edits }) => edits === 1));
  assert.ok(bot.isPolled());
  clock.nowMs += 121_000;
  await api.addTrust({ directory: "/tmp" }, owner); // Any commit.
  await until("the end of the poll", () => !bot.isPolled());
});

test("updates with lower numbers after a quiet week answer once", async (t) => {
  const { bot, ask, ended, store, channel } = await setup(t);
  const first = await ask();
  const message = await bot.asking();
  await bot.press({ chat: me, user: me, data: message.buttons[0]?.data ?? "" });
  await ended(first.id);
  await until("the confirmed update", () => bot.pending() === 0);
  bot.renumber(17);
  const { id } = await ask(content);
  const asking = await bot.asking(2);
  bot.write({ chat: me, text: "Green", user: me, to: asking.id });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Green" });
  await until("the confirmed update", () => bot.pending() === 0);
  assert.equal(store.asks.positionOf(channel)?.at, 17);
  assert.equal(bot.messages.filter(({ text }) => text === `q${id}: Green`).length, 1, "one reply");
});

test("another program at the bot is named, and reading continues after it", async (t) => {
  const { bot, ask, api, ended } = await setup(t, {}, { longestPauseMs: 50 });
  bot.state.hasWebhook = true;
  const { id } = await ask();
  const message = await bot.asking();
  const problem = await until("the problem", async () => (await api.listChannels()).channels[0]?.answers_problem);
  assert.match(problem, /another program \(409\)\. Conflict: can't use getUpdates .* a bot of its own\.$/);
  bot.state.hasWebhook = false;
  await bot.press({ chat: me, user: me, data: message.buttons[0]?.data ?? "" });
  assert.equal((await ended(id)).status, "answered");
  assert.equal((await api.listChannels()).channels[0]?.answers_problem, null);
});

test("a server that repeats the bot's token is not quoted", async (t) => {
  const hook = await receiver(t);
  hook.answer = ({ path }, response) => void response.writeHead(404).end(JSON.stringify({ ok: false, description: `Not found: ${path}` }));
  const to = { target: { url: new URL(hook.url).origin, chat: "1" }, secret: botToken, allowPrivate: true };
  const { status, description } = await callBot("getUpdates", {}, to, AbortSignal.timeout(10_000));
  assert.deepEqual([status, description], [404, null]);
});

test("a server that answers at once, or wants no pause, is asked once a second", async (t) => {
  const answers = [
    { status: 200, body: { ok: true, result: [] } },
    { status: 200, body: { ok: true, result: [{ message: { text: "without a number" } }] } },
    { status: 429, body: { ok: false, parameters: { retry_after: 0 } } },
  ];
  const gaps = answers.map(async ({ status, body }) => {
    const hook = await receiver(t);
    const polls: number[] = [];
    hook.answer = ({ path: method }, response) => {
      if (method.endsWith("/getUpdates")) {
        polls.push(performance.now());
        response.writeHead(status).end(JSON.stringify(body));
      } else response.end(JSON.stringify({ ok: true, result: { message_id: 1 } }));
    };
    const s = await channelSetup(t);
    await s.add({ kind: "telegram", url: new URL(hook.url).origin, secret: botToken, chat: String(me), answers: "permissions" });
    await s.start();
    await s.ask();
    await until("the third request", () => polls.length >= 3);
    return (polls[2] ?? 0) - (polls[0] ?? 0);
  });
  // Two pauses. On a busy machine the first request comes late, and the time between looks shorter.
  for (const gap of await Promise.all(gaps)) assert.ok(gap > 900, String(gap));
});

test("messages of many questions that end at once are changed one by one", async (t) => {
  const hook = await receiver(t);
  const changes: (() => void)[] = [];
  let [changed, most, sent] = [0, 0, 0];
  hook.answer = ({ path: method }, response) => {
    const reply = (): void => void response.end(JSON.stringify({ ok: true, result: { message_id: 1 } }));
    if (method.endsWith("/sendMessage")) {
      sent += 1;
      reply();
    } else if (method.endsWith("/editMessageText")) {
      changes.push(reply);
      most = Math.max(most, changes.length);
    }
  };
  const s = await channelSetup(t);
  await s.add({ kind: "telegram", url: new URL(hook.url).origin, secret: botToken, chat: String(me), answers: "permissions" });
  await s.start();
  const questions: { readonly id: number }[] = [];
  for (let i = 0; i < 5; i += 1) questions.push(await s.ask());
  await until("the messages", () => sent === 5);
  await s.store.write(() => questions.forEach(({ id }) => s.store.questions.supersede(id, true)));
  for (; changed < 5; changed += 1) await until(`change ${changed + 1}`, () => changes.length > 0).then(() => changes.shift()?.());
  await until("the end", () => s.store.asks.finished(null).length === 0);
  assert.equal(most, 1);
});

test("what a form's server calls its field is shown without hidden characters", async (t) => {
  const { bot, ask } = await setup(t);
  const requestedSchema = { type: "object", properties: { "age\u202e\u200b": { type: "integer" } } };
  const input = { serverName: "crm", mode: "form", message: "How old?", requestedSchema };
  await ask({ kind: "elicitation", tool: "mcp", toolUseId: null, input, rule: null });
  const { text } = await bot.asking();
  assert.doesNotMatch(text, /\p{Cf}/u);
});
