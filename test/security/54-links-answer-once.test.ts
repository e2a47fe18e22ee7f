/**
 * Items 54 to 57: a link that answers a question does what it says, once, and only from its page.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerLinks } from "../../src/operations/questions/answer-links.ts";
import { permission } from "../../testing/plain-question.ts";
import { confirmationIn, fromBrowser, linked, publicUrl } from "../questions/links-setup.ts";

test("opening a link answers nothing, whoever opens it and however", async (t) => {
  const { call, link, linksOf, stored } = await linked(t);
  for (const url of [link("allow"), linksOf().page]) {
    const bot = { "user-agent": "Slackbot-LinkExpanding 1.0", "sec-fetch-site": "cross-site" };
    for (const more of [{}, { method: "HEAD" }, { headers: bot }]) assert.equal((await call(url, more)).status, 200);
    for (const method of ["OPTIONS", "PUT", "DELETE"]) assert.equal((await call(url, { method })).status, 405);
  }
  assert.equal(stored()?.status, "open");
});

test("its page says all, loads nothing, and is kept by no cache and no index", async (t) => {
  const { call, link } = await linked(t, { ...permission, input: { command: 'echo "<script>" \u202e' } });
  const { headers, text } = await call(link("allow"));
  assert.match(text, /echo &quot;&lt;script&gt;&quot; \\u202e/);
  assert.match(text, /Work &lt;b&gt;hard/);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.match(
    String(headers["content-security-policy"]),
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors/,
  );
  assert.deepEqual(
    ["cache-control", "referrer-policy", "x-robots-tag", "x-content-type-options", "set-cookie"].map((name) => headers[name]),
    ["no-store", "no-referrer", "noindex, nofollow, noarchive", "nosniff", undefined],
  );
  assert.ok(!/<script|src=|url\(|@import/.test(text.replace("&lt;script", "")));
});

test("a link answers once, and its second use hears what the first was", async (t) => {
  const { press, send, link, stored } = await linked(t);
  const url = link("allow");
  const first = await press(url);
  assert.deepEqual([first.status, /Question q1 of task 1 has your answer: allowed/.test(first.text)], [200, true]);
  assert.deepEqual([stored()?.status, stored()?.answeredBy, stored()?.answer], ["answered", "channel:phone", { decision: "allow" }]);
  for (const again of [url, link("deny")]) {
    const { status, text } = await send(again, { confirmation: "x" });
    assert.deepEqual([status, /It was answered by the channel phone at .*: allowed/.test(text)], [409, true]);
    assert.equal((await press(again)).status, 409);
  }
  assert.deepEqual(stored()?.answer, { decision: "allow" });
});

test("of two answers in the same moment one wins", async (t) => {
  const { call, send, link, stored } = await linked(t);
  const [allow, deny] = [link("allow"), link("deny")];
  const [one, other] = [confirmationIn((await call(allow)).text), confirmationIn((await call(deny)).text)];
  assert.notEqual(one, other);
  const answers = await Promise.all([
    send(allow, { confirmation: one }),
    send(allow, { confirmation: one }),
    send(deny, { confirmation: other }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409, 409],
  );
  assert.equal(stored()?.status, "answered");
});

test("a link that was changed anywhere is no link", async (t) => {
  const { call, send, link, linksOf, ask, question, clock, stored } = await linked(t);
  const other = await ask({ key: "k2" });
  const url = link("deny");
  const [id, channel, place, end, seal] = url.slice(url.lastIndexOf("/") + 1).split(".");
  const sealOf = (of: string): string => of.slice(of.lastIndexOf(".") + 1);
  const elsewhere = new AnswerLinks({ key: "another key", publicUrl, lifetimeMs: 60_000 });
  const changed = [
    [id, channel, "1", end, seal],
    [id, channel, "0", end, seal],
    [id, channel, place, "zzzzzz", seal],
    [id, "9", place, end, seal],
    [other.id, channel, place, end, seal],
    ["99", channel, place, end, seal],
    [id, channel, place, end, sealOf(link("deny", other))],
    [id, channel, place, end, sealOf(linksOf().page)],
    [id, channel, place, end, seal?.slice(1)],
    [id, channel, place, end, seal?.toUpperCase()],
    [`0${id}`, channel, place, end, seal, "x"],
  ].map((parts) => `${publicUrl}/answer/${parts.join(".")}`);
  const foreign = elsewhere.linksOf(question, Number(channel), ["allow"], clock.nowMs).page;
  for (const each of [...changed, foreign, `${publicUrl}/answer/x`, `${url}%00`, `${url}?x=1`]) {
    const statuses = [(await call(each)).status, (await send(each, { confirmation: "x" })).status];
    assert.ok(
      statuses.every((status) => [400, 404, 429].includes(status)),
      `${each}: ${statuses.join()}`,
    );
  }
  assert.equal(stored()?.status, "open");
  assert.equal((await call(url)).status, 200, "a right link passes, however many wrong ones came");
});

test("a link of a removed task answers nothing", async (t) => {
  const { call, link, api, owner, task, finish } = await linked(t);
  const url = link("allow");
  await finish(task);
  await api.removeTask({ id: task }, owner);
  assert.equal((await call(url)).status, 404);
});

test("the button that denies looks unlike the one that allows", async (t) => {
  const { call, linksOf } = await linked(t);
  const { text } = await call(linksOf().page);
  const classes = [...text.matchAll(/<button( class="no")?>([A-Za-z]+)/g)].map(([, mark, word]) => [word, mark !== undefined]);
  assert.deepEqual(classes, [
    ["Allow", false],
    ["Deny", true],
  ]);
});

test("only the page's own form answers", async (t) => {
  const { call, send, link, stored, door } = await linked(t);
  const url = link("allow");
  const confirmation = confirmationIn((await call(url)).text);
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.test", "sec-fetch-site": "cross-site" },
    { origin: "https://evil.test" },
    { origin: "null" },
    { origin: "null", "sec-fetch-site": "cross-site" },
    { origin: "https://worker.example.com", "sec-fetch-site": "same-site" },
    { origin: "https://evil.test", "sec-fetch-site": "same-origin" },
    { ...fromBrowser, host: "evil.test" },
  ];
  for (const headers of foreign) assert.equal((await send(url, { confirmation }, headers)).status, 403, JSON.stringify(headers));
  for (const wrong of ["", "x", confirmation.slice(1), `${confirmation}0`])
    assert.equal((await send(url, { confirmation: wrong })).status, 403);
  const types = ["application/json", "text/plain", "multipart/form-data; boundary=x"];
  for (const type of types) assert.equal((await call(url, { body: "{}", headers: { ...fromBrowser, "content-type": type } })).status, 415);
  assert.equal((await call(url, { body: `confirmation=%ff${confirmation}`, headers: fromBrowser })).status, 400);
  assert.equal((await call(url, { body: Buffer.alloc(1024 * 1024, "a"), headers: fromBrowser })).status, 413);
  const overSocket = await door.call({
    path: url.replace(publicUrl, ""),
    body: `confirmation=${confirmation}`,
    headers: { origin: publicUrl },
  });
  assert.equal(overSocket.status, 403);
  assert.equal(stored()?.status, "open");
  assert.equal((await send(url, { confirmation }, { origin: "https://worker.example.com" })).status, 200);
});

test("under the public name nothing else is reached, and each error there is a page", async (t) => {
  const { call, door, link } = await linked(t);
  for (const path of ["/health", "/docs", "/api/v1/tasks", "/", "/answer/", "/mcp"]) assert.equal((await call(path)).status, 403, path);
  const { status, headers, text } = await call(`${link("allow")}x`);
  assert.deepEqual([status, headers["content-type"]], [404, "text/html; charset=utf-8"]);
  assert.match(text, /<h1 class="problem">This link answers nothing<\/h1><p>It is not whole/);
  assert.deepEqual(
    door.door.pages.map(({ method, path }) => `${method} ${path}`),
    ["GET /answer/{link}", "POST /answer/{link}"],
  );
});

test("a link ends with its question's time, and after a day at the latest", async (t) => {
  const { call, press, link, ask, clock } = await linked(t);
  const [late, soon] = [link("allow"), link("allow", await ask({ key: "k2" }, clock.nowMs + 60_000))];
  clock.nowMs += 61_000;
  assert.deepEqual([(await call(soon)).status, (await call(late)).status], [410, 200]);
  clock.nowMs += 86_400_000;
  const { status, text } = await press(late);
  assert.deepEqual([status, /This link has expired.*It is too old/.test(text)], [410, true]);
});

test("a link that has ended does not tell what was answered", async (t) => {
  const { call, send, press, link, linksOf, clock } = await linked(t);
  const { page } = linksOf();
  assert.equal((await press(link("deny"))).status, 200);
  assert.match((await call(page)).text, /answered by the channel phone/);
  clock.nowMs += 86_401_000;
  for (const { status, text } of [await call(page), await send(page, { confirmation: "x" })])
    assert.deepEqual([status, /phone|denied/.test(text)], [410, false]);
});

test("a channel's rights count when its link is used", async (t) => {
  const { api, owner, call, send, link, linksOf, channel, stored } = await linked(t);
  const [allow, page] = [link("allow"), linksOf().page];
  const confirmation = confirmationIn((await call(page)).text);
  await api.removeChannel({ id: channel }, owner);
  for (const { status, text } of [await call(allow), await send(page, { confirmation, option: "0" })]) {
    assert.deepEqual([status, /channel .* was removed/.test(text)], [403, true]);
  }
  assert.equal(stored()?.status, "open");
});

test("a channel for content gives no permission, whatever its link says", async (t) => {
  const { call, link, stored } = await linked(t, permission, "content");
  assert.equal((await call(link("allow"))).status, 403);
  assert.equal(stored()?.status, "open");
});

test("what the page does not show whole cannot be allowed with its links", async (t) => {
  const { press, link, linksOf, call, stored } = await linked(t, { ...permission, input: { command: "x".repeat(30_000) } });
  assert.match((await call(linksOf().page)).text, /too long for this page/);
  assert.ok(!/Allow/.test((await call(linksOf().page)).text));
  assert.equal((await press(link("allow"))).status, 403);
  assert.equal((await press(linksOf().page, { option: "1" })).status, 400);
  assert.equal(stored()?.status, "open");
  assert.equal((await press(link("deny"))).status, 200);
});

test("a link makes no rule for the directory", async (t) => {
  const { links, store, question, channel, clock, call, press } = await linked(t);
  const page = links?.linksOf(question, channel, ["always"], clock.nowMs);
  assert.equal((await press(page?.options[0]?.url ?? "")).status, 403);
  assert.ok(!/always/i.test((await call(page?.page ?? "")).text));
  assert.deepEqual(store.rules.list(), []);
});
