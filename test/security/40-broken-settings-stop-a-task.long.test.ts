import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

const script = { "remove it": [step.bash("rm -f precious.txt"), step.text("removed")] };

test("a task in a directory with broken settings is refused before Claude Code starts", async (t) => {
  const w = await worker(t, script);
  const precious = path.join(w.place.work, "precious.txt");
  const file = path.join(w.place.work, ".claude", "settings.json");
  mkdirSync(path.dirname(file));
  writeFileSync(file, '{\n "permissions": {"deny": ["Bash(rm:*)"],}\n}');
  writeFileSync(precious, "");
  await w.cli(["trust", "add", w.place.work]);
  const run = await w.cli(["run", "remove it", "--allow", "Bash"]);
  assert.equal(run.stdout, "1\n");
  assert.ok(run.stderr.includes(`${file}, line 2: `), run.stderr);
  const task = await w.ended(1);
  assert.deepEqual([task.status, task.error?.code, w.model.requests().length], ["failed", "broken_settings", 0]);
  for (const words of [["show", "1"], ["logs", "1"], ["doctor"]]) {
    const { stdout } = await w.cli(words);
    assert.ok(stdout.includes(`${file}, line 2: `), `${words.join(" ")}: ${stdout}`);
  }
  assert.ok(existsSync(precious));
  // Asked for, it runs, and says what is out of force.
  const ignoring = await w.cli(["run", "remove it", "--allow", "Bash", "--ignore-broken-settings"]);
  assert.equal(ignoring.stderr, "");
  assert.equal((await w.ended(2)).status, "completed");
  assert.equal(existsSync(precious), false);
  assert.match((await w.cli(["logs", "2"])).stdout, /did not load.*\n.*settings\.json: Invalid or malformed JSON/);
});

for (const warm of ["0", "1"]) {
  test(`settings that only Claude Code finds broken stop the task (warm ${warm})`, async (t) => {
    const w = await worker(t, script, { env: { CLAUDE_WORKER_WARM: warm } });
    const precious = path.join(w.place.work, "precious.txt");
    mkdirSync(path.join(w.place.work, ".claude"));
    const settings = { permissions: { deny: ["Bash(rm:*)"] }, defaultShell: "a shell of another version" };
    writeFileSync(path.join(w.place.work, ".claude", "settings.json"), JSON.stringify(settings));
    writeFileSync(precious, "");
    await w.start();
    const { id } = await w.submit("remove it", { allow: ["Bash"] });
    const task = await w.ended(id);
    assert.deepEqual(
      [task.status, task.error?.code, existsSync(precious)],
      ["failed", "broken_settings", true],
      JSON.stringify(task.error),
    );
    assert.match(task.error?.message ?? "", /settings\.json \(defaultShell\): /);
    const ignoring = await w.submit("remove it", { allow: ["Bash"], ignore_broken_settings: true });
    assert.equal((await w.ended(ignoring.id)).status, "completed");
    assert.equal(existsSync(precious), false);
  });
}

test("a plugin whose hooks file does not parse stops the task", async (t) => {
  const w = await worker(t, script);
  const precious = path.join(w.place.work, "precious.txt");
  writeFileSync(precious, "");
  const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "exit 2" }] }] };
  w.place.file(
    "market/.claude-plugin/marketplace.json",
    JSON.stringify({ name: "mk", owner: { name: "x" }, plugins: [{ name: "guard", source: "./guard" }] }),
  );
  w.place.file("market/guard/.claude-plugin/plugin.json", JSON.stringify({ name: "guard" }));
  const file = w.place.file("market/guard/hooks/hooks.json", JSON.stringify({ hooks }));
  for (const words of [
    ["marketplace", "add", path.join(w.place.directory, "market")],
    ["install", "guard@mk"],
  ])
    assert.equal((await w.cli(["claude", "plugin", ...words])).code, 0);
  await w.start();
  const guarded = await w.submit("remove it", { allow: ["Bash"] });
  assert.equal((await w.ended(guarded.id)).status, "completed");
  assert.ok(existsSync(precious));
  writeFileSync(file, '{"hooks": {},\n}');
  const run = await w.cli(["run", "remove it", "--allow", "Bash"]);
  assert.ok(run.stderr.includes(`${file}, line 2: `), run.stderr);
  const task = await w.ended(2);
  assert.deepEqual([task.status, task.error?.code, existsSync(precious)], ["failed", "broken_settings", true]);
  for (const words of [["show", "2"], ["doctor"]]) assert.ok((await w.cli(words)).stdout.includes(`${file}, line 2: `), words.join(" "));
  await w.cli(["run", "remove it", "--allow", "Bash", "--ignore-broken-settings"]);
  assert.equal((await w.ended(3)).status, "completed");
  assert.equal(existsSync(precious), false);
  // The plugin is off for all tasks but the one that turns it on.
  w.place.file("home/.claude/settings.json", JSON.stringify({ enabledPlugins: { "guard@mk": false } }));
  writeFileSync(precious, "");
  const on = JSON.stringify({ enabledPlugins: { "guard@mk": true } });
  const own = await w.cli(["run", "remove it", "--allow", "Bash", "--settings", on]);
  assert.ok(own.stderr.includes(`${file}, line 2: `), own.stderr);
  assert.deepEqual([(await w.ended(4)).error?.code, existsSync(precious)], ["broken_settings", true]);
});

