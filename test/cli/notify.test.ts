/** `notify …`: channels, tests, and what became of messages. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { SMTPServer } from "smtp-server";
import { pino } from "pino";
import { Notifier } from "../../src/notifications/notifier.ts";
import { createAdapters } from "../../src/notifications/adapters.ts";
import { checkChannels } from "../../src/cli/doctor/channels.ts";
import { WorkerClient } from "../../src/client/worker-client.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { receiver } from "../../testing/receiver.ts";
import { slackAppToken, slackBotToken, slackChannel, slackStandIn } from "../../testing/slack.ts";
import { until } from "../../testing/wait.ts";
import { withServer } from "./setup.ts";

const given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async function setup(t: TestContext) {
  const cli = await withServer(t);
  const hook = await receiver(t);
  const notifier = new Notifier({
    store: cli.api.store,
    log: pino({ level: "silent" }),
    adapters: createAdapters({}),
    now: Date.now,
    random: Math.random,
    redact: (text) => text,
  });
  await notifier.start();
  t.after(() => notifier.stop());
  const add = (name: string, ...more: readonly string[]) =>
    cli.call(["notify", "add", name, "--webhook", hook.url, "--allow-private", ...more]);
  return { ...cli, hook, add };
}

test("on a terminal, a new channel comes with what to do next", async (t) => {
  const { call, hook } = await setup(t);
  const words = ["notify", "add", "ops", "--webhook", hook.url, "--allow-private", "--on", "failed"];
  const { stderr } = await call(words, { columns: 80, env: { NO_COLOR: "1" } });
  assert.match(stderr, /is not shown\s+again\.\nTry it: claude-worker notify test ops\n$/);
});

test("a channel is added, tested, listed, shown and removed; its secret is shown once", async (t) => {
  const { call, add, hook, api, place } = await setup(t);
  const made = await add("ops", "--on", "failed,held");
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  assert.match(made.stdout, /^whsec_[A-Za-z0-9+/]{43}=\n$/);
  const secret = made.stdout.trim();
  assert.deepEqual(await call(["notify", "test", "ops"]).then(({ code, stdout }) => [code, stdout]), [0, "Delivered to ops.\n"]);
  const message = hook.verify(hook.received[0] ?? assert.fail(), secret);
  assert.deepEqual([message["type"], (message["data"] as { text: string }).text], ["test", 'The channel "ops" works.']);

  const { id } = await api.submitTask(plainInput({ prompt: "x", working_directory: place.work }), { name: "test", scope: "admin" });
  await api.finish(id, "failed");
  await until("the message", () => hook.received.length === 2);
  assert.equal(hook.received[1]?.json()["type"], "task.failed");
  await until("its mark", async () => (await call(["notify", "deliveries", "--state", "pending"])).stdout === "");

  const list = await call(["notify", "list"]);
  assert.equal(list.stdout, `1\tops\twebhook\tfailed,held\t0\t0\t${hook.url}\tnone\n`);
  assert.match(
    (await call(["notify", "list"], { columns: 120, env: { NO_COLOR: "1" } })).stdout,
    /NAME +KIND +WAITING +DEAD +ANSWERS +ON +TARGET/,
  );
  const show = await call(["notify", "show", "1"]);
  assert.match(show.stdout, /^name: ops\n/);
  for (const words of [["list"], ["list", "--json"], ["show", "ops"], ["show", "ops", "--json"], ["deliveries", "--json"]])
    assert.ok(!(await call(["notify", ...words])).stdout.includes(secret.slice(6)), words.join(" "));
  const log = (await call(["notify", "deliveries", "ops"])).stdout;
  assert.match(log, /^2\tdelivered\tops\tfailed\t1\t1\t\S+Z\t\n1\tdelivered\tops\ttest\t\t1\t\S+Z\t\n$/);
  assert.equal((await call(["notify", "rm", "ops"])).stdout, "Removed: ops\n");
  assert.deepEqual((await call(["notify", "list", "--json"])).json(), { channels: [] });
});

test("a secret comes from a file or the standard input and is not shown", async (t) => {
  const { call, add, place, hook } = await setup(t);
  const file = path.join(place.work, "secret");
  writeFileSync(file, `${given}\n`, { mode: 0o600 });
  assert.equal((await add("one", "--secret-file", file)).stdout, "Added: one\n");
  const two = await call(["notify", "add", "two", "--webhook", hook.url, "--allow-private", "--secret-file", "-", "--json"], {
    input: given,
  });
  assert.equal(two.json()["secret"], null);
  for (const [index, name] of ["one", "two"].entries()) {
    assert.equal((await call(["notify", "test", name])).code, 0);
    hook.verify(hook.received[index] ?? assert.fail(), given);
  }
});

test("the rules of a channel are shown", async (t) => {
  const { add, call } = await setup(t);
  await add("phone");
  const rules = ["--label", "team=a", "--label", "env=x", "--quiet", "22:00-07:00", "--digest-at", "07:30"];
  const made = await add("ops", ...rules, "--escalate-after", "30m", "--escalate-to", "phone", "--json");
  assert.equal(made.code, 0, made.stderr);
  const shown = (await call(["notify", "show", "ops"])).stdout;
  assert.match(shown, /^labels: team=a, env=x\nquiet: 22:00-07:00\ndigest at: 07:30\nescalates: after 30m to phone$/m);
  const { events, labels, quiet_hours, digest_at, escalate_after_ms, escalate_to } = made.json();
  assert.deepEqual(
    { events, labels, quiet_hours, digest_at, escalate_after_ms, escalate_to },
    {
      events: ["question", "completed", "failed", "held", "resumed", "budget", "schedule", "digest"],
      labels: { team: "a", env: "x" },
      quiet_hours: { from: "22:00", to: "07:00" },
      digest_at: "07:30",
      escalate_after_ms: 1_800_000,
      escalate_to: "phone",
    },
  );
});

test("a channel that takes answers shows which, and from whom", async (t) => {
  const { call } = await setup(t);
  const words = ["notify", "add", "bot", "--telegram", "-100", "--secret-file", "-", "--answers", "content"];
  const input = "123456:ABCdefGHIjklMNOpqrSTUvwx";
  const refused = await call(words, { input });
  assert.deepEqual([refused.code, /a group\. Say whose answers count/.test(refused.stderr)], [2, true]);
  const made = await call([...words, "--answer-from", "42, 43", "--json"], { input });
  assert.partialDeepStrictEqual(made.json(), { answers: "content", answer_from: ["42", "43"], answers_problem: null });
  assert.match((await call(["notify", "show", "bot"])).stdout, /^answers: content from 42, 43$/m);
  assert.match((await call(["notify", "list"])).stdout, /\tchat -100\tcontent\n$/);
});

test("a test that does not arrive says why, is not repeated, and can be replayed", async (t) => {
  const { call, add, hook, api, door } = await setup(t);
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  t.after(() => client.close());
  assert.deepEqual(await checkChannels(client), []);
  hook.answer = (_, response) => void response.writeHead(503).end();
  await add("ops");
  const failed = await call(["notify", "test", "ops"]);
  assert.deepEqual([failed.code, failed.stdout, failed.stderr], [1, "", "Not delivered to ops: The receiver answered 503.\n"]);
  assert.match((await call(["notify", "list"])).stdout, /\t0\t1\thttp/);
  assert.deepEqual((await api.statistics()).notifications, { pending: 0, dead: 1 });
  const [found, ...more] = await checkChannels(client);
  assert.deepEqual([found?.state, found?.message, more], ["warn", "ops: 1 message was not delivered and given up", []]);
  assert.match(found?.fix ?? "", /claude-worker notify replay ops$/);
  hook.answer = (_, response) => void response.writeHead(200).end();
  assert.equal((await call(["notify", "replay", "ops"])).stdout, "Sent again: 1\n");
  await until("the message", () => hook.received.length === 2);
  await until("its mark", async () => (await call(["notify", "deliveries", "--state", "delivered"])).stdout !== "");
  const again = await call(["notify", "replay", "1"]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /delivery 1 is delivered\. Only dead ones/);
  assert.equal((await call(["notify", "replay", "ops"])).stdout, "There is no dead message.\n");
});

test("a wrong channel is refused with what to do", async (t) => {
  const { call, add, hook, place } = await setup(t);
  const refused = async (words: readonly string[], pattern: RegExp, code = 2): Promise<void> => {
    const answer = await call(["notify", ...words]);
    assert.equal(answer.code, code, `${words.join(" ")}: ${answer.stderr}`);
    assert.match(answer.stderr, pattern);
  };
  const to = ["--webhook", "https://example.com/"];
  await refused(["add", "x"], /one of --webhook, --ntfy/);
  await refused(["add", "x", "--webhook", hook.url], /http:\/\/ needs --allow-private/);
  await refused(["add", "x", "--webhook", "https://a:b@example.com/"], /user name/);
  await refused(["add", "x", "--webhook", "https://0x7f.1/"], /is private; .* --allow-private/);
  await refused(["add", "x", "--ntfy", "https://[::ffff:10.0.0.1]/topic"], /is private/);
  await refused(
    ["add", "x", "--webhook", "http://169.254.169.254/latest", "--allow-private"],
    /^Error: The address is never notified: it is link-local, where clouds give out credentials\.\n$/,
  );
  await refused(["add", "x", "--email", "a@example.com", "--smtp", "smtp://192.168.1.1"], /is private/);
  await refused(["add", "x", "--webhook", "nonsense"], /https:\/\/example\.com\/hook/);
  await refused(["add", "x", "--slack"], /it is the address of an incoming webhook of Slack\. .* --secret-file FILE/);
  await refused(["add", "x", "--slack-app", "C0123ABCDEF"], /it is the tokens of an app of Slack, each on a line: .* --secret-file FILE/);
  await refused(["add", "x", "--slack", "--slack-api", hook.url], /--slack-api belongs to --slack-app/);
  await refused(["add", "x", "--discord", "--slack-app", "C0123ABCDEF"], /--slack and --discord are two channels/);
  await refused(["add", "x", ...to, "--slack-api", hook.url], /--slack-api belongs to --slack/);
  await refused(["add", "x", "--telegram", "1"], /it is the token of the bot\. .* --secret-file FILE/);
  await refused(
    ["add", "x", "--command", "env"],
    /env cannot be started: there is no such file\. Give the path of the program: \/\S*\/env\./,
  );
  await refused(["add", "x", "--command", "none"], /none cannot be started: there is no such file\. .* path of a program/);
  await refused(["add", "x", "--command", "."], /cannot be started: it is not a file/);
  await refused(["add", "7", ...to], /begins with a letter/);
  await refused(["add", "x", ...to, "--on", "faled"], /Did you mean "failed"/);
  await refused(["add", "x", ...to, "--on", "digest"], /--digest-at 07:30/);
  await refused(["add", "x", ...to, "--digest-at", "7:30"], /must be a time like 07:30/);
  await refused(["add", "x", ...to, "--quiet", "22-7"], /--quiet must be two times/);
  await refused(["add", "x", ...to, "--quiet", "22:00-22:00"], /quiet hours begin when they end/);
  await refused(["add", "x", ...to, "--escalate-to", "phone"], /--escalate-after 30m/);
  await refused(["add", "x", ...to, "--escalate-after", "5m", "--escalate-to", "phone"], /no channel "phone"/);
  await refused(["add", "x", ...to, "--on", "failed", "--escalate-after", "5m"], /Add question/);
  await refused(["add", "x", ...to, "--label", "team"], /key=value/);
  await refused(["add", "x", ...to, "--answers", "all"], /--answers must be none, content, permissions, not "all"/);
  await refused(
    ["add", "x", ...to, "--answers", "content"],
    /kind webhook takes answers by links only, .* config set public_url .*: telegram/,
  );
  await refused(["add", "x", ...to, "--answer-from", "1,"], /--answer-from takes users/);
  // The field of the API stands in no line.
  const { stderr: lacking } = await call(["notify", "add", "x", ...to, "--on", "digest"]);
  assert.equal(lacking, "Error: A digest needs a time. Say when it is sent: --digest-at 07:30\n");
  await refused(["add", "x", ...to, "--secret-file", path.join(place.work, "none")], /there is no file/);
  const weak = path.join(place.work, "weak");
  writeFileSync(weak, "whsec_c2hvcnQ=", { mode: 0o600 });
  await refused(["add", "x", ...to, "--secret-file", weak], /24 to 64 bytes/);
  writeFileSync(weak, given, { mode: 0o600 });
  await add("ops");
  await refused(["add", "ops", ...to], /a channel named "ops" already/, 1);
  await refused(["test", "opps"], /Did you mean "ops"/, 1);
  await refused(["rm", "other"], /notify list/, 1);
  await refused(["replay", "99"], /no delivery 99/, 1);
});

test("each kind of channel is added by its flag, and its secret stays unseen", async (t) => {
  const { call, hook, place } = await setup(t);
  const add = async (words: readonly string[], input: string | null = null): Promise<string> => {
    const secret = input === null ? [] : ["--secret-file", "-"];
    const answer = await call(["notify", "add", ...words, "--allow-private", ...secret], { input, cwd: place.work });
    assert.equal(answer.code, 0, answer.stderr);
    return answer.stdout;
  };
  assert.equal(await add(["phone", "--ntfy", hook.url], "tk_verysecret"), "Added: phone\n");
  await add(["team", "--slack"], `${hook.url}/verysecret`);
  await add(["game", "--discord"], `${hook.url}/verysecret`);
  await add(["bot", "--telegram", "42", "--telegram-api", new URL(hook.url).origin], "123456:verysecret_verysecret");
  await add(["mail", "--email", "a@example.com", "--smtp", "smtp://me@127.0.0.1:9"], "verysecret");
  await add(["here", "--desktop"]);
  const script = path.join(place.work, "script");
  writeFileSync(script, "#!/bin/sh\ncat > /dev/null\n", { mode: 0o700 });
  await add(["own", "--command", "script", "--arg", "--verysecret", "--arg", "b"]);
  for (const name of ["phone", "team", "game", "bot", "own"]) {
    const { code, stderr } = await call(["notify", "test", name]);
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(
    hook.received.map((each) => each.path),
    ["/", "/hook/verysecret", "/hook/verysecret", "/bot123456:verysecret_verysecret/sendMessage"],
  );
  for (const words of [["list"], ["list", "--json"], ["show", "own"], ["show", "bot"], ["deliveries", "--json"]])
    assert.doesNotMatch((await call(["notify", ...words])).stdout, /verysecret/, words.join(" "));
  const refused = async (words: readonly string[], pattern: RegExp): Promise<void> => {
    const { code, stderr } = await call(["notify", "add", "x", ...words]);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, pattern);
  };
  await refused(["--slack", "--discord"], /--slack and --discord are two channels/);
  await refused(["--slack"], /The secret is missing/);
  await refused(["--email", "a@example.com"], /--smtp/);
  await refused(["--desktop", "--smtp", "smtp://x"], /--smtp belongs to --email/);
  await refused(["--ntfy", "https://ntfy.sh"], /topic/);
});

test("an app of Slack is added with its tokens, tried and moved to another channel", async (t) => {
  const { call } = await setup(t);
  const slack = await slackStandIn(t);
  const input = `${slackAppToken}\n${slackBotToken}\n`;
  const words = ["--slack-app", slackChannel, "--slack-api", slack.url, "--allow-private", "--secret-file", "-", "--answers", "content"];
  const refused = await call(["notify", "add", "team", ...words], { input });
  assert.deepEqual([refused.code, /Say whose answers count, .*--answer-from U0123ABCDEF/.test(refused.stderr)], [2, true]);
  const made = await call(["notify", "add", "team", ...words, "--answer-from", "U0ME000001", "--json"], { input });
  assert.partialDeepStrictEqual(made.json(), { kind: "slack", answers: "content", answer_from: ["U0ME000001"], secret: null });
  assert.equal((await call(["notify", "test", "team"])).stdout, "Delivered to team.\n");
  assert.deepEqual(slack.messages[0]?.sections, ['Test from Claude Worker\nThe channel "team" works.']);
  const moved = await call(["notify", "edit", "team", "--slack-app", "C0456ABCDEF", "--json"]);
  assert.equal(moved.code, 0, moved.stderr);
  assert.match((moved.json() as { target: string }).target, /^channel C0456ABCDEF of Slack, by an app at http:/);
  const there = await call(["notify", "test", "team"]);
  assert.match(there.stderr, /^Not delivered to team: The app is not in the channel \(channel_not_found\)\. Write there: \/invite @/);
  const elsewhere = await call(["notify", "edit", "team", "--slack-api", "https://slack.example/api"]);
  assert.match(elsewhere.stderr, /would go to another server/);
  for (const each of [["list"], ["list", "--json"], ["show", "team"], ["show", "team", "--json"], ["deliveries", "--json"]])
    assert.doesNotMatch((await call(["notify", ...each])).stdout, /xoxb|xapp|StandIn/, each.join(" "));
});

test("a channel is changed by what is named, and keeps the rest and its secret", async (t) => {
  const { call, add, hook } = await setup(t);
  const secret = (
    await add("ops", "--on", "failed,question", "--label", "team=a", "--label", "env=x", "--digest-at", "07:30")
  ).stdout.trim();
  await add("phone");
  const edit = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
    const answer = await call(["notify", "edit", ...words, "--json"]);
    assert.equal(answer.code, 0, `${words.join(" ")}: ${answer.stderr}`);
    return answer.json();
  };
  const rules = ["--quiet", "22:00-07:00", "--escalate-after", "30m", "--escalate-to", "phone", "--remove-label", "env", "--label", "b=2"];
  assert.partialDeepStrictEqual(await edit("ops", "--name", "main", "--webhook", `${hook.url}other`, ...rules), {
    id: 1,
    name: "main",
    target: `${hook.url}other`,
    events: ["failed", "question", "digest"],
    labels: { team: "a", b: "2" },
    quiet_hours: { from: "22:00", to: "07:00" },
    digest_at: "07:30",
    escalate_after_ms: 1_800_000,
    escalate_to: "phone",
    allow_private: true,
  });
  const off = await edit("main", "--quiet", "off", "--digest-at", "off", "--escalate-after", "off");
  assert.partialDeepStrictEqual(off, { quiet_hours: null, digest_at: null, escalate_after_ms: null, escalate_to: null });
  assert.deepEqual(off["events"], ["failed", "question"]);
  assert.equal((await call(["notify", "test", "main"])).code, 0);
  hook.verify(hook.received[0] ?? assert.fail(), secret);
  assert.equal(hook.received[0]?.path, "/hookother");
});

test("a change that cannot be is refused, and changes nothing", async (t) => {
  const { call, add, hook, place, api } = await setup(t);
  await add("ops");
  const key = path.join(place.work, "key");
  writeFileSync(key, "tk_secret", { mode: 0o600 });
  await call(["notify", "add", "phone", "--ntfy", "https://ntfy.example.com/me", "--secret-file", key]);
  const before = api.store.notifications.channels();
  for (const [words, pattern, code] of [
    [["ops"], /Nothing to change/, 2],
    [["ops", "--ntfy", "https://ntfy.sh/x"], /kind is webhook, and does not change/, 2],
    [["ops", "--smtp", "smtp://x"], /kind is webhook, and does not change/, 2],
    [["ops", "--name", "phone"], /a channel named "phone" already/, 1],
    [["ops", "--forbid-private"], /http:\/\/ needs --allow-private/, 2],
    [["ops", "--allow-private", "--forbid-private"], /Give either/, 2],
    [["ops", "--escalate-to", "phone"], /--escalate-after 30m/, 2],
    [["ops", "--on", "digest"], /--digest-at 07:30/, 2],
    [["ops", "--answers", "content"], /by links only/, 2],
    [["phone", "--ntfy", "https://other.example.com/me"], /secret would go to another server/, 2],
    [["nobody", "--on", "failed"], /no channel "nobody"/, 1],
  ] as const) {
    const answer = await call(["notify", "edit", ...words]);
    assert.equal(answer.code, code, `${words.join(" ")}: ${answer.stdout}${answer.stderr}`);
    assert.match(answer.stderr, pattern);
  }
  assert.deepEqual(api.store.notifications.channels(), before);
  const moved = await call(["notify", "edit", "phone", "--ntfy", "https://other.example.com/me", "--secret-file", key]);
  assert.equal(moved.stdout, "Changed: phone. Try it: claude-worker notify test phone\n", moved.stderr);
  assert.equal(hook.received.length, 0);
});

test("only an admin changes or tests channels", async (t) => {
  const { door, api, add } = await setup(t);
  await add("ops");
  const { token } = await api.createToken({ name: "ci", scope: "submit" }, { name: "test", scope: "admin" });
  const at = "/api/v1/notifications/channels";
  const status = async (method: string, where: string, body?: object): Promise<number> =>
    (await door.call({ method, path: where, tcp: true, token, ...(body === undefined ? {} : { body }) })).status;
  assert.equal(await status("GET", at), 200);
  assert.equal(await status("POST", at, { name: "x", kind: "webhook", url: "https://example.com/" }), 403);
  assert.equal(await status("DELETE", `${at}/1`), 403);
  assert.equal(await status("PATCH", `${at}/1`, { name: "x" }), 403);
  assert.equal(await status("POST", `${at}/1/test`), 403);
  assert.equal(await status("POST", "/api/v1/notifications/deliveries/1/replay"), 403);
});

test("a test that only some recipients get names the others", async (t) => {
  const { call } = await setup(t);
  const server = new SMTPServer({
    authOptional: true,
    onRcptTo: ({ address }, _, done) => done(address === "gone@example.com" ? new Error("no such user") : null),
    onData: (stream, _, done) => void stream.resume().on("end", () => done()),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  const smtp = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const made = await call(["notify", "add", "mail", "--email", "a@example.com,gone@example.com", "--smtp", smtp, "--allow-private"]);
  assert.equal(made.code, 0, made.stderr);
  const tested = await call(["notify", "test", "mail"]);
  const problem = "The mail server refused gone@example.com. The other recipients have the mail.\n";
  assert.deepEqual([tested.code, tested.stdout, tested.stderr], [0, "Delivered to mail.\n", problem]);
  assert.match((await call(["notify", "deliveries"])).stdout, /delivered.*refused gone@example\.com/);
});
