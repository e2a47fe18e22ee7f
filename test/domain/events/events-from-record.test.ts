import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { eventTypes } from "../../../src/domain/events/event.ts";
import { isOfSubagent } from "../../../src/domain/events/is-of-subagent.ts";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import type { JournalRecord, RunnerNote } from "../../../src/domain/events/record.ts";
import { readEvent } from "../../../src/domain/events/read-event.ts";
import { objectOf } from "../../../src/domain/text/read-json.ts";
import { anyRecord } from "../any-record.ts";
import { dataOf } from "../../../testing/events.ts";
import { sample, sampleNames, sampleTime } from "../samples/sample.ts";

const stamp = { _n: 1, _attempt: 1, _at: "2026-01-01T00:00:00.000Z" };

function eventsOf(name: string) {
  return sample(name).messages.flatMap((message) => eventsFromRecord(message));
}

function note(fields: RunnerNote) {
  return eventsFromRecord({ ...fields, ...stamp });
}

test("the records of a task become its events in order, with their times", () => {
  const events = eventsOf("tools");
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      "init",
      "tool_use",
      "tool_result",
      "tool_use",
      "tool_result",
      "tool_use",
      "tool_result",
      "tool_use",
      "tool_result",
      "tool_use",
      "tool_result",
      "text",
      "result",
    ],
  );
  assert.ok(events.every(({ at }) => at === sampleTime));
  const { tool_use_id: id, ...call } = dataOf(events[1], "tool_use");
  assert.deepEqual(call, {
    tool: "Write",
    input: { file_path: "/home/me/project/app.py", content: "print('hi')\n" },
  });
  assert.equal(dataOf(events[2], "tool_result").tool_use_id, id, "a result names its call");
  assert.equal(dataOf(events[6], "tool_result").is_error, true);
  assert.equal(dataOf(events[6], "tool_result").text, "Exit code 3\nto stderr");
});

test("the event of the init message says what the session runs with", () => {
  const data = dataOf(eventsOf("success")[0], "init");
  assert.equal(data.session_id, "00000000-0000-4000-8000-000000000001");
  assert.equal(data.cwd, "/home/me/project");
  assert.equal(data.model, "claude-opus-5-5");
  assert.equal(data.permission_mode, "acceptEdits");
  assert.equal(data.claude_code_version, "2.1.330");
  assert.ok(data.tools.includes("Bash"));
});

test("the event of a result carries text, turns, money and tokens by model", () => {
  assert.deepEqual(eventsOf("success").at(-1), {
    type: "result",
    at: sampleTime,
    data: {
      subtype: "success",
      is_error: false,
      text: "Done.\nAll is well.",
      terminal_reason: "completed",
      stop_reason: "end_turn",
      api_error_status: null,
      startup_failure: null,
      called_model: true,
      duration_ms: 1000,
      cost_usd: 0.01,
      usage: {
        "claude-opus-5-5": {
          input_tokens: 2000,
          output_tokens: 100,
          cache_read_input_tokens: 0,
          cache_creation_input_tokens: 0,
          cost_usd: 0.01,
        },
      },
      permission_denials: 0,
      denied_calls: [],
      recovered: false,
    },
  });
});

test("what Claude Code says for the API is a notice with its word for the error", () => {
  const events = eventsOf("api-401");
  assert.deepEqual(
    events.map(({ type }) => type),
    ["init", "api_retry", "api_retry", "notice", "result"],
  );
  assert.deepEqual(events[1]?.data, { attempt: 1, max_retries: 2, delay_ms: 1000, status: 401, error: "authentication_failed" });
  assert.deepEqual(events[3]?.data, { kind: "api_error", text: "Invalid API key · Fix external API key", error: "authentication_failed" });
});

test("an answer of the agent that was cut off at its limit keeps its text", () => {
  const events = eventsFromRecord({
    type: "assistant",
    error: "max_output_tokens",
    message: { model: "claude-opus-5-5", content: [{ type: "text", text: "Half of" }] },
    ...stamp,
  });
  assert.deepEqual(
    events.map(({ type, data }) => [type, objectOf(data)["text"], objectOf(data)["error"]]),
    [
      ["text", "Half of", undefined],
      ["notice", "max_output_tokens", "max_output_tokens"],
    ],
  );
});