test("a plugin among the skills that Claude Code cannot load stops the task", async (t) => {
  const w = await worker(t, script);
  const precious = path.join(w.place.work, "precious.txt");
  writeFileSync(precious, "");
  const plugin = "home/.claude/skills/guard";
  const hook = (type: string) => JSON.stringify({ hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type, command: "exit 2" }] }] } });
  w.place.file(`${plugin}/.claude-plugin/plugin.json`, JSON.stringify({ name: "guard" }));
  const file = w.place.file(`${plugin}/hooks/hooks.json`, hook("command"));
  await w.start();
  const ended = async (): Promise<[string, string | undefined]> => {
    const { id } = await w.submit("remove it", { allow: ["Bash"] });
    const { status, error } = await w.ended(id);
    return [status, error?.code];
  };
  assert.deepEqual([await ended(), existsSync(precious)], [["completed", undefined], true]);
  writeFileSync(file, "{");
  assert.ok((await w.cli(["doctor"])).stdout.includes(`${file}, line 1: `));
  assert.deepEqual([await ended(), existsSync(precious)], [["failed", "broken_settings"], true]);
  // What this version of Claude Worker takes for valid, Claude Code reports itself.
  w.place.file(`${plugin}/.claude-plugin/plugin.json`, JSON.stringify({ name: "guard", version: 7 }));
  writeFileSync(file, hook("command"));
  assert.deepEqual([await ended(), existsSync(precious)], [["failed", "broken_settings"], true]);
});

test("a broken ~/.claude.json is named by run and doctor", async (t) => {
  const w = await worker(t, script);
  const file = w.place.file("home/.claude.json", '{\n "projects": {},\n}');
  const place = `${file}, line 3: is not valid JSON`;
  const run = await w.cli(["run", "remove it"]);
  assert.notEqual(run.code, 0);
  assert.ok(run.stderr.includes(place), run.stderr);
  await w.cli(["trust", "add", w.place.work]);
  const warned = await w.cli(["run", "remove it"]);
  assert.equal(warned.code, 0);
  assert.ok(warned.stderr.includes(place), warned.stderr);
  const doctor = await w.cli(["doctor"]);
  assert.ok(doctor.stdout.includes(place), doctor.stdout);
});

test("the answer to a submit names the line of a setting that Claude Code refuses", async (t) => {
  const w = await worker(t, script);
  const file = path.join(w.place.work, ".claude", "settings.json");
  mkdirSync(path.dirname(file));
  await w.start();
  for (const [content, words] of [
    ['{"permissions": {\n"defaultMode": "strict"}}', "line 2: permissions.defaultMode must be one of"],
    ['{"hooks": {\n"PreToolUSe": []}}', "line 2: hooks.PreToolUSe is not an event of Claude Code; write PreToolUse"],
    ['{\n"deny": ["Bash(rm:*)"]}', "line 2: deny is ignored; write permissions.deny"],
  ] as const) {
    writeFileSync(file, content);
    const { stderr } = await w.cli(["run", "remove it", "--allow", "Bash"]);
    assert.ok(stderr.includes(`${file}, ${words}`), stderr);
  }
  for (const id of [1, 2, 3]) assert.equal((await w.ended(id)).error?.code, "broken_settings");
  assert.equal(w.model.requests().length, 0);
});
