import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn, channelProblem, shownTarget, showsSecretElsewhere } from "../../../src/domain/notifications/channel-rules.ts";
import type { Given } from "../../../src/domain/notifications/channel-rules.ts";
import type { ChannelKind, ChannelTarget } from "../../../src/domain/notifications/channel.ts";

const token = "123456:ABCdefGHIjklMNOpqrSTUvwx";
const hook = "https://hooks.slack.example/services/T0/B0/x";
const [bot, app] = ["xoxb-123-456-AbCdEf", "xapp-1-A0-123-abcdef"];
const mail = { to: "a@example.com, b@example.com", from: "w@example.com", url: "smtps://me@mail.example.com" };

const good: readonly (readonly [ChannelKind, ChannelTarget, (string | null)?])[] = [
  ["webhook", { url: "https://a.example/x" }],
  ["webhook", { url: "https://a.example/x" }, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["ntfy", { url: "https://ntfy.sh/my-topic" }],
  ["ntfy", { url: "https://ntfy.sh/base/my_topic/" }, "tk_x"],
  ["slack", {}, hook],
  ["slack", { chat: "C0123ABCDEF" }, `${bot}\n${app}`],
  ["slack", { chat: "G0123ABCDEF" }, `${app}  ${bot}\n`],
  ["slack", { chat: "D0123ABCDEF", url: "https://slack.example/api" }, bot],
  ["discord", {}, hook],
  ["telegram", { chat: "-100123" }, token],
  ["telegram", { chat: "@my_channel", url: "https://bots.example" }, token],
  ["email", mail],
  ["email", { ...mail, url: "smtp://me@mail.example.com:587" }, "pass word"],
  ["desktop", {}],
  ["command", { command: ["/usr/bin/say", "-v", ""] }],
];

/** With the field that is wrong. */
const bad: readonly (readonly [string, ChannelKind, ChannelTarget, (string | null)?])[] = [
  ["url", "webhook", {}],
  ["url", "webhook", { url: "http://a.example/" }],
  ["secret", "webhook", { url: "https://a.example/" }, "whsec_c2hvcnQ="],
  ["secret", "webhook", { url: "https://a.example/" }, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["chat", "webhook", { url: "https://a.example/", chat: "1" }],
  ["url", "ntfy", { url: "https://ntfy.sh" }],
  ["url", "ntfy", { url: "https://ntfy.sh/a b" }],
  ["url", "ntfy", { url: "https://ntfy.sh/topic?auth=x" }],
  ["secret", "ntfy", { url: "https://ntfy.sh/topic" }, "a\r\nb: c"],
  ["secret", "slack", {}],
  ["secret", "slack", {}, "http://hooks.slack.example/x"],
  ["url", "slack", { url: hook }, hook],
  ["secret", "slack", { chat: "C0123ABCDEF" }],
  ["secret", "slack", { chat: "C0123ABCDEF" }, hook],
  ["secret", "slack", { chat: "C0123ABCDEF" }, app],
  ["secret", "slack", { chat: "C0123ABCDEF" }, `${bot} ${bot} ${app}`],
  ["secret", "slack", { chat: "C0123ABCDEF" }, `${bot}\r\nx: y ${app}`],
  ["chat", "slack", { chat: "#general" }, bot],
  ["chat", "slack", { chat: "U0123ABCDEF" }, bot],
  ["url", "slack", { chat: "C0123ABCDEF", url: "http://slack.example/api" }, bot],
  ["secret", "discord", {}, "x"],
  ["chat", "telegram", {}, token],
  ["chat", "telegram", { chat: "me" }, token],
  ["secret", "telegram", { chat: "1" }, "123456:a/../b"],
  ["url", "telegram", { chat: "1", url: "http://bots.example" }, token],
  ["url", "email", { ...mail, url: "https://mail.example.com" }],
  ["url", "email", { ...mail, url: "smtps://me:pass@mail.example.com" }],
  ["url", "email", { ...mail, url: "smtps://mail.example.com/x" }],
  ["to", "email", { ...mail, to: "a@example.com,b" }],
  ["to", "email", { ...mail, to: "a@example.com\r\nBcc: b@example.com" }],
  ["from", "email", { ...mail, from: "me" }],
  ["secret", "email", { ...mail, url: "smtps://mail.example.com" }, "p"],
  ["secret", "desktop", {}, "x"],
  ["command", "command", { command: ["say"] }],
  ["command", "command", { command: ["/bin/say", "a\0b"] }],
];

const given = (target: ChannelTarget, secret: string | null = null): Given => ({ target, secret, allowPrivate: false });

test("a channel with what its kind needs is accepted", () => {
  for (const [kind, target, secret] of good)
    assert.equal(channelProblem(kind, given(target, secret)), null, JSON.stringify([kind, target]));
});

test("a channel that cannot work is refused with the field that is wrong", () => {
  for (const [field, kind, target, secret] of bad) {
    const problem = channelProblem(kind, given(target, secret));
    assert.equal(problem?.field, field, JSON.stringify([kind, target, problem]));
  }
});

test("what is shown of a target holds no query, no argument and no secret", () => {
  assert.deepEqual(
    [
      shownTarget("webhook", { url: "https://a.example/x?token=1#y" }),
      shownTarget("ntfy", { url: "https://ntfy.sh/topic" }),
      shownTarget("slack", {}),
      shownTarget("slack", { chat: "C0123ABCDEF" }),
      shownTarget("slack", { chat: "C0123ABCDEF", url: "https://slack.example/api?x=1" }),
      shownTarget("telegram", { chat: "1", url: "https://bots.example" }),
      shownTarget("email", mail),
      shownTarget("command", { command: ["/bin/say", "--token", "x"] }),
    ],
    [
      "https://a.example/x?…",
      "https://ntfy.sh/topic",
      "an incoming webhook of Slack",
      "channel C0123ABCDEF of Slack, by an app",
      "channel C0123ABCDEF of Slack, by an app at https://slack.example/api?…",
      "chat 1 at https://bots.example/",
      "a@example.com, b@example.com by smtps://me@mail.example.com",
      "/bin/say …",
    ],
  );
});

test("the tokens of an app are not read as an address, and not sent to another one", () => {
  const target = { chat: "C0123ABCDEF" };
  assert.equal(addressIn("slack", { target, secret: `${bot}\n${app}` }), null);
  assert.equal(addressIn("slack", { target: { ...target, url: "https://slack.example/api" }, secret: bot })?.field, "url");
  assert.equal(addressIn("slack", { target: {}, secret: hook })?.field, "secret");
  assert.equal(showsSecretElsewhere("slack", target, { ...target, url: "https://slack.example/api" }), true);
  assert.equal(showsSecretElsewhere("slack", target, { chat: "C0456ABCDEF" }), false);
});
