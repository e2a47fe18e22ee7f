/**
 * Options of Claude Code that a task names, in the real Claude Code: each has its effect, parked or
 * cold, at the start and at a resume.
 */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fault, startModel, step } from "../../testing/model.ts";
import type { ModelRequest, Script } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { until } from "../../testing/wait.ts";
import { scratch } from "../../testing/scratch.ts";

async function setup(t: TestContext, script: Script, prewarm = false) {
  const place = scratch(t);
  const model = await startModel(t, script);
  const runner = await startRunner(t, { scratch: place, env: model.env(place.home), prewarm });
  if (prewarm) await runner.parked();
  return { place, model, runner };
}

for (const prewarm of [true, false]) {
  const kind = prewarm ? "a parked Claude Code" : "a cold start";
  test(`${kind} takes the effort and the additional directories`, async (t) => {
    const added = scratch(t).work;
    const file = path.join(added, "notes.txt");
    const { runner, model } = await setup(
      t,
      { "write it": [step.tool("Write", { file_path: file, content: "there" }), step.text("done")] },
      prewarm,
    );
    const attempt = runner.start({ prompt: "write it", effort: "low", model: "claude-sonnet-5", additionalDirectories: [added] });
    const records = await attempt.ended();
    assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: prewarm });
    assert.deepEqual(notesOf(records, "cold_start"), []);
    assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "done" });
    assert.equal(readFileSync(file, "utf8"), "there");
    assert.deepEqual(
      model.requests().map(({ body }) => (body["output_config"] as { effort?: unknown }).effort),
      ["low", "low"],
    );
  });
}

test("a task works as the agent that it names, in the permission mode of the task", async (t) => {
  const { runner, model, place } = await setup(t, { "who are you": [step.bash("touch made"), step.text("done")] }, true);
  place.file(
    "work/.claude/agents/wide.md",
    "---\nname: wide\ndescription: x\npermissionMode: bypassPermissions\nmodel: claude-haiku-4-5\n---\nYou are a wide one.\n",
  );
  const records = await runner.start({ prompt: "who are you", agent: "wide", permissionMode: "default" }).ended();
  assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: false });
  assert.equal(records.find((record) => record["subtype"] === "init")?.["permissionMode"], "default");
  const [request] = model.requests();
  assert.equal(request?.model, "claude-haiku-4-5");
  assert.match(JSON.stringify(request?.body["system"]), /You are a wide one/);
  assert.partialDeepStrictEqual(resultOf(records)?.["permission_denials"], [{ tool_name: "Bash" }], "its definition widens nothing");
});

test("an agent that Claude Code does not know ends the attempt before a tool runs", async (t) => {
  const { runner, place } = await setup(t, { "who are you": [step.bash("touch made"), step.text("done")] });
  const records = await runner.start({ prompt: "who are you", agent: "nobody", allow: ["Bash"] }).ended();
  const [note] = notesOf(records, "gave_up");
  assert.equal(note?.["error"], "agent_unknown");
  assert.match(String(note["text"]), /knows no agent "nobody" .* It knows: .*general-purpose/);
  assert.ok(!existsSync(path.join(place.work, "made")));
});

test("the fallback model answers while the task's own is overloaded", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [fault.overloaded(3), step.text("hello")] });
  const records = await runner.start({ prompt: "say hi", model: "claude-opus-5-5", fallbackModel: "claude-sonnet-5" }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "hello" });
  assert.deepEqual([model.requests().at(0)?.model, model.requests().at(-1)?.model], ["claude-opus-5-5", "claude-sonnet-5"]);
});

test("an additional directory that became a link ends the attempt at its start", async (t) => {
  const { runner, model, place } = await setup(t, { "say hi": [step.text("hello")] });
  const real = place.workdir("real");
  const link = path.join(place.directory, "added");
  symlinkSync(real, link);
  const records = await runner.start({ prompt: "say hi", additionalDirectories: [link] }).ended();
  const [note] = notesOf(records, "gave_up");
  assert.equal(note?.["error"], "working_directory_gone");
  assert.match(String(note["text"]), /^The additional directory .* is a symbolic link now, to .*real\.$/);
  assert.equal(model.requests().length, 0);
});

test("a directory that another user could replace ends the attempt at its start", async (t) => {
  const { runner, model, place } = await setup(t, { "say hi": [step.text("hello")] });
  const added = place.workdir("shared/added");
  chmodSync(path.dirname(added), 0o777);
  const records = await runner.start({ prompt: "say hi", additionalDirectories: [added] }).ended();
  assert.match(String(notesOf(records, "gave_up")[0]?.["text"]), /^Another user can put another directory into the place of /);
  assert.equal(model.requests().length, 0);
});

/** Every process as `ps` shows it. */
const look = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done >seen 2>/dev/null; true';

