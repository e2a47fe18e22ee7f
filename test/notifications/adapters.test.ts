/**
 * Each kind of channel against a stand-in on loopback that checks the shape that the service
 * documents, or against the real thing where there is one: a mail server, a program.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { ChannelForm, ChannelTarget } from "../../src/domain/notifications/channel.ts";
import type { DeliveryEvent } from "../../src/domain/notifications/notification.ts";
import type { Rest } from "../../src/domain/notifications/delivery.ts";
import type { Sent } from "../../src/notifications/adapter.ts";
import { createAdapters } from "../../src/notifications/adapters.ts";
import { desktopAdapter } from "../../src/notifications/local.ts";
import type { Message } from "../../src/notifications/message.ts";
import { mailServer } from "../../testing/mail-server.ts";
import type { Mail } from "../../testing/mail-server.ts";
import { ntfyStandIn } from "../../testing/ntfy.ts";
import { receiver } from "../../testing/receiver.ts";
import { slackBotToken, slackChannel, slackStandIn } from "../../testing/slack.ts";
import { until } from "../../testing/wait.ts";
import { scratchDirectory } from "../store/setup.ts";

const delivered = { delivered: true };

function message(event: DeliveryEvent, title = "Task 42 failed", text = "<!channel> @everyone *bold* [a](https://b.example)"): Message {
  return { id: "msg_1", event, occurredAt: 1_796_000_000_000, title, text, task: null, hold: null, question: null, links: [] };
}

function send(kind: ChannelForm, what: Message, target: ChannelTarget, secret: string | null, limitMs = 10_000): Promise<Sent> {
  return createAdapters(process.env)[kind].send(what, { target, secret, allowPrivate: true }, AbortSignal.timeout(limitMs));
}

test("ntfy gets JSON at the root of its server, with the token", async (t) => {
  const hook = await receiver(t);
  const target = { url: hook.url.replace("/hook", "/base/my-topic") };
  assert.deepEqual(await send("ntfy", message("failed"), target, "tk_secret"), delivered);
  assert.deepEqual(await send("ntfy", message("completed", "Task 1 completed", ""), target, "me:pass"), delivered);
  const [first, second] = hook.received;
  assert.deepEqual([first?.method, first?.path, first?.headers.authorization], ["POST", "/base/", "Bearer tk_secret"]);
  const text = "<!channel> @everyone *bold* [a](https://b.example)";
  assert.deepEqual(first?.json(), { topic: "my-topic", title: "Task 42 failed", message: text, priority: 4, tags: ["x"] });
  assert.equal(second?.headers.authorization, `Basic ${Buffer.from("me:pass").toString("base64")}`);
  assert.deepEqual([second.json()["priority"], second.json()["message"]], [3, "Task 1 completed"]);
});

test("ntfy's own words say why it refuses", async (t) => {
  const hook = await receiver(t);
  hook.answer = (_, response) => void response.writeHead(401).end('{"code":40101,"http":401,"error":"unauthorized"}');
  const sent = await send("ntfy", message("failed"), { url: hook.url }, null);
  assert.equal(sent.delivered ? "" : sent.error, "The receiver answered 401. unauthorized");
});

test("Slack gets plain text in which nothing is a mention", async (t) => {
  const hook = await receiver(t);
  assert.deepEqual(await send("slack", message("failed"), {}, `${hook.url}/T0/B0/x`), delivered);
  const [request] = hook.received;
  assert.equal(request?.path, "/hook/T0/B0/x");
  const body = request.json() as { text: string; blocks: { type: string; text: { type: string; text: string } }[] };
  assert.equal(body.text, "Task 42 failed\n&lt;!channel&gt; \uff20everyone *bold* [a] (https://b.example)");
  assert.ok(!JSON.stringify(body).includes("@"), "Mattermost finds mentions in plain text");
  assert.deepEqual(
    body.blocks.map(({ type, text }) => [type, text.type]),
    [["section", "plain_text"]],
  );
  hook.answer = (_, response) => void response.writeHead(404).end("no_service");
  const refused = await send("slack", message("failed"), {}, hook.url);
  assert.equal(refused.delivered ? "" : refused.error, "The receiver answered 404. no_service");
});

test("an app of Slack posts plain text into its channel, and changes it later", async (t) => {
  const slack = await slackStandIn(t);
  const to = { target: { chat: slackChannel, url: slack.url }, secret: slackBotToken, allowPrivate: true };
  const sent = await send("slack_app", message("failed"), to.target, slackBotToken);
  const [posted] = slack.messages;
  assert.deepEqual(sent, { delivered: true, ref: `${slackChannel}:${posted?.ts}` });
  assert.equal(posted?.text, "Task 42 failed\n&lt;!channel&gt; \uff20everyone *bold* [a] (https://b.example)");
  assert.deepEqual(posted.sections, ["Task 42 failed\n<!channel> \uff20everyone *bold* [a](https://b.example)"]);
  const change = createAdapters({}).slack_app.asks?.change ?? assert.fail();
  const changed = (ref: string): Promise<Sent> => change(ref, { title: "Task 42 asked", text: "No." }, to, AbortSignal.timeout(10_000));
  assert.deepEqual(await changed(`${slackChannel}:${posted.ts}`), delivered);
  assert.deepEqual(posted.sections, ["Task 42 asked\nNo."]);
  const gone = await changed(`${slackChannel}:1.1`);
  assert.deepEqual(gone, { delivered: false, error: "Slack answered message_not_found.", retryAfterMs: null, isFinal: true });
  await send("slack_app", message("failed", "Task 42 failed", "&lt;".repeat(700)), to.target, slackBotToken);
  assert.equal(slack.messages.length, 2, "escapes do not make it too long");
  assert.deepEqual(slack.calls, ["chat.postMessage", "chat.update", "chat.update", "chat.postMessage"]);
});

test("an app of Slack says in words why a message does not arrive", async (t) => {
  const slack = await slackStandIn(t);
  const target = { chat: slackChannel, url: slack.url };
  const said = async (error: string | null, secret = slackBotToken): Promise<string> => {
    slack.state.errors.clear();
    if (error !== null) slack.state.errors.set("chat.postMessage", error);
    const sent = await send("slack_app", message("failed"), target, secret);
    return sent.delivered ? "" : sent.error;
  };
  assert.match(
    await said(null, "xoxb-another-token"),
    /^Slack refused the token of the bot \(xoxb-…\): invalid_auth\. .* notify edit NAME/,
  );
  assert.match(await said("token_revoked"), /^Slack refused the token of the bot/);
  assert.match(await said("not_in_channel"), /^The app is not in the channel \(not_in_channel\)\. Write there: \/invite @/);
  assert.match(await said("missing_scope"), /: chat:write\. Add it in the settings of the app, and install the app again\.$/);
  assert.equal(await said("is_archived"), "Slack answered is_archived.");
  slack.state.retryAfter = 30;
  slack.state.errors.set("chat.postMessage", "ratelimited");
  const limited = await send("slack_app", message("failed"), target, slackBotToken);
  assert.deepEqual(limited, { delivered: false, error: "Slack wants fewer messages (ratelimited).", retryAfterMs: 30_000 });
  const hook = await receiver(t);
  hook.answer = (_, response) => void response.writeHead(307, { location: slack.url }).end();
  const moved = await send("slack_app", message("failed"), { ...target, url: hook.url }, slackBotToken);
  assert.equal(moved.delivered ? "" : moved.error, "Slack answered 307, a redirect, which is not followed.");
  assert.equal(hook.received[0]?.headers.authorization, `Bearer ${slackBotToken}`);
});

test("words of a receiver that repeat the address are not shown", async (t) => {
  const hook = await receiver(t);
  hook.answer = (request, response) => void response.writeHead(404).end(`Cannot POST ${request.path}`);
  for (const secret of [`${hook.url}/services/T0000/XyZsecret123`, `${hook.url}/x?token=XyZsecret123`]) {
    const sent = await send("slack", message("failed"), {}, secret);
    assert.deepEqual([sent.delivered, sent.delivered ? "" : sent.error], [false, "The receiver answered 404."]);
  }
});

test("long texts stay below the limits of each chat", async (t) => {
  const hook = await receiver(t);
  const long = message("failed", "Task 42 failed", "_".repeat(5000));
  await send("slack", long, {}, hook.url);
  await send("discord", long, {}, hook.url);
  await send("telegram", long, { chat: "1", url: new URL(hook.url).origin }, "123456:abcdefghijklmnopqrstu");
  const [slack, discord, telegram] = hook.received.map((each) => each.json());
  assert.ok((slack as { blocks: { text: { text: string } }[] }).blocks.every(({ text }) => text.text.length <= 3000));
  assert.ok(String(discord?.["content"]).length <= 2000);
  assert.ok(String(telegram?.["text"]).length <= 4096);
});

test("ntfy gets no more bytes than make a message, also of letters that have several", async (t) => {
  const topics = await ntfyStandIn(t);
  const target = { url: `${topics.url}/my-topic` };
  const letters = ["\u65e5", "\u0416", "\u{1f6a7}", '"', "x"];
  for (const letter of letters) {
    const long = { ...message("question", letter.repeat(200), letter.repeat(2000)), links: asks.links };
    assert.deepEqual(await send("ntfy", long, target, null), delivered, letter);
  }
  for (const { message: text = "" } of topics.of("my-topic"))
    assert.match(text, /^.{500,}\u2026?\n.*deny: https:\/\/w\.example\/.*\nall of it: https:\S+$/s);
});

test("Discord gets escaped text that mentions no one and shows no preview", async (t) => {
  const hook = await receiver(t);
  assert.deepEqual(await send("discord", message("failed"), {}, hook.url), delivered);
  const body = hook.received[0]?.json();
  assert.deepEqual([body?.["allowed_mentions"], body?.["flags"]], [{ parse: [] }, 4]);
  assert.equal(
    body?.["content"],
    String.raw`Task 42 failed
\<!channel\> \@everyone \*bold\* \[a\]\(https\://b.example\)`,
  );
});

const url = (place: number): string => `https://w.example/answer/7.1.${place}.t8k2x0.${"0f".repeat(20)}`;
const options = [
  { label: "*al|low* @all", url: url(1) },
  { label: "deny", url: url(2) },
];
const asks: Message = { ...message("question", "Task 42 asks", "May it?"), links: [{ question: 7, page: url(0), options }] };

test("links that answer stand whole in each kind of message", async (t) => {
  const hook = await receiver(t);
  const telegram = { chat: "1", url: new URL(hook.url).origin };
  await send("slack", asks, {}, hook.url);
  await send("discord", asks, {}, hook.url);
  await send("telegram", asks, telegram, "123456:abcdefghijklmnopqrstu");
  await send("ntfy", asks, { url: hook.url }, null);
  await send("webhook", asks, { url: hook.url }, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const [slack, discord, chat, topic, program] = hook.received.map((each) => each.json());
  const names = `\uff20all: ${url(1)}\ndeny: ${url(2)}\nall of it: ${url(0)}`;
  assert.equal(chat?.["text"], `Task 42 asks\nMay it?\n*al|low* ${names}`);
  const [text, links] = (slack?.["blocks"] ?? []) as { text: object }[];
  assert.deepEqual(text?.text, { type: "plain_text", text: "Task 42 asks\nMay it?", emoji: false });
  const marked = `<${url(1)}|*al/low* \uff20all>\n<${url(2)}|deny>\n<${url(0)}|all of it>`;
  assert.deepEqual(links?.text, { type: "mrkdwn", text: marked, verbatim: true });
  const escaped = String.raw`\*al\|low\* \@all`;
  assert.equal(discord?.["content"], `Task 42 asks\nMay it?\n${escaped}: ${url(1)}\ndeny: ${url(2)}\nall of it: ${url(0)}`);
  assert.deepEqual([topic?.["click"], String(topic?.["message"]).split("\n").length], [url(0), 4]);
  assert.deepEqual((program?.["data"] as { links: object } | undefined)?.links, asks.links);
});

test("of many questions a message has the pages, as many as fit", async (t) => {
  const hook = await receiver(t);
  const many = {
    ...asks,
    text: "x".repeat(3000),
    links: Array.from({ length: 30 }, (_, index) => ({ question: index, page: url(0), options })),
  };
  await send("discord", many, {}, hook.url);
  const marked = many.links.map((each) => ({
    ...each,
    options: Array.from({ length: 4 }, () => ({ label: "&".repeat(200), url: url(1) })),
  }));
  await send("slack", { ...many, links: marked }, {}, hook.url);
  const content = String(hook.received[0]?.json()["content"]);
  assert.ok(content.length <= 2000 && content.includes(`\nq0: ${url(0)}\nq1: `) && content.endsWith(url(0)), content);
  const blocks = hook.received[1]?.json()["blocks"] as { text: { text: string } }[];
  assert.ok(blocks.every((block) => block.text.text.length <= 3000));
});

test("Discord's wait is kept", async (t) => {
  const hook = await receiver(t);
  hook.answer = (_, response) => void response.writeHead(429, { "retry-after": "1.5" }).end('{"message":"You are being rate limited."}');
  assert.deepEqual(await send("discord", message("failed"), {}, hook.url), {
    delivered: false,
    error: "The receiver answered 429. You are being rate limited.",
    retryAfterMs: 1500,
  });
});

test("a Telegram bot sends plain text to its chat", async (t) => {
  const hook = await receiver(t);
  const target = { chat: "-100123", url: new URL(hook.url).origin };
  assert.deepEqual(await send("telegram", message("question", "Task 42 asks"), target, "123456:abcdefghijklmnopqrstu"), delivered);
  assert.equal(hook.received[0]?.path, "/bot123456:abcdefghijklmnopqrstu/sendMessage");
  assert.deepEqual(hook.received[0].json(), {
    chat_id: "-100123",
    text: "Task 42 asks\n<!channel> \uff20everyone *bold* [a](https://b.example)",
    link_preview_options: { is_disabled: true },
  });
  hook.answer = (_, response) =>
    void response.writeHead(429).end('{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}');
  const sent = await send("telegram", message("failed"), target, "123456:abcdefghijklmnopqrstu");
  assert.deepEqual(sent, { delivered: false, error: "The receiver answered 429. Too Many Requests", retryAfterMs: 7000 });
});

test("mail goes to all recipients, signed in, under one id at each try", async (t) => {
  const { port, mails } = await mailServer(t);
  const target = { to: "a@example.com, b@example.com", from: "worker@example.com", url: `smtp://me%40example.com@127.0.0.1:${port}` };
  const sneaky = message("failed", "Task 42 failed\r\nBcc: c@example.com", "first line\n.\nlast line");
  assert.deepEqual(await send("email", sneaky, target, "right"), delivered);
  assert.deepEqual(await send("email", sneaky, target, "right"), delivered);
  const [mail, again] = mails;
  assert.deepEqual(
    [mail?.from, mail?.to, mail?.user, mail?.isTls],
    ["worker@example.com", ["a@example.com", "b@example.com"], "me@example.com", true],
  );
  assert.match(mail?.text ?? "", /^Message-ID: <msg_1@claude-worker>\r$/m);
  assert.doesNotMatch(mail?.text ?? "", /^Bcc:/m);
  assert.match(mail?.text ?? "", /first line\r\n\.\r\nlast line/);
  const idOf = (each: Mail | undefined): string | undefined => /^Message-ID: .*$/m.exec(each?.text ?? "")?.[0];
  assert.equal(idOf(mail), idOf(again));
});

test("a mail server that refuses is named without its words", async (t) => {
  const { port } = await mailServer(t, {
    onRcptTo: (_, __, done) => done(Object.assign(new Error("no such secret user"), { responseCode: 550 })),
  });
  const target = { to: "a@example.com", from: "w@example.com", url: `smtp://me@127.0.0.1:${port}` };
  const errorOf = (sent: Sent): string => (sent.delivered ? "" : sent.error);
  assert.equal(errorOf(await send("email", message("failed"), target, "wrong")), "The mail server refused the user or the password.");
  assert.equal(errorOf(await send("email", message("failed"), target, null)), "The mail server answered 550.");
  const gone = { ...target, url: "smtp://127.0.0.1:9" };
  await assert.rejects(send("email", message("failed"), gone, null), /^Error: The receiver could not be reached \(ECONNREFUSED\)\.$/);
});

test("mail that only some recipients get names the others, and is not sent again", async (t) => {
  const { port, mails } = await mailServer(t, {
    onRcptTo: ({ address }, __, done) =>
      done(address === "gone@example.com" ? Object.assign(new Error("no such user"), { responseCode: 550 }) : null),
  });
  const target = { to: "a@example.com, gone@example.com", from: "w@example.com", url: `smtp://127.0.0.1:${port}` };
  const problem = "The mail server refused gone@example.com. The other recipients have the mail.";
  assert.deepEqual(await send("email", message("failed"), target, null), { delivered: true, problem });
  assert.deepEqual(
    mails.map(({ to }) => to),
    [["a@example.com"]],
  );
});

test("a recipient that is greylisted is tried again alone, the others get one mail", async (t) => {
  const answers: Record<string, number> = { "later@example.com": 450, "gone@example.com": 550 };
  const { port, mails } = await mailServer(t, {
    onRcptTo: ({ address }, __, done) =>
      done(answers[address] === undefined ? null : Object.assign(new Error("not now"), { responseCode: answers[address] })),
  });
  const target = { to: "a@example.com, gone@example.com, later@Example.com", from: "w@example.com", url: `smtp://127.0.0.1:${port}` };
  const again = async (rest: Rest | null): Promise<Sent> =>
    await createAdapters(process.env).email.send(
      message("failed"),
      { target, secret: null, allowPrivate: true, rest },
      AbortSignal.timeout(10_000),
    );
  const refused = "The mail server refused gone@example.com. ";
  const others = "The other recipients have the mail.";
  const rest = { to: ["later@example.com"], refused: ["gone@example.com"] };
  const error = `${refused}The mail server takes the mail for later@example.com later only. ${others}`;
  assert.deepEqual(await again(null), { delivered: false, error, rest });
  assert.deepEqual(await again(rest), { delivered: false, error, rest }, "all of this try were refused");
  answers["later@example.com"] = 550;
  const all = "The mail server refused gone@example.com, later@example.com. ";
  assert.deepEqual(await again(rest), { delivered: true, problem: `${all}${others}` });
  delete answers["later@example.com"];
  assert.deepEqual(await again(rest), { delivered: true, problem: `${refused}${others}` });
  assert.deepEqual(
    mails.map(({ to }) => to),
    [["a@example.com"], ["later@example.com"]],
  );
  const gone = { to: ["b@example.com"], refused: [] };
  assert.deepEqual(await again(gone), delivered, "who is no recipient of the channel any more");
  assert.equal(mails.length, 2);
});

test("a mail server that hangs is given up in time", async (t) => {
  const { port } = await mailServer(t, { onConnect: () => {} });
  const target = { to: "a@example.com", from: "w@example.com", url: `smtp://127.0.0.1:${port}` };
  await assert.rejects(send("email", message("failed"), target, null, 300), /did not answer in time/);
});

function program(t: TestContext, text: string): { file: string; directory: string } {
  const directory = scratchDirectory(t);
  const file = path.join(directory, "program.mjs");
  writeFileSync(file, `#!${process.execPath}\n${text}`, { mode: 0o700 });
  return { file, directory };
}

test("a command gets JSON on its standard input, its own arguments, and no secret", async (t) => {
  const { file, directory } = program(
    t,
    `import { readFileSync, writeFileSync } from "node:fs";
     writeFileSync(process.argv[2], JSON.stringify({ input: JSON.parse(readFileSync(0, "utf8")), args: process.argv.slice(3), env: process.env }));`,
  );
  const out = path.join(directory, "out");
  process.env["NOTIFY_TEST_SECRET"] = "s3cret";
  t.after(() => delete process.env["NOTIFY_TEST_SECRET"]);
  const command = [file, out, "$(touch pwned)", "; rm -rf /", ""];
  assert.deepEqual(await send("command", message("failed"), { command }, null), delivered);
  const { input, args, env } = JSON.parse(readFileSync(out, "utf8")) as {
    input: { id: string; type: string };
    args: string[];
    env: object;
  };
  assert.deepEqual([input.id, input.type], ["msg_1", "task.failed"]);
  assert.deepEqual(args, ["$(touch pwned)", "; rm -rf /", ""]);
  assert.ok(!Object.hasOwn(env, "NOTIFY_TEST_SECRET") && Object.hasOwn(env, "PATH"));
});

test("a command that fails, is missing or ignores its input says so", async (t) => {
  const { file } = program(t, "process.exit(3)");
  const errorOf = async (...command: readonly string[]): Promise<string> => {
    const sent = await send("command", message("failed", "t", "x".repeat(500_000)), { command }, null);
    return sent.delivered ? "" : sent.error;
  };
  assert.equal(await errorOf(file), `${file} ended with exit code 3.`);
  assert.equal(await errorOf("/no/such/program"), "/no/such/program could not be started (ENOENT).");
  assert.equal(await errorOf("/bin/true"), "");
});

test("a command that hangs is killed with its children", async (t) => {
  const { file, directory } = program(
    t,
    `import { spawn } from "node:child_process";
     import { writeFileSync } from "node:fs";
     process.on("SIGTERM", () => {});
     const child = spawn("sleep", ["600"]);
     writeFileSync(process.argv[2], String(child.pid));
     setInterval(() => {}, 1000);`,
  );
  const out = path.join(directory, "pid");
  const ends = new AbortController();
  const sending = createAdapters(process.env).command.send(
    message("failed"),
    { target: { command: [file, out] }, secret: null, allowPrivate: false },
    ends.signal,
  );
  await until("the child", () => existsSync(out) && readFileSync(out, "utf8") !== "");
  ends.abort();
  const sent = await sending;
  assert.equal(sent.delivered ? "" : sent.error, `${file} did not end in time and was killed.`);
  const pid = Number(readFileSync(out, "utf8"));
  await until("the child's end", () => isGone(pid));
});

/** A zombie that no process waits for has ended, too. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

test("the desktop's program gets texts as arguments, without markup", async (t) => {
  const directory = scratchDirectory(t);
  mkdirSync(path.join(directory, "bin"));
  const shown = path.join(directory, "shown");
  for (const name of ["notify-send", "osascript"]) {
    const text = `#!/bin/sh\nprintf '%s\\n' "$@" > '${shown}'\n`;
    writeFileSync(path.join(directory, "bin", name), text, { mode: 0o700 });
  }
  const show = async (platform: NodeJS.Platform, what: Message): Promise<string[]> => {
    const adapter = desktopAdapter({ PATH: `${path.join(directory, "bin")}:/usr/bin:/bin` }, platform);
    assert.deepEqual(await adapter.send(what, { target: {}, secret: null, allowPrivate: false }, AbortSignal.timeout(10_000)), delivered);
    return readFileSync(shown, "utf8").trimEnd().split("\n");
  };
  const what = message("failed", "Task 1 failed", "--help <b>`id`</b> $(id) & more");
  assert.deepEqual(await show("linux", what), [
    "--app-name=Claude Worker",
    "--urgency=critical",
    "--",
    "Task 1 failed",
    "--help &lt;b&gt;`id`&lt;/b&gt; $(id) &amp; more",
  ]);
  assert.deepEqual((await show("darwin", what)).slice(-2), ["Task 1 failed", "--help <b>`id`</b> $(id) & more"]);
});
