import assert from "node:assert/strict";
import { test } from "node:test";
import { painter } from "../../../../src/cli/terminal/render/colour.ts";
import { EventLines } from "../../../../src/cli/terminal/render/event-lines.ts";
import { holdText } from "../../../../src/cli/terminal/render/hold-lines.ts";
import { table } from "../../../../src/cli/terminal/render/table.ts";
import { fitWidth, textWidth } from "../../../../src/cli/terminal/render/text-width.ts";
import { clock, dollars, relativeTime } from "../../../../src/cli/terminal/render/time.ts";
import type { EventView } from "../../../../src/client/index.ts";
import type { EventType } from "../../../../src/domain/events/event.ts";
import { event } from "../../../../testing/events.ts";
import { verificationLines } from "../../../../src/cli/terminal/render/verification.ts";

test("the width of a text counts its columns in a terminal", () => {
  const widths: [string, number][] = [
    ["abc", 3],
    ["äöü", 3],
    ["日本", 4],
    ["한글", 4],
    ["🚀", 2],
    ["e\u0301", 1],
    ["…", 1],
    ["ﬁ", 1],
    ["", 0],
  ];
  for (const [text, width] of widths) assert.equal(textWidth(text), width, text);
});

test("a text is never cut in the middle of a wide character", () => {
  assert.equal(fitWidth("abcdef", 6), "abcdef");
  assert.equal(fitWidth("abcdefg", 6), "abcde…");
  assert.equal(fitWidth("日本語日本語", 6), "日本…");
  assert.equal(textWidth(fitWidth("日本語日本語", 6)), 5);
  assert.equal(fitWidth("abc", 0), "");
});

test("table columns are aligned by what is seen, not by what is written", () => {
  const paint = painter({ colour: true });
  const rows = [
    [{ text: "1", paint: paint.bold }, { text: "日本", paint: paint.red }, { text: "x" }],
    [{ text: "10" }, { text: "a" }, { text: "a long last column that is cut" }],
  ];
  const lines = table(rows, { header: ["ID", "NAME", "TEXT"], width: 24, right: [0] }).split("\n");
  assert.deepEqual(
    lines.slice(0, 3).map((line) => line.replaceAll(/\x1b\[\d+m/g, "")),
    ["ID  NAME  TEXT", " 1  日本  x", "10  a     a long last c…"],
  );
});

test("no row of a table is wider than the terminal", () => {
  const mark = "✔ completed ⚠ 12 denied, 3 questions refused, last command failed, 14 uncommitted";
  const rows = [
    [{ text: "1" }, { text: mark }, { text: "2 h ago" }, { text: "123 h 45 m" }, { text: "Fix the failing test" }],
    [{ text: "2" }, { text: "▶ running" }, { text: "just now" }, { text: "1 s" }, { text: "日本語日本語日本語", tail: "and what it does" }],
  ];
  const options = { header: ["ID", "STATUS", "CREATED", "TOOK", "TASK"], right: [0, 3], optional: [2, 3] };
  for (let width = 30; width <= 200; width += 1) {
    const lines = table(rows, { ...options, width })
      .trimEnd()
      .split("\n");
    for (const line of lines) assert.ok(textWidth(line) <= width, `${width}: ${line}`);
    assert.match(lines[1] ?? "", / Fix the/);
  }
  assert.match(table(rows, { ...options, width: 130 }), /^ID {2}STATUS +CREATED +TOOK {2}TASK\n/);
  assert.match(table(rows, { ...options, width: 120 }), /^ID {2}STATUS +TOOK {2}TASK\n/);
  assert.match(table(rows, { ...options, width: 50 }), /\n 1 {2}✔ completed ⚠ 12 .*… {2}Fix the f…\n/);
});

test("a wrapped last column shows every word, beside its row or below it", () => {
  const why = "The model is not available: it may not exist, or you may not have access to it.";
  const rows = [
    [{ text: "1" }, { text: "agent_failed" }, { text: why }],
    [{ text: "2" }, { text: "running" }, { text: "" }],
  ];
  for (let width = 20; width <= 200; width += 1) {
    const lines = table(rows, { header: ["TRY", "OUTCOME", "WHY"], width, wrapsLast: true })
      .trimEnd()
      .split("\n");
    for (const line of lines) assert.ok(textWidth(line) <= Math.max(20, width), `${width}: ${line}`);
    const words = lines.slice(1, -1).join(" ").split(/ +/).slice(2);
    assert.equal(words.join(" "), why, String(width));
    assert.match(lines.at(-1) ?? "", /^2 +runn/);
  }
});

test("an age says how long ago something was", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const ages: [number, string][] = [
    [0, "just now"],
    [45, "45 s ago"],
    [90, "1 min ago"],
    [7200, "2 h ago"],
    [86_400, "1 day ago"],
    [864_000, "10 days ago"],
    [-90, "in 1 m 30 s"],
  ];
  for (const [seconds, text] of ages) assert.equal(relativeTime(new Date(now - seconds * 1000).toISOString(), now), text);
  assert.match(relativeTime("2025-01-05T12:00:00Z", now), /^2025-01-05$/);
});

test("money is written so that small sums are seen", () => {
  assert.deepEqual([0, 0.0123, 0.5, 12.3456].map(dollars), ["$0.0000", "$0.0123", "$0.5000", "$12.35"]);
});

