import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { JournalRecord, RunnerNote } from "../../../src/domain/events/record.ts";
import { summaryLines } from "../../../src/domain/events/summary.ts";
import { anyRecord } from "../any-record.ts";
import { sample, sampleNames } from "../samples/sample.ts";

const stamp = { _n: 1, _attempt: 1, _at: "2026-01-01T00:00:00.000Z" };

function linesOf(name: string): string[] {
  return sample(name).messages.flatMap((message) => summaryLines(message, "/home/me/project"));
}

function note(fields: RunnerNote): string[] {
  return summaryLines({ ...fields, ...stamp });
}

function message(fields: Record<string, unknown> & { type: string }, cwd: string | null = null): string[] {
  return summaryLines({ ...fields, ...stamp }, cwd);
}

function toolLine(name: string, input: unknown, cwd: string | null = null): string[] {
  return message({ type: "assistant", message: { content: [{ type: "tool_use", id: "toolu_1", name, input }] } }, cwd);
}

/** As Claude Code runs a command of its tool. */
function inShell(command: string): string {
  const before = String.raw`source /home/me/snapshot-bash-1.sh 2>/dev/null || true && \builtin shopt -u extglob 2>/dev/null || true`;
  return `/bin/bash -c ${before} && eval '${command}' < /dev/null && pwd -P >| /tmp/claude-1-cwd`;
}

const init = "[init] claude-opus-5-5 · acceptEdits · Claude Code 2.1.330";

test("a task's summary reads as its steps, with paths relative to its directory", () => {
  assert.deepEqual(linesOf("tools"), [
    init,
    "[tool:write] app.py",
    "[tool:bash] python3 app.py || cat app.py",
    "[tool:bash] echo to stderr >&2; exit 3",
    "[tool-error] Exit code 3",
    "[tool:read] app.py",
    "[tool:read] missing.py",
    "[tool-error] File does not exist. Note: your current working directory is /home/me/project.",
    "[text] Wrote app.py.",
    "[result] success · $0.0600 · 1.0 s",
  ]);
});

test("a summary shows a text's first line and what was denied of a call", () => {
  assert.deepEqual(linesOf("success"), [init, "[text] Done.", "[result] success · $0.0100 · 1.0 s"]);
  assert.match(linesOf("denied-rule")[2] ?? "", /^\[denied\] Bash: Permission to use Bash with command rm -rf build has been denied\.$/);
  assert.ok(linesOf("subagent").includes("[tool:agent] look around"));
  assert.ok(linesOf("subagent").includes("↳ [tool:bash] echo inner"));
  assert.ok(linesOf("subagent").includes("[notice] Looked."));
});

test("an error of Claude Code's own reads without the mark that it has for the model", () => {
  const block = { type: "tool_result", tool_use_id: "toolu_1", is_error: true };
  const line = (content: string): string[] => message({ type: "user", message: { content: [{ ...block, content }] } });
  assert.deepEqual(line("<tool_use_error>No such tool\nx</tool_use_error>"), ["[tool-error] No such tool"]);
  assert.deepEqual(line("No <tool_use_error>"), ["[tool-error] No <tool_use_error>"]);
});

test("a summary names what goes wrong", () => {
  assert.deepEqual(linesOf("usage-limit").slice(1), [
    "[limit] five_hour rejected until 2030-01-01T15:00:00.000Z",
    "[error] rate_limit · You've hit your 5-hour limit · resets Jan 1, 2030, 3pm (UTC)",
    "[result] error · HTTP 429 · $0.0000 · 1.0 s · You've hit your 5-hour limit · resets Jan 1, 2030, 3pm (UTC)",
  ]);
  assert.deepEqual(linesOf("api-401").slice(1, 4), [
    "[retry] 1 of 2 in 1.0 s: authentication_failed (HTTP 401)",
    "[retry] 2 of 2 in 1.0 s: authentication_failed (HTTP 401)",
    "[error] authentication_failed · Invalid API key · Fix external API key",
  ]);
  assert.equal(linesOf("budget").at(-1), "[result] error_max_budget_usd · $0.0100 · 1.0 s · Reached maximum budget ($0.000001)");
  assert.equal(linesOf("interrupted-tool").at(-1), "[result] interrupted · $0.0100 · 1.0 s");
  assert.ok(linesOf("api-disconnect").includes("[retry] 1 of 2 in 1.0 s: unknown"));
});

