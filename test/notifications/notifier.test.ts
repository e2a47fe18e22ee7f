import assert from "node:assert/strict";
import dns from "node:dns";
import { test } from "node:test";
import { noRules } from "../../src/domain/notifications/rules.ts";
import { mailServer } from "../../testing/mail-server.ts";
import { until } from "../../testing/wait.ts";
import { secret, setup } from "./setup.ts";

const isDelivered = ({ state }: { state: string }): boolean => state === "delivered";

test("the end of a task arrives as a signed webhook, once", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  await add("ops");
  await notifier.start();
  await end("completed");
  const { messageId } = await delivery(1, isDelivered);
  await end("failed");
  await delivery(2, isDelivered);
  assert.equal(hook.received.length, 2);
  const [first] = hook.received;
  assert.ok(first !== undefined);
  assert.deepEqual([first.method, first.path, first.headers["content-type"]], ["POST", "/hook", "application/json"]);
  assert.equal(first.headers["webhook-id"], messageId);
  assert.match(String(first.headers["webhook-signature"]), /^v1,[A-Za-z0-9+/]{43}=$/);
  const message = hook.verify(first, secret);
  assert.equal(message["type"], "task.completed");
  assert.ok(Math.abs(Date.parse(String(message["timestamp"])) - Date.now()) < 60_000);
  const task = { id: 1, name: null, title: "write a haiku", status: "completed", labels: {} };
  assert.deepEqual(message["data"], {
    event: "completed",
    title: "Task 1 completed",
    text: "write a haiku",
    task,
    hold: null,
    question: null,
  });
  assert.throws(() => hook.verify({ ...first, text: first.text.replace("completed", "exploded") }, secret));
});

test("what was stored while no server ran is sent by the next one", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  await add("ops");
  await end();
  await notifier.start();
  await delivery(1, isDelivered);
  await notifier.stop();
  await notifier.start();
  await end();
  await delivery(2, isDelivered);
  assert.equal(hook.received.length, 2);
});

test("a receiver that fails is tried again for a day under one id, then given up", async (t) => {
  const { notifier, hook, clock, add, end, delivery } = await setup(t);
  hook.answer = (_, response) => void response.writeHead(500).end("secret of the receiver");
  await add("ops");
  await end();
  const from = clock.nowMs;
  for (let tries = 1; tries <= 10; tries += 1) {
    await notifier.start();
    const failed = await delivery(1, (each) => each.tries === tries && each.nextTryAt > clock.nowMs);
    assert.deepEqual([failed.state, failed.lastError], ["pending", "The receiver answered 500."]);
    await notifier.stop();
    clock.nowMs = failed.nextTryAt;
  }
  await notifier.start();
  const dead = await delivery(1, ({ state }) => state === "dead");
  assert.deepEqual([dead.tries, dead.endedAt], [11, clock.nowMs]);
  const hours = (clock.nowMs - from) / 3_600_000;
  assert.ok(hours > 23 && hours < 25, `${hours} hours`);
  assert.equal(new Set(hook.received.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(hook.received.map(({ text }) => text)).size, 1);
});

test("a dead message that is replayed arrives under the same id", async (t) => {
  const { notifier, store, hook, clock, add, end, delivery } = await setup(t);
  hook.answer = (_, response) => void response.writeHead(410).end();
  await add("ops");
  await notifier.start();
  await end();
  const { lastError, tries } = await delivery(1, ({ state }) => state === "dead");
  assert.deepEqual([lastError, tries], ["The receiver answered 410: it wants no more messages.", 1]);
  hook.answer = (_, response) => void response.writeHead(200).end();
  await store.write(() => store.notifications.replay(1, clock.nowMs));
  await delivery(1, isDelivered);
  assert.equal(hook.received[0]?.headers["webhook-id"], hook.received[1]?.headers["webhook-id"]);
});

test("a receiver that names a time is tried again after it", async (t) => {
  const { notifier, hook, clock, add, end, delivery } = await setup(t);
  hook.answer = (_, response) => void response.writeHead(429, { "retry-after": "600" }).end();
  await add("ops");
  await notifier.start();
  await end();
  const { nextTryAt } = await delivery(1, ({ lastError }) => lastError !== null);
  assert.equal(nextTryAt, clock.nowMs + 600_000);
});

test("a redirect is not followed", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  hook.answer = (_, response) => void response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data" }).end();
  await add("ops");
  await notifier.start();
  await end();
  const { lastError } = await delivery(1, (each) => each.lastError !== null);
  assert.match(lastError ?? "", /307, a redirect, which is not followed/);
  assert.equal(hook.received.length, 1);
});

