/** What the connection to Slack withstands, and when an answer is acknowledged. */
import assert from "node:assert/strict";
import dns from "node:dns";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { SMTPServer } from "smtp-server";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { ArrivedAnswer, TakenAnswer } from "../../../src/domain/notifications/arrived-answer.ts";
import type { Channel } from "../../../src/domain/notifications/channel.ts";
import { slackSource } from "../../../src/notifications/answers/slack-source.ts";
import { slackWords } from "../../../src/notifications/answers/slack-words.ts";
import type { Reading } from "../../../src/notifications/answers/source.ts";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { slackAppToken, slackBotToken, slackChannel, slackStandIn } from "../../../testing/slack.ts";
import { receiver } from "../../../testing/receiver.ts";
import { until } from "../../../testing/wait.ts";

const me = "U0ME000001";
const short = { callMs: 3000, helloMs: 3000, pingMs: 500, silenceMs: 4000 };

interface Parts {
  readonly url: string;
  take?(answer: ArrivedAnswer): Promise<TakenAnswer>;
}

function readingOf({ url, take = () => Promise.reject(new Error("none is expected")) }: Parts): Reading {
  const target = { url, chat: slackChannel };
  const answering = { kind: "slack", answers: "permissions", answerFrom: [me] } as const;
  const channel: Channel = { id: 1, ...plainChannel({ ...answering, target, allowPrivate: true }) };
  const destination = { target, secret: `${slackBotToken}\n${slackAppToken}`, allowPrivate: true };
  return {
    destination,
    destinationOf: () => destination,
    channels: () => [channel],
    position: () => null,
    waitsSince: () => 0,
    take,
    seen: () => Promise.resolve(),
    isBehind: () => false,
    caughtUp: () => {},
    works: () => {},
  };
}

/** What reading ends with. */
async function problemOf(parts: Parts, times: object = short): Promise<string> {
  const never = new AbortController();
  return await slackSource(times)
    .read(readingOf(parts), never.signal)
    .then(
      () => "closed",
      (error: Error) => error.message,
    );
}

/** An API that names this address for the connection. */
async function apiWith(t: TestContext, address: string): Promise<string> {
  const hook = await receiver(t);
  hook.answer = (_, response) => void response.end(JSON.stringify({ ok: true, url: address }));
  return hook.url;
}

