/** What the pages of links take: words, choices, forms of servers, plans. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskedQuestion } from "../../src/domain/questions/question.ts";
import { redactionMark } from "../../src/domain/text/secret-finder.ts";
import { permission } from "../../testing/plain-question.ts";
import { confirmationIn, linked } from "./links-setup.ts";

const option = (label: string) => ({ label, description: `take ${label}` });
const one = { question: "Which colour?", header: "c", multiSelect: false, options: [option("Red"), option("Blue")] };
const several = { question: "Which tools?", header: "t", multiSelect: true, options: [option("A"), option("B"), option("C")] };
const content: AskedQuestion = {
  ...permission,
  kind: "question",
  tool: "AskUserQuestion",
  input: { questions: [one, several] },
  rule: null,
};

test("a page takes choices and words for each of Claude's questions", async (t) => {
  const { linksOf, call, send, press, stored } = await linked(t, content, "content");
  const { page } = linksOf();
  const partly = await press(page, { decision: "allow", choice0: "1", words1: " " });
  assert.equal(partly.status, 422);
  assert.match(partly.text, /role="alert">Question q1 \(question\) needs an answer to &quot;Which tools\?/);
  assert.match(partly.text, /name="choice0" value="1" checked/);
  assert.equal((await press(page, { option: "0" })).status, 422, "no answer at all");
  assert.equal((await press(page, { decision: "allow", words0: "x".repeat(10_001), words1: "y" })).status, 400);
  const { text } = await call(page);
  const confirmation = /name="confirmation" value="(\w+)"/.exec(text)?.[1] ?? "";
  const body = `confirmation=${confirmation}&decision=allow&choice0=0&words0=A+dark%0D%0Agreen&choice1=2&choice1=0&choice1=2&choice1=&words1=D`;
  const { status } = await call(page, { body, headers: { "sec-fetch-site": "same-origin", origin: "null" } });
  assert.equal(status, 200);
  assert.deepEqual(stored()?.answer, { decision: "allow", answers: { "Which colour?": "A dark\ngreen", "Which tools?": ["C", "A", "D"] } });
  assert.equal((await send(page, { confirmation })).status, 409);
});

test("a link of an offered answer gives this answer and no words", async (t) => {
  const { links, store, question, channel, clock, call, press, stored } = await linked(
    t,
    { ...content, input: { questions: [one] } },
    "content",
  );
  const { options } = links?.linksOf(question, channel, ["Red", "Blue"], clock.nowMs) ?? { options: [] };
  assert.deepEqual(
    options.map(({ label }) => label),
    ["Red", "Blue"],
  );
  const { text } = await call(options[1]?.url ?? "");
  assert.match(text, /<p>Which colour\?<\/p><ul><li>Red<br>[^]*take Red<[^]*<li>Blue<br>[^]*take Blue<[^]*Answer: Blue/);
  await press(options[1]?.url ?? "", { decision: "deny", message: "no", words0: "Green", choice0: "0" });
  assert.deepEqual(stored()?.answer, { decision: "allow", answers: { "Which colour?": "Blue" } });
  assert.equal(store.questions.get(question.id)?.answeredBy, "channel:phone");
});

test("what the page does not show whole of a question is not answered there", async (t) => {
  for (const [why, more] of [
    ["too long for this page", "x".repeat(20_000)],
    ["A secret was taken out", redactionMark],
  ] as const) {
    const long = { ...content, input: { questions: [{ ...one, question: `Which colour? ${more}` }] } };
    const { links, question, channel, clock, call, press, send, linksOf, stored } = await linked(t, long, "content");
    const { text } = await call(linksOf().page);
    assert.match(text, new RegExp(`${why}[^]*it cannot be answered here`));
    assert.deepEqual([/name="choice0"|Answer: /.test(text), /Refuse to answer/.test(text), text.length < 40_000], [false, true, true]);
    const confirmation = confirmationIn(text);
    const given = { decision: "allow", choice0: "0", words0: "Green" };
    assert.equal((await send(linksOf().page, { confirmation, ...given })).status, 403);
    const only = links?.linksOf(question, channel, ["Red"], clock.nowMs).options[0]?.url ?? "";
    assert.equal((await press(only)).status, 403);
    assert.equal(stored()?.status, "open");
    assert.equal((await press(linksOf().page, { decision: "deny", message: "too long" })).status, 200);
    assert.deepEqual(stored()?.answer, { decision: "deny", message: "too long" });
  }
});

test("a denial on a page carries words to Claude", async (t) => {
  const { linksOf, press, stored } = await linked(t);
  await press(linksOf().page, { decision: "deny", message: "not on staging" });
  assert.deepEqual(stored()?.answer, { decision: "deny", message: "not on staging" });
});

test("a plan is approved in one of its modes, and in no other", async (t) => {
  const plan: AskedQuestion = { ...permission, kind: "plan", tool: "ExitPlanMode", input: { plan: "1. Do it" }, rule: null };
  const { linksOf, call, press, stored } = await linked(t, plan);
  const { page } = linksOf();
  const { text } = await call(page);
  assert.match(text, /1\. Do it[^]*Approve \(default\)[^]*Approve \(acceptEdits\)[^]*Send it back/);
  for (const fields of [{ option: "7" }, { option: "" }, { decision: "allow" }]) assert.equal((await press(page, fields)).status, 400);
  assert.equal((await press(page, { option: "1", mode: "bypassPermissions" })).status, 200);
  assert.deepEqual(stored()?.answer, { decision: "allow", mode: "acceptEdits" });
});

test("the page of an empty plan says that there is none", async (t) => {
  const plan: AskedQuestion = { ...permission, kind: "plan", tool: "ExitPlanMode", input: {}, rule: null };
  const { linksOf, call } = await linked(t, plan);
  assert.match((await call(linksOf().page)).text, /Claude wrote no plan\./);
});

test("a server's form is filled in on the page", async (t) => {
  const properties = { age: { type: "integer", title: "Age" }, fast: { type: "boolean" } };
  const form: AskedQuestion = {
    ...permission,
    kind: "elicitation",
    toolUseId: null,
    input: { serverName: "s", message: "How old?", mode: "form", requestedSchema: { type: "object", properties, required: ["age"] } },
    rule: null,
  };
  const { linksOf, press, stored } = await linked(t, form, "content");
  const { page } = linksOf();
  const wrong = await press(page, { option: "0", field0: "old", field1: "true" });
  assert.deepEqual([wrong.status, /which takes a whole number/.test(wrong.text), /value="old"/.test(wrong.text)], [422, true, true]);
  await press(page, { option: "0", field0: "7", field1: "true" });
  assert.deepEqual(stored()?.answer, { decision: "allow", content: { age: 7, fast: true } });
});

test("a form that the page does not show whole is not filled in there", async (t) => {
  const input = { serverName: "s", message: "x".repeat(30_000), mode: "form", requestedSchema: { type: "object", properties: {} } };
  const { linksOf, call, press, stored } = await linked(t, { ...permission, kind: "elicitation", input, rule: null }, "content");
  const { page } = linksOf();
  const { text } = await call(page);
  assert.deepEqual([/too long for this page/.test(text), /Accept/.test(text)], [true, false]);
  assert.equal((await press(page, { option: "1" })).status, 400);
  assert.equal((await press(page, { decision: "deny" })).status, 200);
  assert.deepEqual(stored()?.answer, { decision: "deny" });
});

test("an address to open is shown, and needs a channel for permissions", async (t) => {
  const opens = (url: string): AskedQuestion => ({
    ...permission,
    kind: "elicitation",
    toolUseId: null,
    input: { serverName: "bank", message: "Sign in", mode: "url", url },
    rule: null,
  });
  const { linksOf, call, press, stored } = await linked(t, opens("https://bank.example/a?b=1&c"));
  assert.match((await call(linksOf().page)).text, /<a href="https:\/\/bank\.example\/a\?b=1&amp;c" rel="noopener noreferrer nofollow"/);
  await press(linksOf().page, { option: "0" });
  assert.deepEqual(stored()?.answer, { decision: "allow" });
  const narrow = await linked(t, opens("javascript:alert(1)"), "content");
  assert.equal((await narrow.call(narrow.linksOf().page)).status, 403);
  const script = await linked(t, opens("javascript:alert(1)"));
  assert.ok(!/<a /.test((await script.call(script.linksOf().page)).text));
});
