import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnappliedQuestion } from "../../src/domain/questions/question.ts";
import { OpenQuestions } from "../../src/runner/open-questions.ts";

const known: UnappliedQuestion = {
  key: "old",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  inputHash: "of ls",
  answer: { decision: "allow" },
};

function open() {
  const notes: string[] = [];
  const emit = (note: object): void => {
    const { subtype, key, question } = note as { subtype: string; key?: string; question?: { key: string } };
    notes.push(`${subtype} ${key ?? question?.key ?? ""}`);
  };
  return { notes, questions: new OpenQuestions({ known: [known], emit, newKey: () => "new" }) };
}

const call = { kind: "permission", tool: "Bash", toolUseId: "toolu_1", agentId: null, rule: null } as const;

test("an answer counts for the call with the input that was asked", async () => {
  const { notes, questions } = open();
  assert.deepEqual(await questions.ask({ ...call, input: { command: "ls" }, inputHash: "of ls" }), { decision: "allow" });
  assert.deepEqual(notes, ["question_asked old", "question_answered old"]);
});

test("a call with the same id and another input is asked again", async () => {
  for (const changed of [{ inputHash: "of rm" }, { tool: "Write" }]) {
    const { notes, questions } = open();
    const answer = questions.ask({ ...call, input: { command: "rm -rf ." }, inputHash: "of ls", ...changed });
    assert.deepEqual(notes, ["question_withdrawn old", "question_asked new"]);
    questions.answer("new", { decision: "deny" });
    assert.deepEqual(await answer, { decision: "deny" });
  }
});
