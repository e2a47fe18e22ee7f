/** What a Claude Code that has lost its runner adds to a session, and what is open without it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openCallsOf } from "../../src/agent/open-calls.ts";
import { settledQuestions } from "../../src/agent/settled-questions.ts";
import { takeBackWithoutRunner } from "../../src/agent/without-runner.ts";
import type { UnappliedQuestion } from "../../src/domain/questions/question.ts";
import { scratch } from "../../testing/scratch.ts";
import { callLine, promptLine, refusalLine, resultLine, textLine } from "./session-lines.ts";
import type { Line } from "./session-lines.ts";

const question = (kind: string, toolUseId: string | null, agentId: string | null = null): UnappliedQuestion =>
  ({ key: "q", kind, toolUseId, agentId, answer: { decision: "allow" } }) as UnappliedQuestion;

test("a form and a sub-agent's question are asked in a call of the main thread", () => {
  const helper = [callLine("agent"), callLine("inner", "agent"), callLine("deep", "inner")];
  const deep = question("permission", "deep", "helper");
  const asking = (asked: UnappliedQuestion, journal: Line[]): unknown[] => [...openCallsOf([asked], journal).asking];
  assert.deepEqual(asking(deep, helper), ["agent"]);
  assert.deepEqual(asking(question("elicitation", "form"), [callLine("form")]), ["form"]);
  assert.deepEqual(asking(deep, [...helper, resultLine("agent")]), [], "a runner saw its end");
  assert.deepEqual(asking(deep, []), []);
  assert.deepEqual(asking(question("elicitation", null), [callLine("form")]), []);
  const plain = openCallsOf([question("permission", "plain")], [callLine("plain")]);
  assert.deepEqual([[...plain.deciding.keys()], [...plain.asking]], [["plain"], []]);
});

test("what follows from the end of a waiting call without a runner is taken back", (t) => {
  const calls = { ...openCallsOf([question("permission", "t1")], []), asking: new Set(["form"]) };
  const prompt = promptLine("do it");
  /** How many of the lines behind the prompt stay. */
  const kept = (...lines: Line[]): number => {
    const file = scratch(t).file("session.jsonl", [prompt, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
    const before = readFileSync(file, "utf8");
    const isChanged = takeBackWithoutRunner(file, calls);
    const [old] = readdirSync(path.dirname(file)).filter((name) => name.includes("set-aside"));
    assert.equal(old !== undefined, isChanged);
    if (old !== undefined) assert.equal(readFileSync(path.join(path.dirname(file), old), "utf8"), before);
    assert.ok(!existsSync(`${file}.part`));
    return readFileSync(file, "utf8").trim().split("\n").length - 1;
  };
  const end = textLine("Without it.");
  assert.equal(kept(callLine("t1"), refusalLine("t1"), end), 1);
  assert.equal(kept(callLine("t1"), refusalLine("t1"), end, { type: "last-prompt" }, { type: "cost-state" }), 2, "what was spent stays");
  assert.equal(kept(callLine("form"), resultLine("form"), end), 1);
  assert.equal(kept(callLine("t1"), callLine("form"), resultLine("form"), refusalLine("t1"), end), 2);
  assert.equal(kept(callLine("t1"), refusalLine("t1"), callLine("t2"), refusalLine("t2"), end), 1, "another call was refused, too");
  // What has run, or was said, stays in the conversation.
  assert.equal(kept(callLine("t1"), refusalLine("t1"), resultLine("later"), end), 4);
  assert.equal(kept(callLine("t1"), refusalLine("t1"), promptLine("and this"), end), 4);
  const folded = { type: "attachment", uuid: "a", attachment: { type: "queued_command", source_uuid: "k" } };
  assert.equal(kept(callLine("form"), resultLine("form"), folded, end), 4);
  // The words alone are a tool's own output, another denial is a decision, and our own end of a
  // call is no result.
  assert.equal(kept(callLine("t1"), resultLine("t1", {}, "Tool permission request failed: AbortError"), end), 3);
  assert.equal(kept(callLine("t1"), resultLine("t1", { toolDenialKind: "permission-rule" }, "The user denied this call."), end), 3);
  assert.equal(kept(callLine("form"), resultLine("form", { toolDenialKind: "user-rejected" }), end), 3);
});

test("only a form that has got its answer, and a helper's call that ran, are settled", (t) => {
  const corner = scratch(t);
  const session = corner.file("session.jsonl", `${JSON.stringify(resultLine("form"))}\n${JSON.stringify(resultLine("agent"))}\n`);
  corner.file("session/subagents/agent-1.jsonl", `${JSON.stringify(resultLine("inner", { isSidechain: true }))}\n`);
  const form = question("elicitation", "form");
  const answered = { type: "worker", subtype: "question_answered", key: "q" };
  assert.deepEqual(settledQuestions(session, [form], []), [], "Claude Code continued without its runner");
  assert.deepEqual(settledQuestions(session, [form], [answered]), ["q"]);
  assert.deepEqual(settledQuestions(session, [question("permission", "inner", "helper")], []), ["q"]);
  assert.deepEqual(settledQuestions(session, [question("permission", "other", "helper")], []), []);
});