test("the event of a usage limit has its reset as a time", () => {
  const limits = eventsOf("usage-limit-mid-turn")
    .filter(({ type }) => type === "rate_limit")
    .map((event) => dataOf(event, "rate_limit"));
  assert.deepEqual(
    limits.map(({ status, limit, resets_at }) => [status, limit, resets_at]),
    [
      ["allowed", null, null],
      ["rejected", "five_hour", "2030-01-01T15:00:00.000Z"],
    ],
  );
});

test("denied calls are events, whoever denied them", () => {
  assert.ok(eventsOf("denied-rule").some(({ type }) => type === "permission_denied"));
  assert.ok(eventsOf("denied-dont-ask").some(({ type }) => type === "permission_denied"));
  const denied = note({
    type: "worker",
    subtype: "permission_denied",
    tool: "Bash",
    toolUseId: "toolu_1",
    input: { command: "rm" },
    reason: "No.",
  });
  assert.deepEqual(denied[0]?.data, { tool: "Bash", input: { command: "rm" }, reason: "No.", tool_use_id: "toolu_1" });
});

test("a subagent's events name the call that started it", () => {
  const inner = eventsOf("subagent").filter(isOfSubagent);
  assert.deepEqual(
    inner.map(({ type }) => type),
    ["tool_use", "tool_result", "text"],
  );
});

const notes: [RunnerNote, object[]][] = [
  [{ type: "worker", subtype: "started", runnerId: "r", pid: 1, warm: true, resume: false, sessionId: null }, []],
  [
    { type: "worker", subtype: "started", runnerId: "r", pid: 1, warm: false, resume: true, sessionId: "s" },
    [{ type: "session", data: { session_id: "s", resumed: true } }],
  ],
  [{ type: "worker", subtype: "session", sessionId: "s" }, [{ type: "session", data: { session_id: "s" } }]],
  [{ type: "worker", subtype: "cold_start", reason: "x" }, [{ type: "notice", data: { kind: "cold_start", text: "x" } }]],
  [{ type: "worker", subtype: "session_restarted", reason: "x" }, [{ type: "notice", data: { kind: "session_restarted", text: "x" } }]],
  [
    { type: "worker", subtype: "stop_requested", reason: "cancelled" },
    [{ type: "notice", data: { kind: "stop_requested", text: "cancelled", reason: "cancelled" } }],
  ],
  [
    { type: "worker", subtype: "swept", processes: [{ pid: 1, command: "sleep", signal: "SIGTERM" }] },
    [{ type: "swept", data: { processes: [{ pid: 1, command: "sleep", signal: "SIGTERM" }] } }],
  ],
  [{ type: "worker", subtype: "stderr", text: "x" }, [{ type: "notice", data: { kind: "stderr", text: "x" } }]],
  [
    { type: "worker", subtype: "ended", thrown: "x", stopRequested: "interrupted" },
    [{ type: "attempt_ended", data: { thrown: "x", stop_requested: "interrupted" } }],
  ],
];
for (const [index, [fields, events]] of notes.entries()) {
  test(`the note ${fields.subtype} becomes ${events.length} event(s) (case ${index})`, () => {
    assert.deepEqual(
      note(fields),
      events.map((event) => ({ ...event, at: sampleTime })),
    );
  });
}

test("the note of an older runner that repaired a session is read as the note of today", () => {
  const repaired = note({ type: "worker", subtype: "session_repaired", messages: 4 });
  assert.equal(repaired.length, 1);
  assert.deepEqual(eventsFromRecord({ type: "worker", subtype: "session_mended", messages: 4, ...stamp }), repaired);
});

test("long texts of events are cut and say so", () => {
  const long = "x".repeat(20_000);
  const use = eventsFromRecord({
    type: "assistant",
    message: { content: [{ type: "tool_use", name: "Write", input: { content: long } }] },
    ...stamp,
  });
  assert.equal(objectOf(dataOf(use[0], "tool_use").input)["content"], long.slice(0, 16_384));
  assert.equal(dataOf(use[0], "tool_use").truncated, true);
  const text = eventsFromRecord({ type: "assistant", message: { content: [{ type: "text", text: long }] }, ...stamp });
  assert.equal(dataOf(text[0], "text").truncated, true);
  const result = eventsFromRecord({ type: "result", subtype: "success", result: long, ...stamp });
  assert.equal(dataOf(result[0], "result").text, long);
  assert.equal(dataOf(result[0], "result").truncated, undefined);
  assert.equal(dataOf(eventsFromRecord({ type: "result", result: "x".repeat(2 ** 20 + 1), ...stamp })[0], "result").truncated, true);
});

