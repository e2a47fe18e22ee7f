import assert from "node:assert/strict";
import { test } from "node:test";
import { questionPage } from "../../../src/cli/terminal/render/question-page.ts";
import type { QuestionView } from "../../../src/contract/views/question.ts";
import { offeredOptions, questionText } from "../../../src/domain/questions/offered-options.ts";

/** A terminal, and `plainText`, leave out what stands between ESC ] and BEL; a shell runs it. */
const hiding = "ls #\x1b]\nrm -rf keep\n\x07 \u202eolleh";

test("a question shows the parts of a command that a terminal would hide", () => {
  const asked = { kind: "permission", tool: "Bash", input: { command: hiding }, rule: `Bash(${hiding})` } as const;
  assert.equal(questionText(asked), "May it use Bash: ls #\\u001b] rm -rf keep \\u0007 \\u202eolleh?");
  assert.match(offeredOptions(asked)[2]?.description ?? "", /rm -rf keep/);
  const { text, options } = { text: questionText(asked), options: offeredOptions(asked) };
  const question = { ...asked, id: 1, task_id: 1, status: "open", options, text, asked_at: "2026-11-29T08:00:00.000Z", agent_id: null };
  const view = { ...question, deadline: null, answer: null } as unknown as QuestionView;
  const page = questionPage(view, { output: { columns: 200, isTTY: false } as never, now: 0 });
  assert.match(page.slice(page.indexOf("Input")).split("Options")[0] ?? "", /rm -rf keep/);
  assert.ok(!/[\x1b\x07\u202e]/.test(page));
});

test("a question in words stays as a person would read it", () => {
  const input = { questions: [{ question: "Which one, \u{1f469}\u200d\u{1f4bb}?\x1b[2J" }] };
  assert.equal(questionText({ kind: "question", tool: "AskUserQuestion", input }), "Which one, \u{1f469}\u200d\u{1f4bb}?");
});