/** A server of connections that does as the test says. */
async function socketServer(t: TestContext, upgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void): Promise<string> {
  const streams: Duplex[] = [];
  const server = createServer();
  server.on("upgrade", (request, stream, head) => {
    streams.push(stream);
    stream.on("error", () => {});
    upgrade(request, stream, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => {
    for (const stream of streams) stream.destroy();
    server.close();
  });
  return await apiWith(t, `ws://localhost:${(server.address() as AddressInfo).port}/link/?ticket=verysecret`);
}

/** @param isAlive whether it answers to pings. */
async function talker(t: TestContext, talk: (socket: WebSocket) => void, isAlive = false): Promise<string> {
  const upgrades = new WebSocketServer({ noServer: true, autoPong: isAlive });
  return await socketServer(t, (request, stream, head) => upgrades.handleUpgrade(request, stream, head, talk));
}

const disconnect = (reason: string): string => JSON.stringify({ type: "disconnect", reason });
const hello = JSON.stringify({ type: "hello", num_connections: 1 });

test("a press is acknowledged when its answer is stored, and not before", async (t) => {
  const slack = await slackStandIn(t);
  const stored = Promise.withResolvers<TakenAnswer>();
  const taken: ArrivedAnswer[] = [];
  const take = (answer: ArrivedAnswer): Promise<TakenAnswer> => {
    taken.push(answer);
    return stored.promise;
  };
  const stop = new AbortController();
  const done = slackSource().read(readingOf({ url: slack.url, take }), stop.signal);
  await until("the connection", () => slack.connections() === 1);
  const id = slack.tap({ user: me, value: "abc.1" });
  await until("the press", () => taken.length === 1);
  // What was sent before is there, too, when the answer to a ping is.
  await slack.roundTrip();
  assert.equal(slack.isAcked(id), false);
  stored.resolve({ kind: "answered", text: "q1: allowed", channelId: 1 });
  await slack.acknowledged(id);
  assert.deepEqual(taken, [{ message: { code: "abc" }, choice: { option: 1 }, sender: { chat: slackChannel, user: me }, position: null }]);
  await until("the note", () => slack.notes.length === 1);
  stop.abort();
  await done;
  assert.equal(slack.connections(), 0);
});

test("what could not be stored is not acknowledged, and comes again", async (t) => {
  const slack = await slackStandIn(t);
  const broken = { url: slack.url, take: () => Promise.reject(new Error("The disk is full.")) };
  const done = problemOf(broken, {});
  await until("the connection", () => slack.connections() === 1);
  slack.write({ user: me, text: "Green", thread: "1796000000.000001" });
  assert.equal(await done, "The disk is full.");
  await until("the reply that waits", () => slack.pending() === 1 && slack.connections() === 0);
  const stop = new AbortController();
  const taken: ArrivedAnswer[] = [];
  const take = (answer: ArrivedAnswer): Promise<TakenAnswer> => {
    taken.push(answer);
    return Promise.resolve({ kind: "unknown", text: "", channelId: null });
  };
  const again = slackSource().read(readingOf({ url: slack.url, take }), stop.signal);
  await until("the acknowledged reply", () => slack.pending() === 0 && taken.length === 1);
  stop.abort();
  await again;
});

test("a connection goes only to addresses that notifications may reach", async (t) => {
  const to = async (address: string): Promise<string> => await problemOf({ url: await apiWith(t, address) });
  assert.equal(
    await to("ws://169.254.169.254/link"),
    "169.254.169.254 is never notified: it is link-local, where clouds give out credentials.",
  );
  assert.equal(
    await to("wss://[::ffff:169.254.169.254]/"),
    "::ffff:a9fe:a9fe is never notified: it is link-local, where clouds give out credentials.",
  );
  assert.equal(await to("https://127.0.0.1/"), "The address of the connection that Slack gave is not one of a WebSocket (wss://).");
  assert.equal(await to("ws+unix:///tmp/socket:/x"), "The address of the connection that Slack gave is not one of a WebSocket (wss://).");
  assert.match(await to("wss://me:verysecret@127.0.0.1/"), /must not hold a user name or a password\.$/);
});

test("a connection goes to the address that was judged, and asks for no other one", async (t) => {
  const url = await talker(t, (socket) => [hello, disconnect("link_disabled")].forEach((text) => socket.send(text)));
  const asked = t.mock.method(dns, "lookup", () => assert.fail("the name is resolved once"));
  assert.match(await problemOf({ url }), /^Socket Mode of the app is off/);
  assert.equal(asked.mock.callCount(), 0);
});

test("a connection needs a certificate that this machine trusts", async (t) => {
  // Its certificate is of its own making.
  const server = new SMTPServer({ secure: true });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  const problem = await problemOf({ url: await apiWith(t, `wss://localhost:${port}/?ticket=verysecret`) }, { callMs: 10_000 });
  assert.match(problem, /^The connection to Slack could not be used \((?:DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+|ERR_TLS_CERT_\w+)\)\.$/);
});

test("a private address is refused where the channel may not send there", async () => {
  const { openSocket } = await import("../../../src/notifications/answers/slack-socket.ts");
  const limits = { allowPrivate: false, handshakeMs: 100, pingMs: 100, silenceMs: 100 };
  const { signal } = new AbortController();
  await assert.rejects(openSocket("wss://10.0.0.1/?ticket=verysecret", limits, signal), /^Error: 10\.0\.0\.1 is private; [^/]*$/);
  await assert.rejects(
    openSocket("wss://localhost/?ticket=verysecret", limits, signal),
    /^Error: localhost has the address .* is private; [^/]*$/,
  );
  await assert.rejects(
    openSocket("ws://example.com/?ticket=verysecret", limits, signal),
    /must begin with wss:\/\/; ws:\/\/ needs --allow-private\.$/,
  );
});

test("a connection that hangs, breaks the rules or floods is ended with a sentence", async (t) => {
  const problem = async (url: string): Promise<string> => {
    const said = await problemOf({ url });
    assert.doesNotMatch(said, /verysecret|StandIn|standin/);
    return said;
  };
  const answered = (head: string) => socketServer(t, (_, stream) => void stream.end(`HTTP/1.1 ${head}\r\ncontent-length: 0\r\n\r\n`));
  assert.equal(await problem(await socketServer(t, () => {})), "Slack did not answer in time.");
  assert.equal(
    await problem(await answered("302 Found\r\nlocation: ws://127.0.0.1:1/")),
    "Slack answered 302 in the place of a connection: a redirect, which is not followed.",
  );
  assert.equal(await problem(await answered("404 Not Found")), "Slack answered 404 in the place of a connection.");
  assert.equal(await problem(await talker(t, (socket) => socket.send("x".repeat(10_000_000)))), "Slack sent a message that is too long.");
  assert.equal(await problem(await talker(t, (socket) => socket.close())), "Slack ended the connection before it began.");
  assert.equal(await problem(await talker(t, () => {}, true)), "Slack did not begin the connection in time.");
  const says = (...texts: string[]) => talker(t, (socket) => texts.forEach((text) => socket.send(text)));
  assert.match(
    await problem(await says(hello, disconnect("link_disabled"))),
    /^Socket Mode of the app is off \(link_disabled\)\. Turn it on/,
  );
  assert.match(await problem(await says(disconnect("too_many_websockets"))), /^The app has too many connections \(too_many_websockets\)\./);
  const nonsense = [
    "",
    "null",
    "[1]",
    '{"type":"x","envelope_id":7}',
    '{"type":"interactive","payload":{"type":"block_actions","actions":[7]}}',
  ];
  const silent = await talker(t, (socket) => {
    for (const text of [hello, ...nonsense]) socket.send(text);
    socket.send(Buffer.from("binary"));
  });
  assert.equal(await problem(silent), "Slack was silent for too long.");
  const broken = await socketServer(t, (request, stream, head) =>
    new WebSocketServer({ noServer: true }).handleUpgrade(request, stream, head, (socket) => {
      socket.on("error", () => {});
      stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    }),
  );
  assert.match(await problem(broken), /^The connection to Slack could not be used \(WS_ERR_\w+\)\.$/);
});

test("an API that hangs, redirects, floods or answers nonsense is named", async (t) => {
  const hook = await receiver(t);
  const problem = async (answer: typeof hook.answer): Promise<string> => {
    hook.answer = answer;
    return await problemOf({ url: hook.url });
  };
  assert.equal(await problem(() => {}), "The receiver did not answer in time.");
  assert.equal(
    await problem((_, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()),
    "Slack answered 302, a redirect, which is not followed.",
  );
  assert.equal(await problem((_, response) => void response.end("x".repeat(10_000_000))), "Slack's answer is not one of its API.");
  assert.equal(await problem((_, response) => void response.end("<html>")), "Slack's answer is not one of its API.");
  assert.equal(await problem((_, response) => void response.writeHead(503).end()), "Slack answered 503.");
  const json = (body: object) => problem((_, response) => void response.end(JSON.stringify(body)));
  assert.equal(await json({ ok: false, error: "fatal_error" }), "Slack answered fatal_error.");
  assert.equal(await json({ ok: false, error: `Bearer ${slackAppToken}` }), "Slack's answer is not one of its API.");
  assert.match(
    await json({ ok: false, error: "missing_scope", needed: "connections:write" }),
    /^A scope is missing for .*: connections:write\./,
  );
  assert.equal(await json({ ok: true }), "The address of the connection that Slack gave is not one of a WebSocket (wss://).");
});

test("an API that ends each connection at once is asked for the next one with pauses", async (t) => {
  const opened: number[] = [];
  const url = await talker(t, (socket) => {
    opened.push(performance.now());
    for (const text of [hello, disconnect("refresh_requested")]) socket.send(text);
  });
  const stop = new AbortController();
  const done = slackSource({ renewMs: 1000 }).read(readingOf({ url }), stop.signal);
  await until("three connections", () => opened.length >= 3);
  stop.abort();
  await done.catch(() => undefined);
  assert.ok((opened[2] ?? 0) - (opened[0] ?? 0) > 1000, String(opened));
});

test("words are read as a person typed them", () => {
  const typed: readonly (readonly [string, string])[] = [
    ["plain words", "plain words"],
    ["1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"],
    ["&amp;lt;", "&lt;"],
    ["see <https://a.example/x?a=1&amp;b=2>", "see https://a.example/x?a=1&b=2"],
    ["<http://a.example|a.example> <http://a.example/|a.example>", "a.example a.example"],
    ["<https://a.example|docs>", "docs (https://a.example)"],
    ["<mailto:a@b.example|a@b.example> <tel:123|123>", "a@b.example 123"],
    ["<@U0ME000001> <@U0ME000001|me> <#C01|general> <!here> <!subteam^S1|@ops>", "@U0ME000001 @me #general @here @ops"],
  ];
  for (const [text, words] of typed) assert.equal(slackWords(text), words);
});