test("a tool that the API runs is a tool call like others", () => {
  const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "weather" } };
  const [call] = eventsFromRecord({ type: "assistant", message: { content: [search, { type: "redacted_thinking" }] }, ...stamp });
  assert.deepEqual(dataOf(call, "tool_use").tool, "web_search");
  const content = [{ type: "text", text: "Here:" }, { type: "image" }];
  const [result] = eventsFromRecord({ type: "user", message: { content: [{ type: "tool_result", content }] }, ...stamp });
  assert.equal(dataOf(result, "tool_result").text, "Here:\n[image]");
});

test("thinking becomes an event when it says something", () => {
  const thinking = (text: string) => ({ type: "assistant", message: { content: [{ type: "thinking", thinking: text }] }, ...stamp });
  assert.deepEqual(
    eventsFromRecord(thinking("First I read it.")).map(({ type, data }) => [type, objectOf(data)["text"]]),
    [["thinking", "First I read it."]],
  );
  assert.deepEqual(eventsFromRecord(thinking(" ")), []);
});

test("a limit may give its reset in milliseconds, or give none", () => {
  const limitOf = (info: object) =>
    dataOf(eventsFromRecord({ type: "rate_limit_event", rate_limit_info: info, ...stamp })[0], "rate_limit");
  const time = Date.UTC(2030, 0, 1);
  assert.equal(limitOf({ resetsAt: time }).resets_at, "2030-01-01T00:00:00.000Z");
  assert.equal(limitOf({ resetsAt: time / 1000 }).resets_at, "2030-01-01T00:00:00.000Z");
  assert.equal(limitOf({ resetsAt: 1e300 }).resets_at, null);
  assert.equal(limitOf({ isUsingOverage: true }).using_overage, true);
  assert.equal(limitOf({}).using_overage, false);
});

test("a subagent's report is a notice, unless Claude Code hides it", () => {
  const report = { type: "system", subtype: "task_notification", task_id: "a1", status: "completed", summary: "Looked.", ...stamp };
  assert.deepEqual(eventsFromRecord(report)[0]?.data, {
    kind: "task_notification",
    text: "Looked.",
    task_id: "a1",
    status: "completed",
    tool_use_id: null,
  });
  assert.deepEqual(eventsFromRecord({ ...report, ambient: true }), []);
  assert.deepEqual(eventsFromRecord({ ...report, skip_transcript: true }), []);
  const auth = { type: "auth_status", isAuthenticating: false, output: [], ...stamp };
  assert.deepEqual(eventsFromRecord(auth), []);
  assert.deepEqual(eventsFromRecord({ ...auth, error: "expired" })[0]?.data, { kind: "auth_status", text: "expired" });
});

test("a result that was recovered from the session is marked", () => {
  const [event] = eventsFromRecord({ type: "result", subtype: "success", _recovered: true, ...stamp });
  const recovered = dataOf(event, "result");
  assert.equal(recovered.recovered, true);
  assert.equal(recovered.cost_usd, null);
});

test("a denied call with a long input or a long reason says that it was cut", () => {
  const denied = (input: unknown, reason: string) =>
    dataOf(
      note({ type: "worker", subtype: "permission_denied", tool: "Bash", toolUseId: "toolu_1", input, reason })[0],
      "permission_denied",
    );
  assert.equal(denied({ command: "x".repeat(20_000) }, "No.").truncated, true);
  assert.equal(denied({}, "x".repeat(20_000)).truncated, true);
  assert.equal(denied({}, "No.").truncated, undefined);
});

test("background work is an event with its name and without a line", () => {
  const shell = { task_id: "b1", task_type: "local_bash", description: "npm test", run_id: "r" };
  const watcher = { task_id: "w1", task_type: "local_bash", description: "watch", ambient: true };
  const record = { type: "system", subtype: "background_tasks_changed", tasks: [shell, watcher], ...stamp };
  const tasks = [{ task_id: "b1", task_type: "local_bash", description: "npm test" }];
  assert.deepEqual(eventsFromRecord(record)[0]?.data, { kind: "background", text: "", tasks });
});

