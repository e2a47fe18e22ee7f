import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { settledQuestions } from "../../src/agent/settled-questions.ts";
import type { UnappliedQuestion } from "../../src/domain/questions/question.ts";

test("only a result of the call itself settles its question", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "settled-"));
  t.after(() => rmSync(folder, { recursive: true }));
  // What a tool prints is no mark: only the session's own fields say that a call has not run.
  const refused = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, …";
  const closed = "Tool permission request failed: AbortError: Tool permission stream closed before response received";
  const cut = "This call was interrupted before it ran. Make the same call again if it is still needed.";
  const byRule = { toolDenialKind: "permission-rule" };
  const byUser = { toolDenialKind: "user-rejected", toolDenialBeforeRun: true };
  const results: [text: string, fields: object, decision: "allow" | "deny", isSettled: boolean][] = [
    ["Done.", {}, "allow", true],
    [refused, {}, "allow", true],
    [closed, {}, "allow", true],
    [cut, {}, "allow", true],
    ["[Request interrupted by user for tool use]", {}, "allow", true],
    [refused, { ...byUser, interruptedByShutdown: true }, "allow", false],
    [closed, byRule, "allow", false],
    [closed, byRule, "deny", false],
    [cut, byUser, "deny", false],
    ["The user denied this call: not there", byRule, "deny", true],
    ["The user denied this call: not there", byRule, "allow", false],
  ];
  const transcript = path.join(folder, "session.jsonl");
  const lines = results.map(([content, fields], at) => {
    const message = { role: "user", content: [{ type: "tool_result", tool_use_id: `call${at}`, content }] };
    return JSON.stringify({ type: "user", message, ...fields });
  });
  writeFileSync(transcript, `${lines.join("\n")}\n`);
  const questions = results.map(
    ([, , decision], at) => ({ key: `key${at}`, toolUseId: `call${at}`, agentId: null, answer: { decision } }) as UnappliedQuestion,
  );
  const settled = settledQuestions(transcript, questions, []);
  for (const [at, [text, fields, decision, isSettled]] of results.entries())
    assert.equal(settled.includes(`key${at}`), isSettled, JSON.stringify([text, fields, decision]));
});
