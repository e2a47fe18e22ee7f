import assert from "node:assert/strict";
import { test } from "node:test";
import { answerersOf, answeringProblem } from "../../../src/domain/notifications/answer-rules.ts";
import type { GivenAnswering } from "../../../src/domain/notifications/answer-rules.ts";
import { channelKinds } from "../../../src/domain/notifications/channel.ts";
import type { ChannelKind } from "../../../src/domain/notifications/channel.ts";

const usual: GivenAnswering = {
  answers: "content",
  answerFrom: undefined,
  target: { chat: "42" },
  events: ["question"],
  hasLinks: false,
  secret: null,
};

test("a channel that takes answers names what is missing", () => {
  const field = (kind: ChannelKind, more: Partial<GivenAnswering> = {}) => answeringProblem(kind, { ...usual, ...more })?.field ?? null;
  assert.equal(field("telegram"), null);
  assert.equal(field("telegram", { answers: "none" }), null);
  assert.equal(field("telegram", { answers: "none", answerFrom: ["1"] }), "answer_from");
  assert.equal(field("telegram", { events: ["failed"] }), "events");
  assert.equal(field("telegram", { target: { chat: "@me" } }), "chat");
  assert.equal(field("telegram", { answerFrom: ["@me"] }), "answer_from");
  assert.equal(field("telegram", { target: { chat: "-100" } }), "answer_from");
  assert.equal(field("telegram", { target: { chat: "-100" }, answerFrom: ["42"] }), null);
  const inChat: readonly ChannelKind[] = ["telegram", "ntfy", "slack"];
  for (const kind of channelKinds.filter((each) => !inChat.includes(each))) assert.equal(field(kind), "answers", kind);
  const app = { target: { chat: "C0123ABCDEF" }, secret: "xoxb-1234567890 xapp-1234567890", answerFrom: ["U0123ABCDEF"] };
  assert.equal(field("slack", app), null);
  assert.equal(field("slack", { ...app, answerFrom: undefined }), "answer_from");
  assert.equal(field("slack", { ...app, answerFrom: ["42"] }), "answer_from");
  assert.equal(field("slack", { ...app, secret: "xoxb-1234567890" }), "secret");
  assert.equal(field("slack", { target: {} }), "answers", "an incoming webhook has only links");
  assert.equal(field("slack", { target: {}, hasLinks: true }), null);
  const url = "https://ntfy.sh/a-topic-that-no-one-guesses";
  assert.equal(field("ntfy", { target: { url, answersTopic: "b" } }), null);
  assert.equal(field("telegram", { target: { chat: "42", answersTopic: "b" } }), "answers_topic");
  assert.equal(field("ntfy", { target: { url: "https://ntfy.sh/short", answersTopic: "b" } }), "url");
  assert.equal(field("ntfy", { target: { url: "https://ntfy.sh/short", answersTopic: "b" }, secret: "tk_1" }), null);
  assert.equal(field("email", { hasLinks: true }), null);
  assert.equal(field("email", { hasLinks: true, answerFrom: ["42"] }), "answer_from");
  assert.equal(field("email", { hasLinks: true, events: ["failed"] }), "events");
  assert.equal(field("desktop", { hasLinks: true }), "answers");
});

test("the person of a chat answers, unless others are named", () => {
  assert.deepEqual(answerersOf("telegram", usual), ["42"]);
  assert.deepEqual(answerersOf("telegram", { ...usual, answerFrom: ["7", "7", "8"] }), ["7", "8"]);
  assert.deepEqual(answerersOf("telegram", { ...usual, answers: "none" }), []);
  assert.deepEqual(answerersOf("slack", usual), [], "no one but those who are named");
});
