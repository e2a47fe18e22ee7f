/**
 * Item 27: whatever an agent or a person wrote, no escape reaches a terminal; off a terminal only
 * `--raw` passes it on.
 */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { commandIndex } from "../../src/cli/commandline/command-index.ts";
import type { CommandSpec } from "../../src/cli/commandline/command.ts";
import { terminalText } from "../../src/cli/terminal/terminal-text.ts";
import { plainText, visibleText } from "../../src/domain/text/plain-text.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { readSourceFiles } from "../../testing/source-files.ts";
import { withoutServer, withServer } from "../cli/setup.ts";

/**
 * What text can do to a terminal: colours, cursor, title, clipboard, links, 8-bit controls,
 * backspaces, reversed and invisible text.
 */
const hostile = [
  "\u001b[2J\u001b[1;1H",
  "\u001b]0;title\u0007",
  "\u001b]52;c;cm0gLXJmIH4=\u0007",
  "\u001b]8;;http://evil.test\u001b\\link\u001b]8;;\u001b\\",
  "\u009b31m",
  "\u0090payload\u009c",
  "safe\rEVIL",
  "abc\b\b\bxyz",
  "\u202egnp.exe\u202c",
  "\u2066\u2069\u200f",
  "\u0000\u0007\u007f",
  "zero\u200bwidth\u200d\u200c\u2060\ufeff",
].join(" ");
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
/** What moves the cursor of a live display is our own. */
const ownCursor = /\u001b\[(\?(?:25|7)[lh]|\d*[AGJK])|\r(?=[\r\u001b])/g;

const inputOf = (directory: string, name: string) =>
  plainInput({
    prompt: `${hostile}\nsecond`,
    working_directory: directory,
    name,
    allow: [`Bash(${name})`],
    labels: { l: hostile },
  });

test("show, list, logs and watch print nothing that commands a terminal", async (t) => {
  const { api, call } = await withServer(t);
  const { id } = await api.submitTask(inputOf("/tmp", "n"), { scope: "admin", name: "test" });
  await api.tell(id, "text", { text: hostile });
  await api.tell(id, "tool_use", { tool: hostile, tool_use_id: "1", input: { command: hostile } });
  await api.tell(id, "tool_result", { tool_use_id: "1", is_error: true, text: hostile });
  await api.tell(id, "result", { subtype: hostile, is_error: false, text: hostile });
  await api.finish(id, "failed");
  const task = await api.getTask({ id });
  api.getTask = async () => ({
    ...task,
    name: hostile,
    result: hostile,
    last_action: hostile,
    error: { code: "x", message: hostile, retryable: false },
    model: hostile,
  });
  for (const columns of [100, undefined]) {
    for (const words of [["show", "1"], ["list"], ["logs", "1"], ["watch", "1"], ["wait", "1"]]) {
      const { stdout, stderr } = await call(words, { env: { NO_COLOR: "1" }, ...(columns === undefined ? {} : { columns }) });
      const text = `${stdout}${stderr}`.replaceAll(ownCursor, "");
      assert.equal(dangerous.exec(text)?.[0], undefined, `${words.join(" ")} prints ${JSON.stringify(text)}`);
    }
  }
  assert.ok(dangerous.test((await call(["show", "1", "--raw"])).stdout), "--raw gives it as it is");
  const shown = (await call(["show", "1", "--raw"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
  assert.equal(dangerous.exec(shown)?.[0], undefined, "but not to a terminal");
  assert.match(shown, /\\u001b\[2J/);
});

/**
 * Commands that act on this machine instead of printing what others wrote, and `top`, which stays
 * until a key is pressed.
 */
const acting = new Set([
  "claude",
  "mcp",
  "server start",
  "server stop",
  "server restart",
  "service install",
  "service uninstall",
  "db restore",
  "top",
]);

test("every command prints harmless text for hostile names and messages", async (t) => {
  const { api, call, place } = await withServer(t);
  const named = hostile.replaceAll(/[\0/]/g, "");
  const directory = path.join(place.work, named);
  mkdirSync(directory);
  const log = path.join(place.dataHome, "server.log");
  appendFileSync(log, `claude-worker runner: ${hostile}\n${JSON.stringify({ msg: hostile })}\n`);
  const { id } = await api.submitTask(inputOf(directory, named), { scope: "admin", name: "test" });
  await api.tell(id, "text", { text: hostile });
  await api.finish(id, "failed");
  const task = {
    ...(await api.getTask({ id })),
    name: named,
    result: hostile,
    model: hostile,
    error: { code: "x", message: hostile, retryable: false },
  };
  api.getTask = async () => task;
  for (const { name, load } of commandIndex) {
    if (acting.has(name)) continue;
    const words = [...name.split(" "), ...wordsFor((await load()).command, directory), ...(name === "mcp install" ? ["--print"] : [])];
    for (const more of [{ columns: 100 }, { columns: 100, env: { FORCE_COLOR: "1" } }, {}]) {
      for (const flags of [[], ["--json"]]) {
        // A shell that stays would wait for the end of this process's input.
        const env = { SHELL: "/bin/true", EDITOR: "/bin/true", ...more.env };
        const { stdout, stderr } = await call([...words, ...flags], { cwd: directory, ...more, env });
        const text = `${stdout}${stderr}`.replaceAll(ownCursor, "").replaceAll(/\u001b\[\d\d?m/g, "");
        assert.equal(dangerous.exec(text)?.[0], undefined, `${words.join(" ")} ${flags.join("")} prints ${JSON.stringify(text)}`);
      }
    }
  }
  const shown = (await call(["show", "1", "--json"], { columns: 100 })).json();
  assert.deepEqual([shown["result"], shown["name"], shown["prompt"]], [hostile, named, `${hostile}\nsecond`], "the JSON means the same");
});

/** A task's id where ids are completed, the hostile directory or text elsewhere. */
function wordsFor({ arguments: wanted = [] }: CommandSpec, directory: string): string[] {
  return wanted.map(({ completes }) => (completes === "tasks" ? "1" : directory));
}

test("the raw log is the file's bytes, but on a terminal nothing in it is acted on", async (t) => {
  const { api, call } = await withServer(t);
  const { id } = await api.submitTask(inputOf("/tmp", "n"), { scope: "admin", name: "test" });
  const line = `${JSON.stringify({ text: hostile })} \u009b2J broken\n`;
  appendFileSync(await api.logFile(id, "raw"), line);
  const piped = await call(["logs", "1", "--raw"]);
  assert.equal(piped.stdout, line, piped.stderr);
  const shown = (await call(["logs", "1", "--raw"], { columns: 100 })).stdout;
  assert.equal(dangerous.exec(shown)?.[0], undefined, JSON.stringify(shown));
});

test("server logs write controls as JSON does, with or without a terminal", async (t) => {
  const { call, place } = withoutServer(t);
  place.file("data/server.log", `${JSON.stringify({ msg: `é ${hostile}` })}\n`);
  for (const columns of [100, undefined]) {
    const { stdout, json } = await call(["server", "logs"], columns === undefined ? {} : { columns });
    assert.equal(dangerous.exec(stdout)?.[0], undefined, JSON.stringify(stdout));
    assert.deepEqual(json(), { msg: `é ${hostile}` });
  }
});

test("joiners stay in a terminal text only where a script or an emoji needs them", () => {
  const fine = "👩\u200d💻 👩🏽\u200d🚀 🏳️\u200d🌈 می\u200cخواهم क्\u200dष";
  assert.equal(plainText(fine), fine);
  assert.equal(plainText("a\u200db\u200cc 1\u200d2\u200c"), "abc 12");
  assert.equal(JSON.parse(visibleText(JSON.stringify(fine))), fine);
});

test("only the command line's own styles reach a terminal", () => {
  const text = "\u001b[1mTask\u001b[22m \u001b[8mhidden\u001b[5m\u001b[2J\u001b[31mred\u001b[39m";
  assert.equal(terminalText(text, { colour: true }), "\u001b[1mTask\u001b[22m hidden\u001b[31mred\u001b[39m");
  assert.equal(terminalText(text, { colour: false }), "Task hiddenred");
  assert.equal(terminalText("\u001b]0;\u001b[1mx\u0007", { colour: true }), "]0;\u001b[1mx");
});

test("all output of the command line goes through the gate", () => {
  // The pipe of MCP is a protocol, the question's reader writes a question that was cleaned.
  const allowed = new Set(["src/cli/terminal/io.ts", "src/cli/commands/mcp/mcp.ts", "src/cli/terminal/confirm.ts", "src/cli/main.ts"]);
  const others = readSourceFiles("src/cli").filter(({ members }) => members.some((name) => /^process\.std(out|err)|^console\./.test(name)));
  assert.deepEqual(
    others.map(({ path: file }) => file).filter((file) => !allowed.has(file)),
    [],
  );
});

test("an error that quotes what was typed is harmless to a terminal", async (t) => {
  const { call } = await withServer(t);
  for (const words of [
    [hostile],
    ["show", hostile],
    ["run", "p", "-d", `/nowhere/${hostile}`],
    ["list", "--status", hostile],
    [`--${hostile}`],
  ]) {
    const { stdout, stderr } = await call(
      words.map((word) => word.replaceAll("\0", "")),
      { env: { NO_COLOR: "1" } },
    );
    assert.equal(dangerous.exec(stdout + stderr)?.[0], undefined, JSON.stringify(stdout + stderr));
  }
});
