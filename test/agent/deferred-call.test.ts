/** Lines that are put into a session so that a call is decided again, or made again. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { askingResult, cutResult, deferOpenCall, endAskingCalls } from "../../src/agent/deferred-call.ts";
import { openCallsOf } from "../../src/agent/open-calls.ts";
import { questionOfTool } from "../../src/agent/permission-questions.ts";
import type { Answer, UnappliedQuestion } from "../../src/domain/questions/question.ts";
import { scratch } from "../../testing/scratch.ts";
import { callLine, promptLine, resultLine, textLine } from "./session-lines.ts";
import type { Line } from "./session-lines.ts";

const asked = (toolUseId: string, tool: string, input: object, answer: Answer | null = { decision: "allow" }): UnappliedQuestion => {
  const question = questionOfTool(tool, { ...input }, { toolUseID: toolUseId });
  return { ...question, key: `key of ${toolUseId}`, answer };
};

const calls = { ...openCallsOf([asked("decides", "Tool", {})], []), asking: new Set(["form"]) };

test("an open call is deferred, and the calls beside it are ended", (t) => {
  const added = (work: (file: string) => unknown, ...lines: Line[]): unknown[] => {
    const file = scratch(t).file("session.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    work(file);
    const all = readFileSync(file, "utf8").trim().split("\n");
    return all.slice(lines.length).map((line) => {
      const { parentUuid, message, attachment } = JSON.parse(line) as Record<string, { content: { content: string }[] } | undefined>;
      return [parentUuid, message?.content[0]?.content ?? (attachment as { toolUseID?: string } | undefined)?.toolUseID];
    });
  };
  const defers = (file: string): unknown => deferOpenCall(file, calls, "default");
  const ends = (file: string): unknown => endAskingCalls(file, calls);
  assert.deepEqual(added(defers, callLine("decides")), [["call decides", "decides"]]);
  assert.deepEqual(added(defers, callLine("decides"), resultLine("decides"), textLine("Done.")), []);
  const [form, other, deferred] = added(defers, callLine("form"), callLine("other"), callLine("decides"));
  assert.deepEqual([form, other, (deferred as unknown[])[1]], [["call form", askingResult], ["call other", cutResult], "decides"]);
  assert.deepEqual(added(ends, callLine("form")), [["call form", askingResult]]);
  assert.equal(added(ends, callLine("form"), callLine("other")).length, 2);
  assert.deepEqual(added(ends, callLine("form"), resultLine("form")), []);
  assert.deepEqual(added(ends, callLine("elsewhere")), []);
});

test("of several open calls one is decided again, others get what a person answered", (t) => {
  const ask = (text: string) => ({ questions: [{ question: text, header: "h", multiSelect: false, options: [{ label: "Red" }] }] });
  const answers = (text: string, answer: string): Answer => ({ decision: "allow", answers: { [text]: answer } });
  const made: [id: string, tool: string, input: object][] = [
    ["read", "Read", { file_path: "/a" }],
    ["red", "AskUserQuestion", ask("Which?")],
    ["own", "AskUserQuestion", ask("What?")],
    ["web", "WebFetch", { url: "http://a" }],
    ["new", "Read", { file_path: "/b" }],
  ];
  const lines = made.map(([id, name, input], at) => ({
    type: "assistant",
    uuid: `line ${id}`,
    parentUuid: at === 0 ? "prompt" : `line ${made[at - 1]?.[0] ?? ""}`,
    message: { id: "m1", content: [{ type: "tool_use", id, name, input }] },
  }));
  const questions = [
    asked("read", "Read", { file_path: "/a" }),
    asked("red", "AskUserQuestion", ask("Which?"), answers("Which?", "Red")),
    asked("own", "AskUserQuestion", ask("What?"), answers("What?", "Green")),
    asked("web", "WebFetch", { url: "http://a" }, { decision: "deny", message: "not there" }),
  ];
  const decide = (given: readonly UnappliedQuestion[]) => {
    const file = scratch(t).file("session.jsonl", [promptLine("do it"), ...lines].map((each) => `${JSON.stringify(each)}\n`).join(""));
    const deferred = deferOpenCall(file, openCallsOf(given, []), "default");
    const written = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .slice(1 + lines.length)
      .map((line) => JSON.parse(line) as Line);
    const results = written.flatMap(({ message }) => (message === undefined ? [] : (message as { content: Line[] }).content));
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
