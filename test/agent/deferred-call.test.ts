import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deferOpenCall } from "../../src/agent/deferred-call.ts";
import { questionOfTool } from "../../src/agent/permission-questions.ts";
import type { Answer, UnappliedQuestion } from "../../src/domain/questions/question.ts";
import { scratch } from "../../testing/scratch.ts";

type Entry = Readonly<Record<string, unknown>>;

const asked = (toolUseId: string, tool: string, input: object, answer: Answer | null = { decision: "allow" }): UnappliedQuestion => {
  const question = questionOfTool(tool, { ...input }, { toolUseID: toolUseId });
  return { ...question, key: `key of ${toolUseId}`, answer };
};

const call: Entry = {
  type: "assistant",
  uuid: "call",
  message: { id: "m1", content: [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "x" } }] },
};
const said = (uuid: string, content: unknown, more: object = {}): Entry => ({
  type: "user",
  uuid,
  message: { role: "user", content },
  ...more,
});
const result = (uuid: string, id: string, content: string, more: object = {}): Entry =>
  said(uuid, [{ type: "tool_result", tool_use_id: id, content }], more);
const refusal = result("cut", "t1", "Tool permission request failed: AbortError", { toolDenialKind: "permission-rule" });
const answer: Entry = { type: "assistant", uuid: "end", message: { id: "m2", content: [{ type: "text", text: "Without it." }] } };

test("a call that Claude Code refused without a runner is open before that refusal", (t) => {
  const deferred = (...after: Entry[]): unknown => {
    const lines = [said("prompt", "do it"), call, ...after].map((entry) => JSON.stringify(entry));
    const file = scratch(t).file("session.jsonl", `${lines.join("\n")}\n`);
    if (deferOpenCall(file, [asked("t1", "Bash", { command: "x" })], "default") === null) return null;
    const last = JSON.parse(readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "") as Entry;
    return [last["parentUuid"], (last["attachment"] as Entry)["toolUseID"]];
  };
  assert.deepEqual(deferred(), ["call", "t1"]);
  assert.deepEqual(deferred(refusal, answer), ["call", "t1"]);
  // What has run, or was said, stays in the conversation.
  assert.equal(deferred(refusal, result("later", "t2", "done"), answer), null);
  assert.equal(deferred(refusal, said("message", "and this"), answer), null);
  assert.equal(
    deferred(refusal, { type: "attachment", uuid: "a", attachment: { type: "queued_command", source_uuid: "k" } }, answer),
    null,
  );
  // The words alone are a tool's own output, and another denial is a decision.
  assert.equal(deferred(result("own", "t1", "Tool permission request failed: AbortError")), null);
  assert.equal(deferred(result("denied", "t1", "The user denied this call.", { toolDenialKind: "permission-rule" })), null);
});

test("of several open calls one is decided again, others get what a person answered", (t) => {
  const ask = (text: string) => ({ questions: [{ question: text, header: "h", multiSelect: false, options: [{ label: "Red" }] }] });
  const answers = (text: string, answer: string): Answer => ({ decision: "allow", answers: { [text]: answer } });
  const calls: [id: string, tool: string, input: object][] = [
    ["read", "Read", { file_path: "/a" }],
    ["red", "AskUserQuestion", ask("Which?")],
    ["own", "AskUserQuestion", ask("What?")],
    ["web", "WebFetch", { url: "http://a" }],
    ["new", "Read", { file_path: "/b" }],
  ];
  const lines = calls.map(([id, name, input], at) => ({
    type: "assistant",
    uuid: `line ${id}`,
    parentUuid: at === 0 ? "prompt" : `line ${calls[at - 1]?.[0] ?? ""}`,
    message: { id: "m1", content: [{ type: "tool_use", id, name, input }] },
  }));
  const questions = [
    asked("read", "Read", { file_path: "/a" }),
    asked("red", "AskUserQuestion", ask("Which?"), answers("Which?", "Red")),
    asked("own", "AskUserQuestion", ask("What?"), answers("What?", "Green")),
    asked("web", "WebFetch", { url: "http://a" }, { decision: "deny", message: "not there" }),
  ];
  const decide = (given: readonly UnappliedQuestion[]) => {
    const file = scratch(t).file("session.jsonl", [said("prompt", "do it"), ...lines].map((each) => `${JSON.stringify(each)}\n`).join(""));
    const deferred = deferOpenCall(file, given, "default");
    const written = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .slice(1 + lines.length)
      .map((line) => JSON.parse(line) as Entry);
    const results = written.flatMap(({ message }) => (message === undefined ? [] : (message as { content: Entry[] }).content));
    const texts = Object.fromEntries(results.map(({ tool_use_id: id, content }) => [id, String(content).slice(0, 48)]));
    return { deferred: deferred?.toolUseId, cut: deferred?.cutCalls, keys: deferred?.answered.map(({ key }) => key), texts, written };
  };
  const cut = "This call was interrupted before it ran. Make th";
  const { written, ...found } = decide(questions);
  assert.deepEqual(found, {
    deferred: "read",
    cut: 1,
    keys: ["key of red", "key of own", "key of web"],
    texts: {
      red: 'Your questions have been answered: "Which?"="Red',
      own: 'The user answered: "What?"="Green". Read the ans',
      web: "The user denied this call: not there",
      new: cut,
    },
  });
  assert.deepEqual([written.length, written.at(-1)?.["parentUuid"] === written.at(-2)?.["uuid"]], [5, true]);
  // Without a call that Claude Code must decide, it decides the newest one.
  assert.partialDeepStrictEqual(decide(questions.slice(1)), { deferred: "web", cut: 2, keys: ["key of red", "key of own"] });
  // An answer to another input is no answer to this call.
  const other = asked("red", "AskUserQuestion", ask("Another?"), answers("Another?", "Red"));
  assert.partialDeepStrictEqual(decide([...questions.slice(0, 1), other]), { deferred: "red", cut: 4, keys: [] });
});