test("a receiver that hangs is given up in time and holds up no other", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t, { answerMs: 300 });
  hook.answer = ({ path }, response) => {
    if (path === "/hangs") response.writeHead(200).write("…");
    else response.writeHead(204).end();
  };
  await add("hangs", ["completed"], { target: { url: hook.url.replace("/hook", "/hangs") } });
  await add("works");
  await notifier.start();
  await end();
  await delivery(2, isDelivered);
  const { lastError } = await delivery(1, (each) => each.lastError !== null);
  assert.equal(lastError, "The receiver did not answer in time.");
});

test("the name of a receiver is resolved once, and only those addresses count", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  await add("ops", ["completed"], { target: { url: hook.url.replace("127.0.0.1", "localhost") } });
  // What a second look would find.
  t.mock.method(dns, "lookup", () => assert.fail("the name was resolved again"));
  await notifier.start();
  await end();
  await delivery(1, isDelivered);
  assert.match(String(hook.received[0]?.headers.host), /^localhost:/);
});

test("nothing that waits means no timer", async (t) => {
  const { notifier, add, end, delivery, hook } = await setup(t);
  const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === "Timeout").length;
  const before = timers();
  await add("ops");
  await notifier.start();
  assert.equal(timers(), before);
  hook.answer = (_, response) => void response.writeHead(500).end();
  await end();
  await delivery(1, ({ lastError }) => lastError !== null);
  await until("one timer for the next try", () => timers() === before + 1);
});

test("an endless answer is read up to a limit", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t, { answerMs: 10_000 });
  let written = 0;
  hook.answer = (_, response) => {
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed && response.write("x".repeat(16_384))) written += 16_384;
    };
    response.on("drain", write);
    write();
  };
  await add("ops");
  await notifier.start();
  await end();
  await delivery(1, isDelivered);
  assert.ok(written < 50_000_000, `${written} bytes`);
});

test("a private address is refused unless the channel allows it", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  const url = hook.url.replace("http://127.0.0.1", "https://localhost");
  await add("ops", ["completed"], { allowPrivate: false, target: { url } });
  await notifier.start();
  await end();
  const { lastError } = await delivery(1, (each) => each.lastError !== null);
  assert.match(lastError ?? "", /^localhost has the address .*, which is private/);
  assert.equal(hook.received.length, 0);
});

test("a message has no secrets and no characters that hide or turn text", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  await add("ops");
  await notifier.start();
  await end("failed", "use hun\u200Bter22 \u202Enow\u001B[31m red");
  await delivery(1, isDelivered);
  const { data } = hook.received[0]?.json() ?? {};
  assert.deepEqual((data as { text: string; task: { title: string } }).text, "use [redacted] now red");
  assert.doesNotMatch(hook.received[0]?.text ?? "", /hunter22|[\u200b\u202e\u001b]/);
});

test("messages of one channel arrive in their order", async (t) => {
  const { notifier, hook, add, end, delivery } = await setup(t);
  await add("ops");
  for (let count = 0; count < 5; count += 1) await end();
  await notifier.start();
  await delivery(5, isDelivered);
  const tasks = hook.received.map((each) => (each.json()["data"] as { task: { id: number } }).task.id);
  assert.deepEqual(tasks, [1, 2, 3, 4, 5]);
});

test("a message that was sent is not sent again because it could not be marked", async (t) => {
  const { notifier, store, hook, add, end } = await setup(t);
  await add("ops");
  let refused = 0;
  const write = store.write.bind(store);
  hook.answer = (_, response) => {
    // The disk is full from the answer on.
    store.write = async () => {
      refused += 1;
      throw new Error("full");
    };
    response.writeHead(204).end();
  };
  await end();
  await notifier.start();
  await until("a mark that failed", () => refused > 0);
  store.write = write;
  await end();
  await until("both messages", () => hook.received.length === 2, 60_000);
  const ids = hook.received.map(({ headers }) => headers["webhook-id"]);
  assert.equal(new Set(ids).size, 2);
});