test("the task's own settings count beside its rules, and show in no argument", async (t) => {
  const steps = [
    step.bash("echo $FROM_SETTINGS >word"),
    step.bash("touch denied"),
    step.bash("touch hooked"),
    step.bash(look),
    step.text("done"),
  ];
  const { runner, place } = await setup(t, { "try it": steps });
  const hook = `case "$(cat)" in *hooked*) echo 'not this one' >&2; exit 2;; esac`;
  const settings = {
    env: { FROM_SETTINGS: "a-word", PRIVATE_TOKEN: "tiger-tiger-77" },
    permissions: { deny: ["Bash(touch denied)"], allow: ["Bash(echo:*)"] },
    hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: hook }] }] },
  };
  const records = await runner.start({ prompt: "try it", settings, allow: ["Bash"] }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "done" });
  assert.equal(readFileSync(path.join(place.work, "word"), "utf8"), "a-word\n");
  assert.ok(!existsSync(path.join(place.work, "denied")), "a deny rule of the settings");
  assert.ok(!existsSync(path.join(place.work, "hooked")), "a hook of the settings");
  if (process.platform === "linux") assert.doesNotMatch(readFileSync(path.join(place.work, "seen"), "utf8"), /tiger-tiger|not this one/);
});

test("the settings are in force in a resumed session", async (t) => {
  const steps = [step.bash("touch begun; until [ -e go ]; do sleep 0.1; done"), step.bash("touch denied"), step.text("done")];
  const { runner, model, place } = await setup(t, { "try it": steps });
  const spec = { prompt: "try it", settings: { permissions: { deny: ["Bash(touch denied)"] } }, allow: ["Bash"] };
  const attempt = runner.start(spec);
  await until("the first step", () => existsSync(path.join(place.work, "begun")));
  await runner.killAll();
  place.file("work/go", "");
  const second = await startRunner(t, { scratch: place, env: model.env(place.home) });
  const records = await second.start(spec, { resume: true, sessionId: attempt.start.sessionId }).ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "done" });
  assert.ok(!existsSync(path.join(place.work, "denied")));
});

/** An MCP server with one tool, which tells a variable and an argument of its own. */
const server = `
const reply = (id, result) => console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
const tools = [{ name: "tell", description: "Tells.", inputSchema: { type: "object" } }];
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") reply(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "own", version: "1" } });
  else if (method === "tools/list") reply(id, { tools });
  else if (method === "tools/call") reply(id, { content: [{ type: "text", text: "it is " + process.env.PLAIN + " and " + process.env.PRIVATE_KEY }] });
  else if (id !== undefined) reply(id, {});
});`;

test("a task's own MCP servers work, and their secrets are in no record", async (t) => {
  const steps = [step.tool("mcp__own__tell", {}), step.bash(look), step.text("done")];
  const { runner, model, place } = await setup(t, { "ask it": steps }, true);
  const file = place.file("server.cjs", server);
  const mcpConfig = {
    mcpServers: { own: { command: process.execPath, args: [file], env: { PLAIN: "${HOME}", PRIVATE_KEY: "tiger-tiger-78" } } },
  };
  const records = await runner.start({ prompt: "ask it", mcpConfig, allow: ["Bash", "mcp__own__tell"] }).ended();
  assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: false });
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "done" });
  const told = JSON.stringify(model.requests().at(-1)?.body.messages);
  assert.ok(told.includes(`it is ${place.home} and tiger-tiger-78`), "Claude has heard it");
  const written = JSON.stringify(records);
  assert.match(written, new RegExp(`it is ${place.home} and \\[redacted\\]`));
  assert.doesNotMatch(written, /tiger-tiger/);
  if (process.platform === "linux") assert.doesNotMatch(readFileSync(path.join(place.work, "seen"), "utf8"), /tiger-tiger/);
});

/** One pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const images = [{ mediaType: "image/png" as const, data: dot }];

/** The media types of the images in a request. */
function imagesIn(request: ModelRequest | undefined): unknown[] {
  const blocks = (request?.body.messages ?? []).flatMap(({ content }) => (typeof content === "string" ? [] : content)) as object[];
  return blocks.flatMap((block) => ("source" in block ? [(block.source as { media_type?: unknown }).media_type] : []));
}

for (const prewarm of [true, false]) {
  test(`images reach the model with the prompt, ${prewarm ? "parked" : "cold"}`, async (t) => {
    const { runner, model } = await setup(t, { "what is it": [step.text("a dot")] }, prewarm);
    const records = await runner.start({ prompt: "what is it" }, { images }).ended();
    assert.partialDeepStrictEqual(records[0], { subtype: "started", warm: prewarm });
    assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "a dot" });
    assert.deepEqual(imagesIn(model.requests()[0]), ["image/png"]);
  });
}

test("a resumed session has the images, and one that begins anew gets them again", async (t) => {
  const steps = [step.bash("touch begun; until [ -e go ]; do sleep 0.1; done"), step.text("a dot")];
  const { runner, model, place } = await setup(t, { "what is it": steps });
  const spec = { prompt: "what is it", allow: ["Bash"] };
  const attempt = runner.start(spec, { images });
  await until("the first step", () => existsSync(path.join(place.work, "begun")));
  await runner.killAll();
  place.file("work/go", "");
  const ids = { [attempt.start.sessionId]: "resumed", [crypto.randomUUID()]: "begun anew" };
  for (const [sessionId, what] of Object.entries(ids)) {
    const again = await startRunner(t, { scratch: place, env: model.env(place.home) });
    const records = await again.start(spec, { images, resume: true, sessionId }).ended();
    assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "a dot" });
    assert.equal(notesOf(records, "session_restarted").length, what === "resumed" ? 0 : 1);
    assert.deepEqual(imagesIn(model.requests().at(-1)), ["image/png"], what);
  }
});
