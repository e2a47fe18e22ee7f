import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventType } from "../../../../src/domain/events/event.ts";
import { paintedWidth } from "../../../../src/cli/terminal/render/text-width.ts";
import { settingsPage } from "../../../../src/cli/terminal/render/settings-page.ts";
import { wrap } from "../../../../src/cli/terminal/render/wrap.ts";
import { patch, showAs, withoutServer, withServer } from "../../setup.ts";
import type { ServedCli } from "../../setup.ts";

const plain = { NO_COLOR: "1" };

test("the general help has every command, in groups, on one screen", async (t) => {
  const { call } = withoutServer(t);
  for (const columns of [60, 80, 200]) {
    const { stdout } = await call(["--help"], { columns });
    const lines = stdout.trimEnd().split("\n");
    assert.ok(lines.length <= (columns < 80 ? 52 : 38), `${lines.length} lines`);
    assert.ok(columns < 80 || lines.every((line) => line.length <= 80), stdout);
  }
  const { stdout } = await call(["--help"]);
  const { commandIndex } = await import("../../../../src/cli/commandline/command-index.ts");
  for (const { name } of commandIndex) {
    if (name.startsWith("_")) continue;
    const [noun = "", verb] = name.split(" ");
    assert.match(stdout, verb === undefined ? new RegExp(`[ ,]${noun}\\b`) : new RegExp(`${noun} (?:[a-z]+\\|)*${verb}\\b`), name);
  }
});

test("each first word of two has a page of its own", async (t) => {
  const { call } = withoutServer(t);
  const { commandIndex } = await import("../../../../src/cli/commandline/command-index.ts");
  const single = new Set(commandIndex.map(({ name }) => name));
  const firsts = commandIndex.map(({ name }) => name.split(" ")[0] ?? name).filter((first) => !single.has(first));
  assert.ok(firsts.includes("workspace"));
  for (const first of new Set(firsts)) {
    for (const words of [[first], [first, "--help"], ["help", first]]) {
      const { code, stdout } = await call(words);
      assert.equal(code, 0, words.join(" "));
      assert.match(stdout, new RegExp(`claude-worker ${first} `), first);
    }
    assert.match((await call([first, "nonsense"])).stderr, new RegExp(`Unknown command "${first} nonsense"`), first);
  }
});

test("config list shows what was changed first, then groups", async (t) => {
  const { call } = withoutServer(t);
  const env = { CLAUDE_WORKER_WORKERS: "7", CLAUDE_WORKER_AGENT_DEPTH: "1", ...plain };
  for (const columns of [50, 80, 160]) {
    const { stdout } = await call(["config", "list"], { columns, env });
    assert.match(
      stdout,
      /^Changed\n {2}workers +7 +\(?environment[^]+? {2}agent_depth +1 +\(?environment[^]+\n\nWhat agents may do[^]+\n\nThe server\n[^]+\n\nHow tasks run\n/,
    );
    for (const line of stdout.split("\n")) assert.ok(paintedWidth(line) <= columns, line);
  }
  const lines = (await call(["config", "list"], { env })).stdout.trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 2), ["workers\t7\tenvironment", "agent_depth\t1\tenvironment"]);
  assert.match(
    settingsPage([{ key: "x", value: "1", origin: "default", description: "d" }], { isTTY: true, columns: 80, colour: false } as never),
    /^Limits/,
  );
});

test("server status is one headline, then what runs, then where it is", async (t) => {
  const { call, api } = await withServer(t);
  for (const name of ["one", "two", "three"]) await call(["run", `work on ${name}`, "-n", name]);
  await api.tell(2, "tool_use", { tool: "Bash" }, ["[tool:bash] npm test"]);
  const server = await api.server();
  api.server = async () => ({
    ...server,
    status: "degraded",
    problems: ["The disk is full and here is more to read about it than fits into one line."],
    workers: { limit: 4, running: 1, parked: 0, warm: 1 },
  });
  const { stdout } = await call(["server", "status"], { columns: 60, env: plain });
  assert.match(
    stdout,
    /^⚠ The server is degraded · 1 of 4 slots in use · \d pending[^]*\nProblem {3}The disk is full and here is more to read about it\n {10}than fits into one line\.\n\nID  STATUS[^]+\n 2  ▶ running [^]+\n\nVersion /,
  );
  assert.doesNotMatch(stdout, /three/);
  for (const line of stdout.split("\n")) assert.ok(paintedWidth(line) <= 60 || line.includes("/"), line);
});