test("a server that may not write any more sends nothing", async (t) => {
  const { notifier, hook, add, end, open } = await setup(t);
  await add("ops");
  await end();
  open();
  await notifier.start();
  // Only time can show that nothing comes.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await notifier.stop();
  assert.equal(hook.received.length, 0);
});

test("a wait that a clock set back made too long is shortened at the start", async (t) => {
  const { notifier, hook, clock, store, add, end, delivery } = await setup(t);
  await add("ops");
  await end();
  await store.write(() => store.notifications.failed(1, { error: "e", nextTryAt: clock.nowMs + 3 * 86_400_000, now: clock.nowMs }));
  await notifier.start();
  await delivery(1, isDelivered);
  assert.equal(hook.received.length, 1);
});

test("nothing is sent in quiet hours but tests, and everything at their end", async (t) => {
  const { notifier, store, hook, clock, add, end, delivery } = await setup(t);
  clock.nowMs = new Date(2026, 10, 29, 23, 30).getTime();
  const quiet = { from: "22:00", to: "07:00" };
  const channel = await add("ops", ["failed"], { rules: { ...noRules, quiet } });
  await notifier.start();
  await end("failed");
  const morning = new Date(2026, 10, 30, 7, 0).getTime();
  const { tries } = await delivery(1, ({ nextTryAt }) => nextTryAt === morning);
  assert.equal(tries, 0);
  const content = { title: "Test", text: "", task: null, hold: null, question: null };
  await store.write(() =>
    store.notifications.queue({ channelId: channel, event: "test", taskId: null, occurrence: "1", content, at: clock.nowMs }),
  );
  await delivery(2, isDelivered);
  assert.equal(hook.received.length, 1);
  await notifier.stop();
  clock.nowMs = morning;
  await notifier.start();
  await delivery(1, isDelivered);
});

test("what happened to a task meanwhile is one message for people, each for programs", async (t) => {
  const { notifier, store, hook, add, ask, delivery, submit } = await setup(t);
  const { origin } = new URL(hook.url);
  const phone = await add("phone", ["question", "completed"], { kind: "ntfy", target: { url: `${origin}/topic` } });
  await add("program", ["question", "completed"]);
  const { id } = await submit();
  await ask(id, "May it do 1?", "May it do 2?");
  await notifier.start();
  for (const each of store.notifications.deliveries({ limit: 10 })) await delivery(each.id, ({ state }) => state !== "pending");
  const states = store.notifications.deliveries({ channelId: phone, limit: 10 }).map(({ state, mergedInto }) => [state, mergedInto]);
  assert.deepEqual(states, [
    ["merged", 1],
    ["delivered", null],
  ]);
  const [toPhone] = hook.received.filter(({ path }) => path === "/").map((each) => each.json());
  assert.deepEqual(
    [toPhone?.["title"], toPhone?.["message"]],
    [
      "Task 1 asks 2 questions",
      "Fix the flaky test\nMay it do 1?\nAnswer: claude-worker answer q1\nMay it do 2?\nAnswer: claude-worker answer q2",
    ],
  );
  assert.equal(hook.received.filter(({ path }) => path === "/hook").length, 2);
});

test("a digest is one message a day, the same one when it is tried again", async (t) => {
  const { notifier, store, hook, clock, add, end, delivery } = await setup(t);
  hook.answer = (_, response) => void response.writeHead(hook.received.length === 1 ? 500 : 204).end();
  await add("mail", ["digest"], { rules: { ...noRules, digestAt: "07:30" } });
  await notifier.start();
  await end("completed");
  await end("failed");
  await notifier.stop();
  assert.equal(hook.received.length, 0);
  clock.nowMs = store.notifications.delivery(1)?.nextTryAt ?? 0;
  await notifier.start();
  const { nextTryAt } = await delivery(1, ({ lastError }) => lastError !== null);
  await notifier.stop();
  await end("failed");
  clock.nowMs = nextTryAt;
  await notifier.start();
  await delivery(1, isDelivered);
  const [first, again] = hook.received;
  assert.equal(first?.text, again?.text);
  const { data, type } = hook.verify(again ?? assert.fail(), secret) as { type: string; data: { title: string; digest: object } };
  assert.deepEqual(
    [type, data.title, data.digest],
    ["digest", "Digest: 1 completed, 1 failed", { completed: 1, failed: 1, questions: 0, holds: 0 }],
  );
});

