import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { refuseBrokenText } from "../../src/cli/commandline/argument-bytes.ts";
import { exitCodeOf } from "../../src/cli/commandline/exit-codes.ts";
import { commandIndex, describeCommands, meant } from "../../src/cli/commandline/command-index.ts";
import { errorCodes, WorkerError } from "../../src/domain/errors.ts";
import { pretending } from "../../testing/launcher.ts";
import { withoutServer, withServer } from "./setup.ts";

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));

test("an unknown command or verb says what was probably meant, and exits with 2", async (t) => {
  const { call } = withoutServer(t);
  const said: [string[], RegExp][] = [
    [["backup", "x.db"], /^Error: The command "backup" is now "db backup"\. See: claude-worker db backup --help\n$/],
    [
      ["restore", "tasks.db"],
      /^Error: Say which checkpoint: claude-worker restore tasks\.db N\. .*backup.*claude-worker db restore tasks\.db\n$/,
    ],
    [["lsit"], /^Error: Unknown command "lsit"\. Did you mean "list"\? See: claude-worker --help\n$/],
    [["server", "strat"], /Did you mean "server start"\?/],
    [["xyzzy"], /^Error: Unknown command "xyzzy"\. See: claude-worker --help\n$/],
    [["stop"], /^Error: Unknown command "stop"\. Did you mean "server stop" or "cancel"\? See: claude-worker --help\n$/],
    [["delete", "1"], /Did you mean "rm"\?/],
    [["trust", "rm"], /Did you mean "trust remove"\?/],
    [["-v"], /Unknown flag -v before a command\. Did you mean --version\?/],
    [["config", "--nope"], /^Error: Unknown command "config --nope"/],
    [["--verbose", "list"], /Unknown flag --verbose before a command/],
    [["list", "--al"], /Unknown flag --al\. Did you mean --all\?/],
  ];
  for (const [words, message] of said) {
    const { code, stdout, stderr } = await call(words);
    assert.deepEqual([code, stdout], [2, ""], words.join(" "));
    assert.match(stderr, message);
  }
});

test("a word that is suggested for another one is a command or a flag", () => {
  const names = [...commandIndex.map(({ name }) => name), "--version"];
  for (const [word, commands] of Object.entries(meant)) {
    assert.ok(!names.includes(word), `${word} is a command itself`);
    for (const command of commands) assert.ok(names.includes(command), `${word}: ${command}`);
  }
});

test("a group of commands prints what belongs to it, with every common flag", async (t) => {
  const { call } = withoutServer(t);
  for (const words of [["config"], ["config", "--help"], ["config", "--json"], ["--json", "config"]]) {
    const { code, stdout } = await call(words);
    assert.equal(code, 0, words.join(" "));
    assert.match(stdout, /^Settings\n\n {2}config list /);
  }
});

test("a flag's help names its choices once, and says when it may be repeated", async () => {
  for (const { name, options = [] } of await describeCommands()) {
    for (const { flags, description, choices = [], repeat } of options) {
      const where = `${name} ${flags}: ${description}`;
      const named = choices.filter((choice) => new RegExp(`\\b${choice}\\b`).test(description.replace(/\(default: .*?\)/, "")));
      assert.ok(named.length < 2, where);
      if (repeat === true && !flags.includes("...")) assert.match(description, /several|often/, where);
    }
  }
});

test(
  "an argument that is not UTF-8 is refused, unlike a typed replacement character",
  { skip: process.platform !== "linux" },
  async (t) => {
    const { env, api, place } = await withServer(t);
    // By an old Node the words come from the launcher, which could not read them either.
    for (const flags of [[], pretending(place.directory, "20.20.2")]) {
      for (const words of ["$'quick\\xff'", "x --system $'a\\xff'", "x --label $'a=\\xc3'"]) {
        const call = ["-c", `"$0" "$@" run ${words} </dev/null`, process.execPath, ...flags, bin];
        const { status, stderr } = spawnSync("bash", call, { env, cwd: "/", encoding: "utf8" });
        assert.match(stderr, /^Error: The argument ".+" is not UTF-8 text\./);
        assert.equal(status, 2);
      }
    }
    assert.deepEqual(api.calls, []);
    // The server is in this process: it cannot answer while we wait for a child's end in one go.
    refuseBrokenText(["a \ufffd that was typed"]);
  },
);

