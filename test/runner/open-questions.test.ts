import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalEntry } from "../../src/domain/events/record.ts";
import type { UnappliedQuestion } from "../../src/domain/questions/question.ts";
import { OpenQuestions } from "../../src/runner/open-questions.ts";
import type { NewQuestion } from "../../src/runner/open-questions.ts";

const push: NewQuestion = {
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "git push" },
  inputHash: "push",
  rule: null,
};
const allowed: UnappliedQuestion = { ...push, key: "earlier", answer: { decision: "allow" } };

function setup(...known: UnappliedQuestion[]) {
  const journal: JournalEntry[] = [];
  let keys = 0;
  const questions = new OpenQuestions({ known, emit: (entry) => void journal.push(entry), newKey: () => `new ${++keys}` });
  return { questions, journal };
}

/** "asks" while the call waits for a person, else the decision. */
async function decisionOn(questions: OpenQuestions, asked: NewQuestion): Promise<string> {
  const answer = questions.ask(asked).then((given) => given?.decision ?? "withdrawn");
  return await Promise.race([answer, new Promise<string>((resolve) => setImmediate(() => resolve("asks")))]);
}

const calls: [what: string, asked: NewQuestion, decision: string][] = [
  ["the same call with the same id", push, "allow"],
  ["the same call with another id", { ...push, toolUseId: "toolu_9" }, "allow"],
  ["another call with the same id", { ...push, input: { command: "git push -f" }, inputHash: "force" }, "asks"],
  ["another tool with the same id and input", { ...push, tool: "Write" }, "asks"],
];
for (const [what, asked, decision] of calls) {
  test(`the answer of an earlier attempt and ${what}: ${decision}`, async () => {
    assert.equal(await decisionOn(setup(allowed).questions, asked), decision);
  });
}

test("an answer of an earlier attempt counts for one call only", async () => {
  const { questions } = setup(allowed);
  assert.equal(await decisionOn(questions, push), "allow");
  assert.equal(await decisionOn(questions, { ...push, toolUseId: "toolu_2" }), "asks");
});

test("of two equal calls each gets the answer of its own id", async () => {
  const { questions } = setup(allowed, { ...allowed, key: "second", toolUseId: "toolu_2", answer: { decision: "deny" } });
  assert.equal(await decisionOn(questions, { ...push, toolUseId: "toolu_2" }), "deny");
  assert.equal(await decisionOn(questions, push), "allow");
});

test("a question is in the journal before its answer, under the key that it had", async () => {
  const { questions, journal } = setup({ ...allowed, answer: null });
  const answered = questions.ask(push);
  assert.deepEqual(journal, [{ type: "worker", subtype: "question_asked", question: { ...push, key: "earlier" } }]);
  questions.answer("unknown", { decision: "deny" });
  questions.answer("earlier", { decision: "allow" });
  questions.answer("earlier", { decision: "deny" });
  assert.deepEqual(await answered, { decision: "allow" });
  assert.deepEqual(journal.slice(1), [{ type: "worker", subtype: "question_answered", key: "earlier", decision: "allow" }]);
  assert.deepEqual(questions.open, []);
});

test("a rule waits for the next attempt while a denied call is not decided", async () => {
  const rule = { decision: "allow", rule: "Bash(git *)" } as const;
  const denied: UnappliedQuestion = { ...allowed, key: "denied", toolUseId: "toolu_2", inputHash: "other", answer: { decision: "deny" } };
  assert.deepEqual(await setup({ ...allowed, answer: rule }, denied).questions.ask(push), { decision: "allow" });
  assert.deepEqual(await setup({ ...allowed, answer: rule }).questions.ask(push), rule);
});

test("a call with a known id and another input ends that question and asks again", async () => {
  for (const changed of [{ inputHash: "force" }, { tool: "Write" }]) {
    const { questions, journal } = setup(allowed);
    const answer = questions.ask({ ...push, ...changed });
    assert.deepEqual(
      journal.map(({ subtype }) => subtype),
      ["question_withdrawn", "question_asked"],
    );
    questions.answer("new 1", { decision: "deny" });
    assert.deepEqual(await answer, { decision: "deny" });
  }
});
