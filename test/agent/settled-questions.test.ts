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
  const results: Record<string, unknown>[] = [
    { text: "Done." },
    { text: refused },
    { text: "[Request interrupted by user for tool use]" },
    { text: "This call was interrupted before it ran. Make the same call again if it is still needed." },
    { text: refused, toolDenialKind: "user-rejected", toolDenialBeforeRun: true, interruptedByShutdown: true },
  ];
  const transcript = path.join(folder, "session.jsonl");
  const line = ({ text: content, ...fields }: Record<string, unknown>, at: number): string => {
    const message = { role: "user", content: [{ type: "tool_result", tool_use_id: `call${at}`, content }] };
    return JSON.stringify({ type: "user", message, ...fields });
  };
  writeFileSync(transcript, `${results.map(line).join("\n")}\n`);
  const questions = results.map((_, at) => ({ key: `key${at}`, toolUseId: `call${at}`, agentId: null }) as UnappliedQuestion);
  assert.deepEqual(settledQuestions(transcript, questions), ["key0", "key1", "key2", "key3"]);
});