test("a resumed session's report of dead background work is not a result of the task", () => {
  const result = { type: "result", subtype: "success", is_error: false, result: "", ...stamp };
  assert.deepEqual(eventsFromRecord({ ...result, num_turns: 0, origin: { kind: "task-notification" } }), []);
  assert.equal(eventsFromRecord({ ...result, num_turns: 1, origin: { kind: "task-notification" } }).length, 1);
  assert.equal(eventsFromRecord({ ...result, num_turns: 0 }).length, 1);
});

test("a Stop hook's refusal and its override are notices", () => {
  const said = (text: string, more = {}) =>
    eventsFromRecord({ type: "user", isSynthetic: true, message: { content: [{ type: "text", text }] }, ...more, ...stamp });
  assert.deepEqual(said("Stop hook feedback:\n[./check]: red\nmore\n")[0]?.data, {
    kind: "stop_hook_blocked",
    text: "hook Stop did not let the turn end: [./check]: red\nmore",
    said: "[./check]: red\nmore",
  });
  assert.deepEqual(said("Stop hook feedback: is text"), []);
  assert.deepEqual(said("Stop hook feedback:\nof the prompt", { isSynthetic: false }), []);
  assert.deepEqual(said("Stop hook feedback:\nof a sub-agent", { parent_tool_use_id: "toolu_1" }), []);
  const notification = (key: string) => eventsFromRecord({ type: "system", subtype: "notification", key, text: "t", ...stamp })[0]?.data;
  assert.deepEqual(notification("stop-hook-block-cap"), { kind: "stop_hook_overridden", text: "t" });
  assert.deepEqual(notification("stop-hook-error"), { kind: "notification", text: "t" });
});

test("MCP servers that did not start are a notice with their reasons", () => {
  const servers = [
    { name: "db", reason: "ENOENT\nno such file" },
    { name: "docs", reason: null },
  ];
  const data = note({ type: "worker", subtype: "failed_mcp_server", servers })[0]?.data;
  assert.deepEqual(data, { kind: "failed_mcp_server", text: "MCP servers not started: db (ENOENT no such file); docs", servers });
});

test("records for Claude Code's own screens make no event", () => {
  const silent = ["status", "session_state_changed", "thinking_tokens", "hook_started", "task_progress", "commands_changed"];
  for (const subtype of silent) assert.deepEqual(eventsFromRecord({ type: "system", subtype, ...stamp }), [], subtype);
  for (const type of ["stream_event", "tool_progress", "command_lifecycle", "something_new"]) {
    assert.deepEqual(eventsFromRecord({ type, ...stamp }), [], type);
  }
  assert.deepEqual(eventsFromRecord({ type: "user", message: { role: "user", content: "Do the task." }, ...stamp }), []);
});

test("every recorded message of Claude Code makes known events of a bearable size", () => {
  for (const name of sampleNames) {
    for (const event of eventsOf(name)) {
      assert.ok(eventTypes.includes(event.type));
      assert.ok(JSON.stringify(event.data).length < 5_000, `${name}: ${event.type}`);
    }
  }
});

test("every record makes events that are read as they were made", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      for (const event of eventsFromRecord(record as JournalRecord)) {
        assert.ok(Number.isFinite(event.at));
        const { type, data } = event;
        const stored = JSON.stringify(data);
        assert.equal(JSON.stringify(readEvent(type, JSON.parse(stored))), JSON.stringify({ type, data }));
      }
    }),
    { numRuns: 3000 },
  );
});

test("uncommitted files are counted, and at most ten are named", () => {
  const note = (count: unknown, names: unknown) =>
    eventsFromRecord({ type: "worker", subtype: "uncommitted", count, names, ...stamp })[0]?.data;
  assert.partialDeepStrictEqual(note(1, ["a.ts"]), { count: 1, names: ["a.ts"] });
  assert.match(JSON.stringify(note(1, ["a.ts"])), /1 file changed and not committed: a\.ts/);
  assert.match(
    JSON.stringify(
      note(
        12,
        Array.from({ length: 12 }, (_, index) => `f${index}`),
      ),
    ),
    /12 files changed .*: f0, .*f9"/,
  );
});