const tools: [name: string, input: unknown, line: string][] = [
  ["Write", { file_path: "/project/src/app.py", content: "x" }, "[tool:write] src/app.py"],
  ["Edit", { file_path: "/projection/app.py", old_string: "a" }, "[tool:edit] /projection/app.py"],
  ["NotebookEdit", { notebook_path: "/project/a.ipynb" }, "[tool:notebookedit] a.ipynb"],
  ["Glob", { pattern: "**/*.ts", path: "/project" }, "[tool:glob] **/*.ts"],
  ["LS", { path: "/project" }, "[tool:ls] ."],
  ["Bash", { command: "cd /tmp &&\n  npm test", description: "Runs the tests" }, "[tool:bash] cd /tmp && npm test"],
  ["WebFetch", { url: "https://example.org", prompt: "Read it" }, "[tool:webfetch] https://example.org"],
  ["Agent", { description: "look around", prompt: "a long one" }, "[tool:agent] look around"],
  ["TodoWrite", { todos: [{}, {}] }, "[tool:todowrite] 2 todos"],
  ["mcp__github__search_issues", { repo: "a/b", n: 3 }, "[tool:github/search_issues] repo: a/b"],
  ["Odd", { n: 3 }, "[tool:odd]"],
  ["Bash", null, "[tool:bash]"],
  ["Bash", "not an object", "[tool:bash]"],
  ["Bash", { command: 42, file_path: "" }, "[tool:bash]"],
];
for (const [name, input, line] of tools) {
  test(`a call of ${name} with ${JSON.stringify(input)} reads ${line}`, () => {
    assert.deepEqual(toolLine(name, input, "/project"), [line]);
  });
}

test("paths are shown whole without a known working directory", () => {
  for (const cwd of [null, "", "/"]) assert.deepEqual(toolLine("Read", { file_path: "/project/a.py" }, cwd), ["[tool:read] /project/a.py"]);
  assert.deepEqual(toolLine("Read", { file_path: "/project/a.py" }, "/project/"), ["[tool:read] a.py"]);
});

test("a result that was recovered from the session says so", () => {
  assert.deepEqual(message({ type: "result", subtype: "success", is_error: false, result: "Done.", num_turns: 2, _recovered: true }), [
    "[result] success · recovered",
  ]);
});

const notes: [RunnerNote, string[]][] = [
  [{ type: "worker", subtype: "started", runnerId: "r", pid: 1, warm: true, resume: false, sessionId: null }, []],
  [{ type: "worker", subtype: "started", runnerId: "r", pid: 1, warm: false, resume: false, sessionId: "s-1" }, ["[session] s-1"]],
  [{ type: "worker", subtype: "started", runnerId: "r", pid: 1, warm: false, resume: true, sessionId: "s-1" }, ["[session] resumed s-1"]],
  [{ type: "worker", subtype: "session", sessionId: "s-2" }, ["[session] s-2"]],
  [{ type: "worker", subtype: "cold_start", reason: "project settings" }, ["[notice] cold start: project settings"]],
  [{ type: "worker", subtype: "session_restarted", reason: "No conversation found" }, ["[session] restarted: No conversation found"]],
  [
    {
      type: "worker",
      subtype: "permission_denied",
      tool: "Bash",
      toolUseId: "toolu_1",
      input: { command: "rm -rf /" },
      reason: "Nobody to ask.",
    },
    ["[denied] Bash: rm -rf /"],
  ],
  [
    { type: "worker", subtype: "permission_denied", tool: "Bash", toolUseId: "toolu_1", input: {}, reason: "Nobody to ask." },
    ["[denied] Bash: Nobody to ask."],
  ],
  [{ type: "worker", subtype: "stop_requested", reason: "timed_out" }, ["[stop] timed_out"]],
  [{ type: "worker", subtype: "swept", processes: [] }, []],
  [
    { type: "worker", subtype: "swept", processes: [{ pid: 7, command: "sleep 1000", signal: "SIGKILL" }] },
    ["[swept] 1 left-over process was ended: sleep 1000"],
  ],
  [
    {
      type: "worker",
      subtype: "swept",
      processes: [inShell("npm run dev"), inShell("npm run dev"), "node server.js"].map((command, pid) => ({
        pid,
        command,
        signal: "SIGTERM",
      })),
    },
    ["[swept] 3 left-over processes were ended: npm run dev, node server.js"],
  ],
  [{ type: "worker", subtype: "gave_up", error: "unknown", text: "API Error: 400" }, ["[error] API Error: 400"]],
  [
    { type: "worker", subtype: "gave_up", error: "authentication_failed", text: "Refused 3 times." },
    ["[error] authentication_failed · Refused 3 times."],
  ],
  [{ type: "worker", subtype: "session_repaired", messages: 4 }, ["[notice] 4 messages of finished steps were put back into the session."]],
  [{ type: "worker", subtype: "stderr", text: "a\nlast words\n" }, ["[stderr] last words"]],
  [{ type: "worker", subtype: "ended", thrown: null, stopRequested: null }, []],
  [{ type: "worker", subtype: "ended", thrown: "spawn ENOENT\n  at x", stopRequested: null }, ["[error] spawn ENOENT"]],
  [{ type: "worker", subtype: "ended", thrown: "terminated by signal SIGKILL", stopRequested: "parked" }, []],
];
for (const [index, [fields, lines]] of notes.entries()) {
  test(`the note ${fields.subtype} reads ${lines[0] ?? "as nothing"} (case ${index})`, () => {
    assert.deepEqual(note(fields), lines);
  });
}