test("a question is sent once more only while it has no answer", async (t) => {
  const { notifier, store, hook, clock, add, ask, submit, delivery } = await setup(t);
  await add("phone", ["question"], { rules: { ...noRules, escalateAfterMs: 60_000 } });
  const [open, superseded] = [await submit(), await submit()];
  await notifier.start();
  await ask(open.id, "May it push?");
  const [other = 0] = await ask(superseded.id, "May it pull?");
  await delivery(1, isDelivered);
  await delivery(3, isDelivered);
  await notifier.stop();
  await store.write(() => store.questions.supersede(other, true));
  clock.nowMs += 60_000;
  await notifier.start();
  await delivery(2, isDelivered);
  await until("the end of the escalation", () => store.notifications.delivery(4) === null);
  const titles = hook.received.map((each) => (each.json()["data"] as { title: string }).title);
  assert.deepEqual(titles, ["Task 1 asks", "Task 2 asks", "Task 1 still waits for an answer"]);
});

test("labels of links have no secrets and no hidden characters", async (t) => {
  const options = [{ label: "use hunter22\u202e", url: "https://w.example/1" }];
  const { notifier, hook, add, start, ask } = await setup(t, {
    links: ({ id }) => ({ question: id, page: "https://w.example/2", options }),
  });
  await add("ops", ["question"]);
  await ask((await start()).task.id, "Which?");
  await notifier.start();
  const sent = await until("the message", () => hook.received[0]);
  const { links } = sent.json()["data"] as { links: { options: { label: string }[] }[] };
  assert.equal(links[0]?.options[0]?.label, "use [redacted]\\u202e");
});

test("a message has the links of its open questions, signed for each try", async (t) => {
  let signed = 0;
  const links: NonNullable<Parameters<typeof setup>[1]>["links"] = ({ id }, { name }) =>
    name === "quiet" ? null : { question: id, page: `https://w.example/${++signed}`, options: [] };
  const { notifier, store, hook, clock, add, start, ask, delivery } = await setup(t, { links });
  await add("ops", ["question", "completed"]);
  await add("quiet", ["question"]);
  const { task } = await start();
  const [first = 0] = await ask(task.id, "May it?");
  hook.answer = (_, response) => void response.writeHead(500).end();
  await notifier.start();
  await delivery(2, ({ lastError }) => lastError !== null);
  const { nextTryAt } = await delivery(1, ({ lastError }) => lastError !== null);
  await notifier.stop();
  await store.write(() => store.questions.answer(first, { decision: "deny" }, "me", clock.nowMs));
  clock.nowMs = nextTryAt;
  hook.answer = (_, response) => void response.writeHead(204).end();
  await ask(task.id, "Or this?");
  await notifier.start();
  for (const id of [1, 2, 3, 4]) await delivery(id, isDelivered);
  const sent = hook.received.map((each) => each.json()["data"] as { question: { id: number }; links?: { page: string }[] });
  const pages = sent.map(({ question, links: own }) => `${question.id} ${own?.[0]?.page.slice(-1) ?? "-"}`);
  assert.deepEqual(pages.toSorted(), ["1 -", "1 -", "1 -", "1 1", "2 -", "2 2"]);
});

test("a greylisted recipient gets its mail after a restart, the others none again", async (t) => {
  const { notifier, make, clock, add, end, delivery } = await setup(t);
  const later = new Set(["late@example.com"]);
  const { port, mails } = await mailServer(t, {
    onAuth: (_, __, done) => done(null, { user: "me" }),
    onRcptTo: ({ address }, _, done) => done(later.has(address) ? Object.assign(new Error("not now"), { responseCode: 451 }) : null),
  });
  const target = { to: "a@example.com, late@example.com", from: "w@example.com", url: `smtp://me@127.0.0.1:${port}` };
  await add("mail", ["completed"], { kind: "email", target });
  await notifier.start();
  await end();
  const { lastError, nextTryAt } = await delivery(1, (each) => each.lastError !== null);
  assert.match(lastError ?? "", /takes the mail for late@example\.com later only\. The other recipients have the mail\.$/);
  await notifier.stop();
  clock.nowMs = nextTryAt;
  later.clear();
  await make().start();
  const sent = await delivery(1, isDelivered);
  assert.deepEqual([sent.tries, sent.lastError], [2, null]);
  assert.deepEqual(
    mails.map(({ to }) => to),
    [["a@example.com"], ["late@example.com"]],
  );
});
