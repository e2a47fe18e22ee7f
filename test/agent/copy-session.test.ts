import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { copySession, upTo } from "../../src/agent/copy-session.ts";
import { scratch } from "../../testing/scratch.ts";

type Line = Readonly<Record<string, unknown>>;

const user = (uuid: string, content: unknown): Line => ({ type: "user", uuid, message: { role: "user", content } });
const says = (uuid: string, id: string, block: Line): Line => ({ type: "assistant", uuid, message: { id, content: [block] } });
const call = (uuid: string, id: string, callId: string): Line => says(uuid, id, { type: "tool_use", id: callId, name: "Bash" });
const result = (uuid: string, callId: string): Line => user(uuid, [{ type: "tool_result", tool_use_id: callId, content: "ok" }]);
const attachment = (uuid: string, fields: Line): Line => ({ type: "attachment", uuid, attachment: fields });

const session: readonly Line[] = [
  { type: "queue-operation" },
  user("p1", "do it"),
  says("a1", "m1", { type: "text", text: "I begin." }),
  call("a2", "m1", "t1"),
  call("a3", "m1", "t2"),
  result("r2", "t2"),
  result("r1", "t1"),
  attachment("h1", { type: "hook_additional_context", toolUseID: "t1" }),
  attachment("s1", { type: "queued_command", source_uuid: "x" }),
  { type: "cost-state", totalCostUSD: 1 },
  call("b1", "m2", "t3"),
  attachment("d1", { type: "hook_deferred_tool", toolUseID: "t3" }),
];
const names = (lines: readonly Line[] | null): unknown[] => (lines ?? []).map(({ uuid, type }) => uuid ?? type);

test("a copy up to a turn has the results of all calls of its message", () => {
  assert.deepEqual(names(upTo(session, "a3")), ["queue-operation", "p1", "a1", "a2", "a3", "r2", "r1", "h1"]);
  assert.deepEqual(names(upTo(session, "a2")), names(upTo(session, "a3")));
  assert.deepEqual(names(upTo(session, "r1")), ["queue-operation", "p1", "a1", "a2", "a3", "r2", "r1"], "none is without one");
  const answer = attachment("o1", { type: "structured_output", data: {} });
  assert.deepEqual(names(upTo([...session.slice(0, 8), answer, ...session.slice(8)], "a3")).slice(-2), ["h1", "o1"]);
  assert.deepEqual(upTo(session, null), session);
  assert.equal(upTo(session, "gone"), null);
});

test("a call without a result gets one in a copy", () => {
  const kept = upTo(session, "b1") ?? [];
  assert.deepEqual(names(kept).slice(-2), ["b1", kept.at(-1)?.["uuid"]]);
  assert.partialDeepStrictEqual(kept.at(-1) ?? {}, { type: "user", parentUuid: "b1", sourceToolAssistantUUID: "b1" });
  assert.match(JSON.stringify(kept.at(-1)), /"tool_use_id":"t3","is_error":true,"content":"The conversation was copied before/);
});

test("a copy between the results of one message has the others, too", () => {
  assert.deepEqual(names(upTo(session, "r2")), names(upTo(session, "a3")));
  const running = session.slice(0, 6);
  const kept = upTo(running, "r2") ?? [];
  assert.deepEqual(names(kept).slice(0, -1), names(running));
  assert.partialDeepStrictEqual(kept.at(-1) ?? {}, { type: "user", parentUuid: "a2", message: { content: [{ tool_use_id: "t1" }] } });
});

test("a copy is a session of its own that counts its costs from 0", (t) => {
  const { home, file, directory } = scratch(t);
  const lines = session.map((line) => ({ ...line, sessionId: "old", slug: "plan" }));
  const source = file("home/.claude/projects/-work/old.jsonl", `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"torn`);
  const journal = path.join(directory, "raw.log");
  const copyOf = { sessionId: "old", entry: null, journal, saysPrompt: false };
  writeFileSync(path.join(path.dirname(source), "new.jsonl.part"), "what a kill left");
  const copy = copySession({ HOME: home }, copyOf, "new");
  assert.equal(copy, path.join(path.dirname(source), "new.jsonl"));
  const copied = readFileSync(copy, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  assert.deepEqual(names(copied), names(session.filter(({ type }) => type !== "cost-state")));
  for (const line of copied) assert.deepEqual([line["sessionId"], line["slug"]], ["new", undefined]);
  assert.equal(copied.find(({ uuid }) => uuid === "a1")?.["requestSessionId"], "old");
  assert.deepEqual(readdirSync(path.dirname(source)).toSorted(), ["new.jsonl", "old.jsonl"]);
  assert.equal(copySession({ HOME: home }, { ...copyOf, entry: "gone" }, "newer"), null);
  assert.equal(copySession({ HOME: home }, { ...copyOf, sessionId: "gone" }, "newer"), null);
});

test("a copy has the results that only the raw log has", (t) => {
  const { home, file } = scratch(t);
  const at = "2026-01-01T00:00:00.000Z";
  const lines = session.slice(1, 5).map((line) => ({ ...line, sessionId: "old", cwd: "/", timestamp: at, isSidechain: false }));
  file("home/.claude/projects/-work/old.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const record = (line: Line): Line => ({ ...line, session_id: "old", _at: at });
  const journal = file(
    "raw.log",
    session
      .slice(1, 7)
      .map((line) => `${JSON.stringify(record(line))}\n`)
      .join(""),
  );
  const copy = copySession({ HOME: home }, { sessionId: "old", entry: "a3", journal, saysPrompt: false }, "new") ?? "";
  const copied = readFileSync(copy, "utf8").trim().split("\n");
  assert.deepEqual(
    copied.map((line) => (JSON.parse(line) as Line)["uuid"]),
    ["p1", "a1", "a2", "a3", "r2", "r1"],
  );
});
