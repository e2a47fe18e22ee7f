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
import type { Script } from "../../testing/model.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
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

test("an additional directory that is not what was trusted ends the attempt before Claude Code starts", async (t) => {
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

test("an additional directory that another user could replace ends the attempt before Claude Code starts", async (t) => {
  const { runner, model, place } = await setup(t, { "say hi": [step.text("hello")] });
  const added = place.workdir("shared/added");
  chmodSync(path.dirname(added), 0o777);
  const records = await runner.start({ prompt: "say hi", additionalDirectories: [added] }).ended();
  assert.match(String(notesOf(records, "gave_up")[0]?.["text"]), /^Another user can put another directory into the place of /);
  assert.equal(model.requests().length, 0);
});
