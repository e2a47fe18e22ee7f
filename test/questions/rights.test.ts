import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Caller } from "../../src/contract/caller.ts";
import type { GivenAnswer } from "../../src/domain/questions/check-answer.ts";
import type { AskedQuestion } from "../../src/domain/questions/question.ts";
import { askingTask, owner, permission } from "../../testing/plain-question.ts";
import { realApi } from "../../testing/real-api.ts";
import { oneQuestion } from "./setup.ts";

const content: AskedQuestion = { ...permission, kind: "question", tool: "AskUserQuestion", input: oneQuestion("Which?"), rule: null };
const plan: AskedQuestion = { ...permission, kind: "plan", tool: "ExitPlanMode", input: { plan: "1. Do it" }, rule: null };
const form: AskedQuestion = {
  ...permission,
  kind: "elicitation",
  toolUseId: null,
  input: { mode: "form", requestedSchema: { type: "object", properties: { age: { type: "integer" } }, required: ["age"] } },
  rule: null,
};

async function setup(t: TestContext, asked: AskedQuestion, options: object = {}) {
  const s = realApi(t);
  const { api, store } = s;
  const { task, ask, working_directory } = await askingTask(s, options);
  const { id } = await ask(asked);
  const answer = (given: GivenAnswer, caller = owner) => api.answerQuestion({ id, ...given } as never, caller);
  return { api, store, task, id, answer, working_directory };
}

const refusals: [what: string, asked: AskedQuestion, given: GivenAnswer, message: RegExp][] = [
  ["an option that was not offered", permission, { option: "perhaps" }, /offers "allow", "deny", "always"/],
  ["no decision", permission, {}, /needs a decision/],
  ["words with a permission", permission, { decision: "allow", message: "fine" }, /takes words only with a denial/],
  ["a permission mode with a permission", permission, { decision: "allow", mode: "bypassPermissions" }, /takes no mode/],
  ["a plan in a wider mode", plan, { decision: "allow", mode: "bypassPermissions" }, /offers the modes default and acceptEdits/],
  ["a decision that contradicts the option", permission, { decision: "deny", option: "allow" }, /do not go together/],
  ["a question of Claude without an answer", content, { decision: "allow" }, /needs an answer/],
  ["an answer to another question", content, { answers: { "What?": "Red" } }, /does not ask "What\?"/],
  ["two answers where one is taken", content, { answers: { "Which?": ["Red", "Blue"] } }, /takes one answer/],
  ["an empty answer", content, { answers: { "Which?": " " } }, /needs an answer/],
  ["a rule for a question of content", content, { option: "Red", remember: "directory" }, /takes no rule/],
  ["a form without its field", form, { decision: "allow", content: {} }, /needs the field "age"/],
  ["a form with a wrong value", form, { decision: "allow", content: { age: "old" } }, /takes a whole number/],
  ["a form that is filled in and denied", form, { decision: "deny", content: { age: 1 } }, /is denied and filled in at once/],
  ["the same by an option", form, { option: "deny", content: { age: 1 } }, /is denied and filled in at once/],
  ["a mode with a denied plan", plan, { decision: "deny", mode: "acceptEdits" }, /a denial takes no mode/],
  ["a form with an unknown field", form, { decision: "allow", content: { age: 1, more: 2 } }, /has no field "more"/],
];
for (const [what, asked, given, message] of refusals) {
  test(`an answer is refused: ${what}`, async (t) => {
    const { answer, store, id } = await setup(t, asked);
    await assert.rejects(answer(given), { code: "unprocessable", message });
    assert.equal(store.questions.get(id)?.status, "open");
  });
}