test("a call in a removed directory says so when it needs the directory", (t) => {
  const { env, place } = withoutServer(t);
  const call = (words: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("bash", ["-c", `rmdir "$PWD"; "$0" "$1" ${words} </dev/null`, process.execPath, bin], {
      env,
      cwd: mkdtempSync(path.join(place.directory, "gone-")),
      encoding: "utf8",
    });
  for (const words of ["run hello", "trust add ."]) {
    const { status, stderr } = call(words);
    assert.deepEqual([status, stderr], [2, "Error: The current directory does not exist any more. Change to one that does.\n"]);
  }
  assert.match(call("--version").stdout, /^claude-worker \d/);
  // A full path needs no current directory; neither does a prompt, which names no file then.
  const refused = call(`run "say hello" --dir ${place.directory}/missing --max-turns 0`);
  assert.equal(refused.status, 2);
  assert.doesNotMatch(refused.stderr, /current directory/);
});

test("with --json an error is JSON on the standard output, wherever it comes from", async (t) => {
  const { call } = await withServer(t);
  for (const [words, code] of [
    [["show", "99", "--json"], "not_found"],
    [["lsit", "--json"], "invalid_input"],
    [["--json", "show", "0"], "invalid_input"],
  ] as const) {
    const answer = await call(words);
    const { error } = answer.json() as { error: { code: string; message: string } };
    assert.equal(error.code, code);
    assert.notEqual(error.message, "");
    assert.equal(answer.stderr, "");
  }
});

test("an error shows a stack trace only with --debug", async (t) => {
  const { call } = withoutServer(t);
  assert.doesNotMatch((await call(["hold"])).stderr, /\n +at /);
  assert.match((await call(["hold", "--debug"])).stderr, /\n +at /);
});

test("an internal error is a sentence too", async (t) => {
  const { call, api } = await withServer(t);
  api.server = () => JSON.parse("null") as ReturnType<typeof api.server>;
  const { code, stderr } = await call(["server", "status"]);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: [A-Z].+\n$/);
});

test("every error has an exit code of its kind", () => {
  const codes = Object.fromEntries(errorCodes.map((code) => [code, exitCodeOf(new WorkerError(code, ""))]));
  const { invalid_input, payload_too_large, server_unreachable, unauthorized, forbidden, untrusted_directory, ...others } = codes;
  assert.deepEqual(
    [invalid_input, payload_too_large, server_unreachable, unauthorized, forbidden, untrusted_directory],
    [2, 2, 3, 4, 4, 4],
  );
  assert.deepEqual(new Set(Object.values(others)), new Set([1]));
  assert.equal(exitCodeOf(new Error("bug")), 1);
});

test("--help works everywhere, with usage, flags and examples, and fits a terminal", async (t) => {
  const { call } = withoutServer(t);
  assert.equal((await call([])).stdout, (await call(["--help"])).stdout);
  // What follows `claude` is for Claude Code, --help too.
  for (const { name } of commandIndex.filter((entry) => entry.name !== "claude")) {
    const { code, stdout } = await call([...name.split(" "), "--help"], { columns: 80 });
    assert.equal(code, 0, name);
    assert.match(stdout, new RegExp(`^Usage: claude-worker ${name} `));
    assert.match(stdout, /\nExamples:\n {2}\S/);
    assert.ok(
      stdout
        .split("\nExamples:")[0]
        ?.split("\n")
        .every((line) => line.length <= 80),
      name,
    );
    assert.equal((await call(["help", ...name.split(" ")], { columns: 80 })).stdout, stdout, name);
  }
  assert.match((await call(["server"])).stdout, /server start +Start the server/);
});

test("every command says what it does in a sentence and shows how", async () => {
  for (const { name, summary, examples, options = [] } of await describeCommands()) {
    assert.match(summary, /^[A-Z].*[^.]$/, name);
    assert.ok(examples.length > 0 && examples.every(({ command }) => command.includes("claude-worker")), name);
    for (const { flags } of options) assert.match(flags, /^(-[a-zA-Z], )?--[a-z][a-z-]+( <[^>]+>)?$/, `${name} ${flags}`);
  }
});

test("the name in the index is the name of the command", async () => {
  for (const { name, alias, load } of commandIndex) {
    const { command } = await load();
    assert.deepEqual([command.name, command.alias], [name, alias]);
  }
});

test("--version shows the package's version", async (t) => {
  const { call } = withoutServer(t);
  assert.match((await call(["--version"])).stdout, /^claude-worker \d+\.\d+\.\d+\n$/);
  assert.match(String((await call(["--version", "--json"])).json()["version"]), /^\d+\.\d+\.\d+$/);
});

test("colours follow the terminal, NO_COLOR and FORCE_COLOR", async (t) => {
  const { call } = await withServer(t);
  const hasColour = async (columns: number | undefined, env: Record<string, string>): Promise<boolean> =>
    /\x1b\[/.test(
      (await call(["list"], { ...(columns === undefined ? {} : { columns }), env })).stdout +
        (await call(["show", "x"], { ...(columns === undefined ? {} : { columns }), env })).stderr,
    );
  assert.equal(await hasColour(80, {}), true);
  assert.equal(await hasColour(undefined, {}), false);
  assert.equal(await hasColour(80, { NO_COLOR: "1" }), false);
  assert.equal(await hasColour(80, { TERM: "dumb" }), false);
  assert.equal(await hasColour(undefined, { FORCE_COLOR: "1" }), true);
});
