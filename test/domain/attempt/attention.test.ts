import assert from "node:assert/strict";
import { test } from "node:test";
import { attentionFrom } from "../../../src/domain/attempt/attention.ts";
import type { EventDraft } from "../../../src/domain/events/event.ts";
import { event, notice } from "../../../testing/events.ts";

let calls = 0;
const id = (): string => `toolu_${(calls += 1)}`;
const use = (tool: string, input: Record<string, unknown>, tool_use_id: string, more = {}): EventDraft<"tool_use"> =>
  event("tool_use", { tool, input, tool_use_id, ...more });
const result = (tool_use_id: string, is_error: boolean): EventDraft => event("tool_result", { tool_use_id, is_error, text: "…" });
const end = (...denied: EventDraft<"tool_use">[]): EventDraft =>
  event("result", {
    permission_denials: denied.length,
    denied_calls: denied.map(({ data: { tool, tool_use_id } }) => ({ tool, tool_use_id })),
  });

/** A command and its result. */
function command(text: string, failed: boolean, more = {}): EventDraft[] {
  const call = id();
  return [use("Bash", { command: text }, call, more), result(call, failed)];
}

test("a task without problems needs no attention", () => {
  assert.deepEqual(attentionFrom([...command("npm test", false), end()]), []);
});

test("a denied call counts once, however often it is reported, and by whom", () => {
  const write = use("Write", { file_path: "/etc/x" }, id());
  const push = use("Bash", { command: "git push\nsecond line" }, id());
  const hook = use("Bash", { command: "curl x" }, id());
  const reports: EventDraft[] = [write, push].map(({ data: { tool, tool_use_id } }) => event("permission_denied", { tool, tool_use_id }));
  const results = [write, push, hook].map(({ data }) => result(data.tool_use_id, true));
  // Claude Code reports a hook's refusal only in the result.
  assert.deepEqual(attentionFrom([write, push, ...reports, hook, ...results, end(write, push, hook)]), [
    { kind: "denied", count: 3, detail: "Write: /etc/x; Bash: git push second line; Bash: curl x" },
  ]);
});

test("a denied call whose tool use was not seen is counted by its report", () => {
  const input = { command: "rm x" };
  assert.deepEqual(attentionFrom([event("permission_denied", { tool: "Bash", input, reason: "No." }), end()]), [
    { kind: "denied", count: 1, detail: "Bash: rm x" },
  ]);
});

test("a refused question is named by its words, not as a denied call", () => {
  const question = use("AskUserQuestion", { questions: [{ question: "Which colour?", options: [] }] }, id());
  const plan = use("ExitPlanMode", {}, id());
  assert.deepEqual(attentionFrom([question, plan, end(question, plan)]), [
    { kind: "refused_question", count: 2, detail: "Which colour?; ExitPlanMode" },
  ]);
});

test("commands that failed count when no later one of the main thread succeeded", () => {
  const kinds = (...events: EventDraft[][]): unknown => attentionFrom([...events.flat(), end()]);
  assert.deepEqual(kinds(command("a", true), command("b", false)), []);
  assert.deepEqual(kinds(command("a", false), command("b", true)), [{ kind: "failed_command", count: 1, detail: "b" }]);
  assert.deepEqual(kinds(command("a", true), command("b", true)), [{ kind: "failed_command", count: 2, detail: "b; a" }]);
  assert.deepEqual(kinds(command("a", false), command("b", true, { parent_tool_use_id: "toolu_x" })), []);
  const edit = use("Edit", { file_path: "/x" }, id());
  assert.deepEqual(kinds(command("a", true), [edit, result(edit.data.tool_use_id, true)]), [
    { kind: "failed_command", count: 1, detail: "a" },
  ]);
});

test("a denied command is not a failed one, and hides none", () => {
  const denied = use("Bash", { command: "git push" }, id());
  const events = [...command("npm test", true), denied, result(denied.data.tool_use_id, true), end(denied)];
  assert.deepEqual(
    attentionFrom(events).map(({ kind, count, detail }) => [kind, count, detail]),
    [
      ["denied", 1, "Bash: git push"],
      ["failed_command", 1, "npm test"],
    ],
  );
});

test("a command in the background fails by its notice", () => {
  const call = use("Bash", { command: "make", run_in_background: true }, "toolu_make");
  const told = (status: string): EventDraft => notice("task_notification", { status, tool_use_id: "toolu_make" });
  assert.deepEqual(attentionFrom([call, result("toolu_make", false), told("completed"), end()]), []);
  assert.deepEqual(attentionFrom([call, result("toolu_make", false), told("failed"), end()]), [
    { kind: "failed_command", count: 1, detail: "make" },
  ]);
});

test("notices of cut work add up", () => {
  const work = (kind: "cut_background" | "uncommitted", count: number, ...names: string[]): EventDraft => notice(kind, { count, names });
  assert.deepEqual(
    attentionFrom([work("cut_background", 1, "npm run dev"), work("cut_background", 1, "sleep 9"), work("uncommitted", 9, "a")]),
    [
      { kind: "cut_background", count: 2, detail: "npm run dev; sleep 9" },
      { kind: "uncommitted", count: 9, detail: "a; …" },
    ],
  );
  assert.deepEqual(attentionFrom([work("uncommitted", 2, "a", "b"), work("uncommitted", 0)]), []);
});

test("a call that no hook checked is named", () => {
  const call = use("Bash", { command: "git push" }, "toolu_push");
  const unheard = notice("hook_no_verdict", { hook_event: "PreToolUse", tool_use_id: "toolu_push" });
  const ended = (hook: string, timed_out: boolean): EventDraft => notice("hook_ended", { hook, commands: ["./c"], timed_out });
  assert.deepEqual(attentionFrom([call, unheard, ended("PreToolUse:Bash", true), ended("Stop", true), ended("Stop", false), end()]), [
    { kind: "unchecked", count: 2, detail: "Bash: git push; hook Stop (./c)" },
  ]);
});

test("a Stop hook that was overridden is named by its last words", () => {
  const no = (said: string): EventDraft => notice("stop_hook_blocked", { text: `hook Stop: ${said}`, said });
  const overridden = notice("stop_hook_overridden", { text: "Ended after 9 times." });
  assert.deepEqual(attentionFrom([no("3 tests are red"), no("2 tests are red"), overridden, end()]), [
    { kind: "overridden_hook", count: 1, detail: "2 tests are red" },
  ]);
  assert.deepEqual(attentionFrom([overridden, end()]), [{ kind: "overridden_hook", count: 1, detail: "Ended after 9 times." }]);
  assert.deepEqual(attentionFrom([no("3 tests are red"), end()]), []);
});

test("each MCP server that did not start is named once, with its newest reason", () => {
  const failed = (...servers: object[]): EventDraft => notice("failed_mcp_server", { servers });
  const events = [failed({ name: "db", reason: "ENOENT" }, { name: "docs", reason: null }), failed({ name: "db", reason: "timed out" })];
  assert.deepEqual(attentionFrom([...events, end()]), [{ kind: "failed_mcp_server", count: 2, detail: "db: timed out; docs" }]);
});

test("details of attention are one short line without control characters", () => {
  const [first, ...others] = attentionFrom(
    Array.from({ length: 50 }, (_, n) => command(`\u001b[31m${n} ${"x".repeat(1000)}\n\u202e`, true)).flat(),
  );
  assert.deepEqual(others, []);
  assert.equal(first?.count, 50);
  assert.match(first.detail ?? "", /^49 x+…; 48 x+…; 47 x+…; …$/);
  assert.ok((first.detail ?? "").length <= 500);
});
