/** Answers through an app of Slack, against a stand-in that takes only what is documented. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AskedQuestion } from "../../../src/domain/questions/question.ts";
import { slackAppToken, slackBotToken, slackChannel, slackStandIn } from "../../../testing/slack.ts";
import { until } from "../../../testing/wait.ts";
import { oneQuestion } from "../../questions/setup.ts";
import { owner, setup as channelSetup } from "./setup.ts";

const me = "U0ME000001";
const other = "W0OTHER001";
const stranger = "U0STRANGER";
const content: Partial<AskedQuestion> = { kind: "question", tool: "AskUserQuestion", input: oneQuestion("Which colour?"), rule: null };

async function setup(t: TestContext, more: object = {}) {
  const s = await channelSetup(t);
  const slack = await slackStandIn(t);
  const to = { kind: "slack", url: slack.url, chat: slackChannel, secret: `${slackAppToken}\n${slackBotToken}\n` } as const;
  const answering = { answers: "permissions" as const, answer_from: [me, other] };
  const { id: channel } = await s.add({ ...to, ...answering, ...more }, "team");
  await s.start({ longestPauseMs: 50 });
  const connected = (): Promise<boolean> => until("the connection", () => slack.connections() === 1);
  return { ...s, slack, to, answering, channel, connected };
}

test("a press of a button answers, and the message says so", async (t) => {
  const { slack, ask, ended, connected } = await setup(t);
  const { id } = await ask();
  const message = await slack.asking();
  const first = `Task 1 asks (q${id})\nBuild it\nMay it use Bash?\nrm -rf build\nnpm run build`;
  assert.deepEqual(message.sections, [first, 'Press a button, or reply in the thread of this message with "deny" and why.']);
  assert.deepEqual(
    message.buttons.map(({ text }) => text),
    ["Allow", "Deny"],
  );
  await connected();
  assert.equal(await slack.press({ user: me, value: message.buttons[0]?.value ?? "" }), `q${id}: allowed`);
  const { status, answeredBy, answer } = await ended(id);
  assert.deepEqual([status, answeredBy, answer], ["answered", "channel:team", { decision: "allow" }]);
  await until("the changed message", () => message.edits === 1);
  assert.deepEqual(message.buttons, []);
  assert.deepEqual(message.sections, [`${first.replace("asks", "asked")}\n\nAnswered by the channel team: allowed`]);
});

test("of two presses at once one answers, and the other person hears of it", async (t) => {
  const { slack, ask, ended, connected } = await setup(t);
  const { id } = await ask();
  const { buttons } = await slack.asking();
  await connected();
  const presses = [
    { user: me, value: buttons[1]?.value ?? "" },
    { user: other, value: buttons[0]?.value ?? "" },
  ];
  const [first, second] = await Promise.all(presses.map((press) => slack.press(press)));
  assert.equal(first, `q${id}: denied`);
  assert.match(second ?? "", new RegExp(`^q${id} is not open any more. It was answered by the channel team at .*: denied$`));
  assert.deepEqual((await ended(id)).answer, { decision: "deny" });
  // The same envelope, or press, may come again.
  const again = slack.tap(presses[0] ?? assert.fail());
  await slack.acknowledged(again);
  assert.deepEqual((await ended(id)).answer, { decision: "deny" });
});

test("a reply in the thread answers in words, as the person typed them", async (t) => {
  const { slack, ask, ended, connected, question } = await setup(t);
  const { id } = await ask(content);
  const { sections, ts } = await slack.asking();
  assert.match(sections[0] ?? "", /Which colour\?\n- Red: take Red\n- Blue: take Blue$/);
  assert.equal(sections[1], "Press a button, or reply in the thread of this message with your answer.");
  await connected();
  const ignored = [
    slack.write({ user: me, text: "Not in a thread" }),
    slack.write({ user: me, text: "Another thread", thread: "1700000000.000001" }),
    slack.write({ user: me, text: "Changed", thread: ts, subtype: "message_changed" }),
    slack.write({ text: "A bot", thread: ts, bot_id: "B0BOT00001", user: me }),
    slack.write({ user: me, text: "Elsewhere", thread: ts, channel: "C0ELSEWHERE" }),
    slack.write({ user: stranger, text: "A stranger", thread: ts }),
    slack.write({ text: "No user", thread: ts }),
  ];
  for (const envelope of ignored) await slack.acknowledged(envelope);
  assert.deepEqual([question(id).status, slack.notes], ["open", []]);
  slack.write({ user: me, text: "a &lt;b&gt; &amp;amp; <@U0ME000001> in <https://b.example|b.example>\u202e\u0000", thread: ts });
  const words = "a <b> &amp; @U0ME000001 in b.example";
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": words });
  const note = await until("the note", () => slack.notes[0]);
  assert.deepEqual(note, { channel: slackChannel, user: me, text: `q${id}: a <b> &amp;amp; \uff20U0ME000001 in b.example`, thread: ts });

  const asked = await ask();
  const asking = await slack.asking(2);
  slack.write({ user: other, text: "sure", thread: asking.ts });
  const refused = await until("the refusal", () => slack.notes[1]);
  assert.match(refused.text, /^This is not an answer to it\. Say "allow", or/);
  slack.write({ user: other, text: "deny not\non staging", thread: asking.ts, subtype: "thread_broadcast" });
  assert.deepEqual((await ended(asked.id)).answer, { decision: "deny", message: "not\non staging" });
});

test("a reply to a message that nobody has noted finds its question by its code", async (t) => {
  const { slack, ask, ended, connected, question, store, channel } = await setup(t);
  const { id } = await ask(content);
  const { ts } = await slack.asking();
  await connected();
  // A server that dies after the sending sends a second message, and knows only that one's name.
  const ask1 = await until("the mark of the message", () => store.asks.ofRef(channel, `${slackChannel}:${ts}`));
  await store.write(() => store.asks.sent(ask1.deliveryId, `${slackChannel}:1796000000.999999`));
  slack.state.poster = "A0OTHERAPP";
  await slack.acknowledged(slack.write({ user: me, text: "Forged", thread: ts }));
  await slack.acknowledged(slack.write({ user: stranger, text: "A stranger", thread: ts }));
  assert.deepEqual([question(id).status, slack.notes], ["open", []]);
  slack.state.poster = "A0STANDIN";
  slack.write({ user: me, text: "Green", thread: ts });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Green" });
  const note = await until("the note", () => slack.notes[0]);
  assert.deepEqual([note.text, note.thread], [`q${id}: Green`, ts]);
});

test("strangers, and presses in another channel, get nothing and store nothing", async (t) => {
  const { slack, ask, ended, question, store, connected } = await setup(t, { answer_from: [me] });
  const { id } = await ask();
  const value = (await slack.asking()).buttons[0]?.value ?? "";
  await connected();
  await until("the mark of the message", () => store.asks.ofCode(value.split(".")[0] ?? "")?.ref);
  let commits = 0;
  t.after(
    store.onCommit(() => {
      commits += 1;
    }),
  );
  for (const press of [
    { user: stranger, value },
    { user: other, value },
    { user: me, value, channel: "C0ELSEWHERE" },
    { user: me, value: "not a code" },
  ])
    await slack.acknowledged(slack.tap(press));
  assert.deepEqual([commits, slack.notes, question(id).status], [0, [], "open"]);
  assert.equal(await slack.press({ user: me, value: "unknowncode.0" }), "This message cannot be answered any more.");
  assert.equal(await slack.press({ user: me, value: value.replace(/0$/, "7") }), "The message did not offer this.");
  assert.equal(question(id).status, "open");
  await slack.press({ user: me, value });
  assert.equal((await ended(id)).answeredBy, "channel:team");
  assert.ok(slack.notes.every(({ user }) => user === me));
});

test("what is not shown whole can only be denied", async (t) => {
  const { slack, ask } = await setup(t);
  await ask({ input: { command: `echo ${"x".repeat(4000)}; rm -rf /` } });
  const long = await slack.asking();
  assert.match(long.sections[0] ?? "", /x…\n\nThis is only the beginning\. See all of it: claude-worker inbox q1$/);
  await ask({ input: { command: `echo ${"<&>".repeat(700)}; rm -rf /` } });
  const escaped = await slack.asking(2);
  assert.match(escaped.sections[0] ?? "", /This is only the beginning/, "an escaped character counts as what it becomes");
  await ask({ input: { command: "curl -u me:hunter22 https://a.example" } });
  const secret = await slack.asking(3);
  assert.match(
    secret.sections[0] ?? "",
    /curl -u me:\[redacted\] https:\/\/a\.example\n\nA part is hidden, because it looks like a secret/,
  );
  for (const { buttons } of [long, escaped, secret])
    assert.deepEqual(
      buttons.map(({ text }) => text),
      ["Deny"],
    );
});

test("hostile calls and labels are shown as text, within the limits of Slack", async (t) => {
  const { slack, ask, ended, connected } = await setup(t);
  await ask({ input: { command: "ls \u202egnp.exe <!channel> @here *b* &lt;b&gt; :tada:" } });
  const call = await slack.asking();
  assert.match(call.sections[0] ?? "", /\nls \\u202egnp\.exe <!channel> \uff20here \*b\* &amp;lt;b&amp;gt; :tada:$/);
  assert.match(call.text, /&lt;!channel&gt; \uff20here/);
  const labels = ["<!channel> @all", "&lt;".repeat(40), "\u{1f600}".repeat(90), " \u200b", "Red"];
  const options = labels.map((label) => ({ label, description: "d" }));
  const input = { questions: [{ question: "Which?", header: "h", multiSelect: false, options }] };
  const { id } = await ask({ ...content, input });
  const { buttons } = await slack.asking(2);
  assert.deepEqual(
    buttons.map(({ text }) => text.slice(0, 16)),
    ["<!channel> \uff20all", "&amp;lt;&amp;lt;", "\u{1f600}".repeat(8), "\\u200b", "Red"],
  );
  await connected();
  await slack.press({ user: me, value: buttons[3]?.value ?? "" });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which?": " \u200b" });
});

test("a channel of content shows a permission without buttons", async (t) => {
  const { slack, ask, ended, connected } = await setup(t, { answers: "content" });
  await ask();
  const { sections, buttons } = await slack.asking();
  assert.deepEqual([buttons, sections[0]?.endsWith("Answer: claude-worker answer q1"), sections.length], [[], true, 1]);
  assert.equal(slack.opened(), 0, "nothing waits for an answer from here");
  const { id } = await ask(content);
  const asking = await slack.asking(2);
  await connected();
  await slack.press({ user: me, value: asking.buttons[1]?.value ?? "" });
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Blue" });
});

test("there is one connection, and only while a question waits or a while longer", async (t) => {
  const { slack, ask, api, clock, add, to, answering, connected } = await setup(t);
  await add({ ...to, ...answering, answers: "content" }, "second");
  assert.equal(slack.opened(), 0);
  const { id } = await ask(content);
  await until("both messages", () => slack.messages.length === 2);
  await connected();
  assert.equal(slack.opened(), 1, "channels of one app are read together");
  await api.answerQuestion({ id, decision: "deny" } as never, owner);
  await until("the changed messages", () => slack.messages.every(({ edits }) => edits === 1));
  assert.equal(slack.connections(), 1);
  clock.nowMs += 121_000;
  await api.addTrust({ directory: "/tmp" }, owner); // Any commit.
  await until("the end of the connection", () => slack.connections() === 0);
});

test("the next connection stands before Slack ends the last one", async (t) => {
  const { slack, ask, ended, connected } = await setup(t);
  const { id } = await ask();
  const { buttons } = await slack.asking();
  await connected();
  for (const [count, reason] of [
    [2, "warning"],
    [3, "refresh_requested"],
  ] as const) {
    slack.sayDisconnect(reason);
    await until("the next connection alone", () => slack.opened() === count && slack.connections() === 1);
  }
  assert.equal(slack.gaps(), 0);
  await slack.press({ user: me, value: buttons[0]?.value ?? "" });
  assert.equal((await ended(id)).status, "answered");
});

test("after a broken connection a reply comes again, and a button is pressed again", async (t) => {
  const { slack, ask, ended, connected } = await setup(t);
  const { id } = await ask(content);
  const asked = await ask();
  const [first, second] = [await slack.asking(), await slack.asking(2)];
  await connected();
  slack.cut();
  await until("the end", () => slack.connections() === 0);
  slack.write({ user: me, text: "Green", thread: first.ts });
  const lost = slack.tap({ user: me, value: second.buttons[0]?.value ?? "" });
  assert.ok(slack.marked.has(lost), "Slack tells the person");
  assert.deepEqual((await ended(id)).answer?.answers, { "Which colour?": "Green" });
  await slack.press({ user: me, value: second.buttons[0]?.value ?? "" });
  assert.equal((await ended(asked.id)).status, "answered");
});

test("a refused token is named, and another one continues the reading", async (t) => {
  const { slack, ask, api, ended, channel, connected } = await setup(t);
  slack.state.app = "xapp-1-A0STANDIN-999-another";
  const { id } = await ask();
  const message = await slack.asking();
  const problem = await until("the problem", async () => (await api.listChannels()).channels[0]?.answers_problem);
  assert.equal(
    problem,
    "Slack refused the token of the app (xapp-…): invalid_auth. Give both tokens again: claude-worker notify edit NAME --secret-file FILE",
  );
  await api.updateChannel({ id: channel, secret: `${slackBotToken} ${slack.state.app}` }, owner);
  await connected();
  await until("the end of the problem", async () => (await api.listChannels()).channels[0]?.answers_problem === null);
  await slack.press({ user: me, value: message.buttons[0]?.value ?? "" });
  assert.equal((await ended(id)).status, "answered");
});

test("another program at the app is named while answers are read", async (t) => {
  const { slack, ask, api, ended, connected } = await setup(t);
  slack.state.others = 1;
  const { id } = await ask();
  const message = await slack.asking();
  await connected();
  const problem = await until("the problem", async () => (await api.listChannels()).channels[0]?.answers_problem);
  assert.equal(problem, "Slack gives a part of this app's answers to another program. Give each Claude Worker an app of its own.");
  slack.state.others = 0;
  slack.sayDisconnect("warning");
  await until("the end of the problem", async () => (await api.listChannels()).channels[0]?.answers_problem === null);
  await slack.press({ user: me, value: message.buttons[0]?.value ?? "" });
  assert.equal((await ended(id)).status, "answered");
});

test("an app needs its members, its channel and its tokens", async (t) => {
  const { api, add, to, answering, channel } = await setup(t);
  const refused = async (input: object, field: string, message: RegExp) =>
    await assert.rejects(add({ ...to, ...answering, ...input }), (error: { code: string; message: string; problems?: unknown }) => {
      assert.equal(error.code, "invalid_input");
      assert.match(error.message, message);
      assert.match(JSON.stringify(error), new RegExp(`/${field}"`));
      assert.doesNotMatch(error.message, /StandIn|standin/);
      return true;
    });
  await refused({ answer_from: undefined }, "answer_from", /Say whose answers count/);
  await refused({ answer_from: ["@me"] }, "answer_from", /"@me" is not the id of a member/);
  await refused({ chat: "#general" }, "chat", /is not the id of a channel of Slack like C0123ABCDEF/);
  await refused({ secret: slackBotToken }, "secret", /Put it beside that of the bot/);
  await refused({ secret: slackAppToken }, "secret", /the tokens of an app of Slack/);
  await refused({ secret: `${slackBotToken} ${slackBotToken} ${slackAppToken}` }, "secret", /the tokens of an app of Slack/);
  await refused({ url: "http://slack.example/api", allow_private: false }, "url", /must begin with https/);
  await add({ ...to, secret: slackBotToken }, "only-sends");
  const [first] = (await api.listChannels()).channels;
  assert.match(JSON.stringify(first), new RegExp(`channel ${slackChannel} of Slack, by an app at http://127`));
  // Another server would get the tokens.
  await assert.rejects(api.updateChannel({ id: channel, url: "https://slack.example/api" }, owner), /would go to another server/);
  const hook = await add({ kind: "slack", secret: "https://hooks.slack.example/services/T0/B0/x" }, "hook");
  await assert.rejects(api.updateChannel({ id: hook.id, chat: slackChannel }, owner), /the tokens of an app of Slack/);
  await api.updateChannel({ id: hook.id, chat: slackChannel, url: to.url, secret: slackBotToken }, owner);
});