test("of two answers in the same moment the second hears of the first", async (t) => {
  const { answer, store, id } = await setup(t, permission);
  const results = await Promise.allSettled([answer({ decision: "allow" }), answer({ decision: "deny", message: "no" })]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.match(String((results[1] as PromiseRejectedResult).reason), /answered by the server's owner.*allowed/);
  assert.deepEqual(store.questions.get(id)?.answer, { decision: "allow" });
});

test("a permission is refused once the directory is not trusted any more", async (t) => {
  const { api, answer, working_directory } = await setup(t, permission);
  await api.removeTrust({ directory: working_directory }, owner);
  await assert.rejects(answer({ decision: "allow" }, { scope: "submit", name: "ci" }), { code: "untrusted_directory" });
});

test("a rule needs the admin scope, is listed, and is given to later tasks", async (t) => {
  const { api, answer, store, working_directory } = await setup(t, permission);
  await assert.rejects(answer({ decision: "allow", remember: "directory" }, { scope: "submit", name: "ci" }), { code: "forbidden" });
  assert.deepEqual(store.rules.list(), []);
  await answer({ option: "always" });
  assert.deepEqual(store.rules.of(`${working_directory}/below`), ["Bash(touch *)"]);
  assert.deepEqual(store.rules.of(`${working_directory}-beside`), []);
  const [rule] = (await api.listRules()).rules;
  await api.removeRule({ id: rule?.id ?? 0 }, owner);
  assert.deepEqual(store.rules.of(working_directory), []);
});

test("consent to paid usage needs the admin scope, and not the rights of its task", async (t) => {
  const consent: AskedQuestion = {
    ...permission,
    kind: "consent",
    tool: "PaidUsage",
    toolUseId: null,
    input: { limit: "Full.", until: null },
    rule: null,
  };
  const { api, answer, store, id, task, working_directory } = await setup(t, consent);
  for (const caller of [{ scope: "submit", name: "ci" } as const, { ...owner, agent: { client: "claude-code", toolUseId: null } }])
    await assert.rejects(answer({ decision: "allow" }, caller), { code: "forbidden", message: /admin scope/ });
  assert.deepEqual(store.questions.unapplied(task), [], "no attempt waits for it");
  await api.removeTrust({ directory: working_directory }, owner);
  assert.equal((await answer({ decision: "allow" })).status, "applied");
  assert.equal(store.questions.get(id)?.status, "applied");
});

const agent: Caller = { scope: "submit", name: "agent", agent: { client: "claude-code", toolUseId: null } };

test("an agent answers no permission, and no task of another client", async (t) => {
  const asked = await setup(t, permission);
  await asked.store.write(() => asked.store.agentTasks.insert({ taskId: asked.task, client: "agent", rootId: asked.task }));
  await assert.rejects(asked.answer({ decision: "allow" }, agent), { code: "forbidden" });
  const other = await setup(t, content);
  await assert.rejects(other.answer({ option: "Red" }, agent), { code: "forbidden", message: /not submitted by this client/ });
});

test("an answer in words needs the rights for a submit of the task, as a message", async (t) => {
  const ci: Caller = { scope: "submit", name: "ci" };
  const wide = await setup(t, content, { settings: { model: "opus" } });
  await assert.rejects(wide.answer({ message: "Remove all of it" }, ci), { code: "forbidden", message: /admin scope/ });
  await assert.rejects(wide.answer({ decision: "deny", message: "Remove it" }, ci), { code: "forbidden" });
  await wide.store.write(() => wide.store.agentTasks.insert({ taskId: wide.task, client: "agent", rootId: wide.task }));
  await assert.rejects(wide.answer({ message: "Remove all of it" }, agent), { code: "forbidden", message: /no agent has it/ });
  assert.equal(wide.store.questions.get(wide.id)?.status, "open");
  await wide.answer({ option: "Red" });
  const left = await setup(t, content);
  await left.api.removeTrust({ directory: left.working_directory }, owner);
  await assert.rejects(left.answer({ option: "Red" }), { code: "untrusted_directory" });
});

test("an agent accepts no address to open, and may fill in a form", async (t) => {
  const own = async (asked: AskedQuestion) => {
    const made = await setup(t, asked);
    await made.store.write(() => made.store.agentTasks.insert({ taskId: made.task, client: "agent", rootId: made.task }));
    return made.answer;
  };
  const opens = await own({ ...form, input: { mode: "url", url: "https://bank.example/consent" } });
  await assert.rejects(opens({ decision: "allow" }, agent), { code: "forbidden", message: /no agent may give/ });
  const fills = await own(form);
  assert.equal((await fills({ decision: "allow", content: { age: 1 } }, agent)).status, "answered");
});