test("the line of a hold says how long nothing starts and how many tasks wait", () => {
  const hold = {
    kind: "rate_limited",
    message: "five-hour limit",
    since: "2026-11-22T01:00:00Z",
    until: null,
    profiles: null,
    tasks_waiting: 7,
  } as const;
  assert.equal(holdText(hold), "held, 7 tasks wait: five-hour limit");
  assert.equal(holdText({ ...hold, profiles: ["default"] }), "held, 7 tasks wait: five-hour limit");
  assert.equal(holdText({ ...hold, profiles: ["default", "work"] }), "held for the profiles default, work, 7 tasks wait: five-hour limit");
  assert.match(
    holdText({ ...hold, until: "2026-11-22T05:00:00Z", tasks_waiting: 1 }),
    /^held until 2026-11-2\d \d\d:\d\d:\d\d, 1 task waits: five-hour limit$/,
  );
});

const pipe = { isTTY: false, columns: 80, colour: false };
const terminal = { isTTY: true, columns: 30, colour: false };

test("the story shows all that the agent says, harmless to a terminal", () => {
  const event = eventOf("text", { text: "\x1b]0;owned\x07one\x1b[2J\r\ntwo \u202eevil and some words to wrap\n\n" }, ["[text] one"]);
  const indent = " ".repeat(event.at.length + 1);
  assert.deepEqual(new EventLines(pipe).of(event), [`${event.at} one`, `${indent}two evil and some words to wrap`]);
  assert.deepEqual(new EventLines(terminal).of(event), [`${clock(event.at)} one`, "         two evil and some", "         words to wrap"]);
});

test("the story reports an error once, though the result repeats it", () => {
  const error = `API Error: 529 Overloaded. ${"Try again in a moment. ".repeat(20)}`.trim();
  const lines = new EventLines(pipe);
  const notice = eventOf("notice", { kind: "api_error", text: error }, [`[error] server_error · ${error}`]);
  const result = eventOf("result", { is_error: true }, [`[result] error · HTTP 529 · ${error.slice(0, 150)}…`]);
  assert.match(lines.of(notice).join(), /Overloaded/);
  assert.deepEqual(lines.of(result), [`${result.at} [result] error · HTTP 529`]);
  assert.match(lines.of(result).join(), /Overloaded/, "not reported before");
});

test("the story shows a step by its summary, and no step without one", () => {
  const event = eventOf("tool_use", { tool: "Bash" }, ["[tool:bash] npm\x1b[31m test"]);
  assert.deepEqual(new EventLines(pipe).of(event), [`${event.at} [tool:bash] npm test`]);
  assert.deepEqual(new EventLines(pipe).of(eventOf("tool_result", {}, [])), []);
});

test("the story marks the first line of each turn", () => {
  const lines = new EventLines({ ...terminal, columns: 80 });
  const shown = (type: EventType, data: Record<string, unknown>): string[] =>
    lines.of(eventOf(type, { tool: "Bash", ...data }, [`[${type}]`])).map((line) => line.slice(9));
  assert.deepEqual(shown("text", { text: "I look.\nNow.", turn: 1 }), ["turn 1 I look.", "Now."]);
  assert.deepEqual(shown("tool_use", { turn: 1 }), ["[tool_use]"]);
  assert.deepEqual(shown("tool_use", { parent_tool_use_id: "t" }), ["[tool_use]"], "a sub-agent's step");
  assert.deepEqual(shown("tool_result", { turn: 1, is_error: true }), ["[tool_result]"]);
  assert.deepEqual(lines.of(eventOf("tool_result", { turn: 2 }, [])), []);
  assert.deepEqual(shown("tool_use", { turn: 2 }), ["turn 2 [tool_use]"], "what was not shown has no mark");
});

test("the story shows the first output lines of commands, and of no other tool", () => {
  const lines = new EventLines({ ...terminal, columns: 80 });
  const call = (tool: string, id: string): EventView => eventOf("tool_use", { tool, tool_use_id: id }, [`[tool:${tool}]`]);
  const result = (id: string, text: string, isError = false): string[] =>
    lines
      .of(
        eventOf("tool_result", { tool_use_id: id, text, is_error: isError }, isError ? [`[tool-error] ${text.split("\n")[0] ?? ""}`] : []),
      )
      .map((line) => line.slice(9));
  lines.of(call("Read", "r"));
  assert.deepEqual(result("r", "a file"), []);
  lines.of(call("Bash", "b"));
  assert.deepEqual(result("b", "one\n\n\x1b[31mtwo\nthree\nfour\nfive"), ["  one", "  two", "  three", "  … 2 more lines"]);
  lines.of(call("Bash", "e"));
  assert.deepEqual(result("e", "Exit code 3\nout\nerr", true), ["[tool-error] Exit code 3", "  out", "  err"]);
  assert.deepEqual(result("unknown", "text"), []);
});

function eventOf(type: EventType, data: Record<string, unknown>, summary: string[]): EventView {
  return { id: 1, task_id: 1, seq: 1, attempt_id: 1, at: "2026-11-22T12:00:00.000Z", summary, ...event(type, data) };
}

test("a check with long lines stays short in show, and says where the rest is", () => {
  const long = {
    name: "x".repeat(10_000),
    command: "y".repeat(10_000),
    state: "failed",
    passed: false,
    exit_code: 1,
    reason: null,
    took_ms: 5,
    started_at: null,
    tries: 1,
    output_tail: `${"z".repeat(100_000)}\nlast\n`,
    tree: null,
    stale: false,
    baseline: null,
  } as const;
  const lines = verificationLines({ id: 42, verification: [long], verify_tries: 3, loop: null });
  assert.ok(lines.join("\n").length < 1500, String(lines.join("\n").length));
  assert.match(lines.at(-1) ?? "", /Not all of it\. claude-worker show 42 --json .* claude-worker logs 42 --raw/);
  const short = verificationLines({ id: 42, verification: [{ ...long, output_tail: "last\n" }], verify_tries: 3, loop: null });
  assert.equal(short.at(-1), "    last");
});