test("list uses the terminal's width for titles, and keeps room for why a task waits", async (t) => {
  const { call } = await withServer(t);
  const title = "A long title that says a lot about what is to be done here, and then even more of it";
  await call(["run", title]);
  await call(["hold", "lunch, then more"]);
  assert.match((await call(["list"], { columns: 200, env: plain })).stdout, new RegExp(`${title} {2}\\(lunch, then more\\)\n`));
  const narrow = (await call(["list"], { columns: 90, env: plain })).stdout;
  assert.match(narrow, /A long title that .+…  \(lunch, .+\n/);
  for (const columns of [40, 60, 90, 120])
    for (const line of (await call(["list"], { columns, env: plain })).stdout.split("\n")) assert.ok(paintedWidth(line) <= columns, line);
});

test("no text on a terminal is broken inside a word or a command, whatever the command", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await call(["run", "a text that is longer than the terminal is wide"]);
  const server = await api.server();
  const message = `${"it is held for a long reason, ".repeat(4)}then: claude-worker resume`;
  api.server = async () => ({
    ...server,
    holds: [{ kind: "manual", message, since: server.started_at, until: null, profiles: null, tasks_waiting: 1 }],
  });
  await api.finish(1, "failed");
  await patch(api, 1, { error: { code: "agent_failed", message: "a long message ".repeat(20), retryable: false } });
  const calls = [
    "list",
    "wait 1",
    "usage",
    "doctor",
    "token create x",
    "--help",
    "server --help",
    "run --help",
    "config set x y",
    "hold",
    "top x",
  ];
  for (const words of calls)
    for (const columns of [50, 80]) {
      const { stdout, stderr } = await call(words.split(" "), { columns, env: plain });
      // A lone word or command is left to the terminal, so that it can be copied.
      const isWhole = (line: string): boolean => wrap(line.replace(/^(?:ok|warn|fail) {2,4}.*? {2,}/, ""), 1).length === 1;
      const lines = (stdout + stderr).replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, "").split(/\r?\n|\r/);
      for (const line of lines) assert.ok(paintedWidth(line) <= columns || isWhole(line), `${words} at ${columns}: ${line}`);
    }
  const { stdout } = await call(["list", "--json"], { columns: 50, env: plain });
  assert.match(stdout, /"title": "a text that is longer than the terminal is wide"/);
  JSON.parse(stdout);
});

test("logs hides the machinery, and filters what it shows", async (t) => {
  const cli = await withServer(t);
  await story(cli);
  const shown = async (...flags: string[]): Promise<string[]> =>
    (await cli.call(["logs", ...flags])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\d{4}-\S+Z +/, "@").trim());
  assert.deepEqual(await shown(), [
    "@[tool:bash] ls",
    "@a.ts",
    "b.ts",
    "@Looks good.",
    "@[denied] Bash: curl",
    "@[error] overloaded",
    "@[result] success",
  ]);
  assert.deepEqual(await shown("--text"), ["@Looks good."]);
  assert.deepEqual(await shown("--errors"), ["@[denied] Bash: curl", "@[error] overloaded"]);
  assert.deepEqual(await shown("--tools", "--text"), ["@[tool:bash] ls", "@a.ts", "b.ts", "@Looks good.", "@[denied] Bash: curl"]);
  assert.equal((await shown("--all")).length, 11);
  assert.deepEqual(await shown("-n", "1"), ["@[result] success"]);
  const types = async (...flags: string[]): Promise<string[]> =>
    (await cli.call(["logs", "--json", ...flags])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { event: { type: string } }).event.type);
  assert.deepEqual(await types("--text"), ["text"]);
  assert.ok((await types()).includes("init"));
  const onTerminal = (await cli.call(["logs"], { columns: 60, env: { ...plain, TZ: "UTC" } })).stdout;
  assert.match(onTerminal, /^\d\d:\d\d:\d\d \[tool:bash\] ls\n/);
});

async function story({ call, api }: ServedCli): Promise<void> {
  await call(["run", "x"]);
  const tell = (type: EventType, summary: string, data: object = {}): Promise<void> =>
    api.tell(1, type, data, summary === "" ? [] : [summary]);
  await tell("session", "[session] 1234");
  await tell("init", "[init] model · acceptEdits");
  await tell("notice", "[notice] cold start", { kind: "cold_start" });
  await tell("tool_use", "[tool:bash] ls", { tool: "Bash", tool_use_id: "t" });
  await tell("tool_result", "", { tool_use_id: "t", text: "a.ts\nb.ts", is_error: false });
  await tell("text", "[text] Looks good.", { text: "Looks good." });
  await tell("permission_denied", "[denied] Bash: curl", { tool: "Bash" });
  await tell("notice", "[error] overloaded", { kind: "api_error" });
  await tell("result", "[result] success", { is_error: false });
}

test("no width breaks what is to be copied, and nothing stands behind a command", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1, "failed");
  const message = "Sign in again. When the cause is gone: claude-worker retry 1 --resume";
  await patch(api, 1, { error: { code: "auth_failed", message, retryable: true } });
  for (const columns of [32, 40, 50, 60, 72, 79, 80, 100]) {
    const at = { columns, env: { NO_COLOR: "1" } };
    const help = (await call(["run", "--help"], at)).stdout;
    assert.ok((help.match(/Bash\(npm/g) ?? []).length > 1);
    assert.doesNotMatch(help, /Bash\(npm\s*\n/, `at ${columns} columns`);
    assert.match(help, /^ *id=\$\(claude-worker run "Fix the failing test" --allow "Bash\(npm test\)"\)/m);
    const page = (await call(["show", "1"], at)).stdout;
    assert.match(page, /^ *claude-worker retry 1 --resume$|: claude-worker retry 1 --resume$/m, `at ${columns} columns`);
    assert.match(page, /auth_failed: Sign/);
  }
  showAs(api, { status: "completed", attention: [{ kind: "denied", count: 2, detail: "Bash: ls" }] });
  const narrow = (await call(["show", "1"], { columns: 24, env: { NO_COLOR: "1" } })).stdout.split("\n").slice(0, 2);
  assert.ok(
    narrow.every((line) => line.length <= 24),
    narrow.join("|"),
  );
});