test("a usage warning in the summary says how much is used", () => {
  const limit = (info: object) => message({ type: "rate_limit_event", rate_limit_info: info });
  assert.deepEqual(limit({ status: "allowed" }), []);
  assert.deepEqual(limit({ status: "allowed_warning", rateLimitType: "seven_day", utilization: 0.912, resetsAt: 1893510000 }), [
    "[limit] seven_day 91 % used, resets 2030-01-01T15:00:00.000Z",
  ]);
  assert.deepEqual(limit({ status: "rejected" }), ["[limit] usage limit rejected"]);
});

test("a usage warning without numbers names only the threshold that it passed", () => {
  const warning = (info: object) =>
    message({ type: "rate_limit_event", rate_limit_info: { status: "allowed_warning", rateLimitType: "seven_day", ...info } });
  assert.deepEqual(warning({ surpassedThreshold: 0.75 }), ["[limit] seven_day over 75 % used"]);
  assert.deepEqual(warning({ surpassedThreshold: 0.75, utilization: 0.81 }), ["[limit] seven_day 81 % used"]);
  assert.deepEqual(warning({}), ["[limit] seven_day warning"]);
});

test("every recorded message of the real Claude Code has readable lines of one kind", () => {
  for (const name of sampleNames) {
    for (const line of linesOf(name)) assert.match(line, /^(↳ )?\[[a-z:_/-]+\] \S.*$/, `${name}: ${line}`);
  }
});

test("hostile text cannot leave its line of the summary", () => {
  const lines = message({
    type: "assistant",
    message: {
      content: [
        { type: "text", text: "ok\x1b[2J\x1b]0;owned\x07\u202e\r\nsecond" },
        { type: "tool_use", name: "B\nash\x1b[0m", input: { command: "a\nb\x9b0m" } },
      ],
    },
  });
  assert.deepEqual(lines, ["[text] ok", "[tool:b ash] a b"]);
});

const unprintable = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

test("no record makes a line with a control character or one that is too long", () => {
  fc.assert(
    fc.property(anyRecord, fc.option(fc.string()), (record, cwd) => {
      const lines = summaryLines(record as JournalRecord, cwd);
      for (const line of lines) {
        assert.doesNotMatch(line, unprintable);
        assert.ok(Array.from(line).length <= 240);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a wait for the background says what it waits for, and until when", () => {
  const waits = { type: "worker", subtype: "waiting_background" } as const;
  const until = "2026-11-28T21:32:05.123Z";
  assert.deepEqual(note({ ...waits, commands: ["sleep 300"], agents: [], until }), [
    "[background] waits for 1 background command: sleep 300 (until 2026-11-28T21:32:05Z)",
  ]);
  assert.deepEqual(note({ ...waits, commands: ["npm test", "npm run dev"], agents: ["helper"], until: null }), [
    "[background] waits for 1 sub-agent and 2 background commands: helper; npm test; npm run dev",
  ]);
  const [line, ...more] = note({ ...waits, commands: Array.from({ length: 9 }, () => `cat <<E\n${"x".repeat(900)}`), agents: [], until });
  assert.match(line ?? "", /^\[background\] waits for 9 background commands: cat <<E.*; … \(until 2026-11-28T21:32:05Z\)$/);
  assert.deepEqual(more, []);
});
