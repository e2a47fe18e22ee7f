import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AskedQuestion } from "../../src/domain/questions/question.ts";
import { until } from "../../testing/wait.ts";
import { oneQuestion } from "../questions/setup.ts";
import { withServer } from "./setup.ts";
import type { ServedCli } from "./setup.ts";

const permission: AskedQuestion = {
  key: "p",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "git push\u001b[2J" },
  inputHash: "1",
  rule: "Bash(git push *)",
};
const content: AskedQuestion = {
  ...permission,
  key: "c",
  kind: "question",
  tool: "AskUserQuestion",
  input: oneQuestion("Which colour?"),
  rule: null,
};

/** A server with task 1, which waits for these questions: q1, q2 … */
async function setup(t: TestContext, ...asked: AskedQuestion[]) {
  const served = await withServer(t);
  const { call, api } = served;
  await call(["run", "work"]);
  await api.tell(1, "text", { text: "begun" });
  for (const question of asked)
    await api.store.write(() => {
      api.store.questions.ask(1, 1, question, { askedAt: Date.now(), deadline: null });
      api.store.tasks.transition(1, "ask", Date.now());
    });
  return served;
}

test("inbox lists what waits, and its text cannot move a terminal", async (t) => {
  const { call } = await setup(t, permission, content);
  const piped = await call(["inbox"]);
  assert.match(piped.stdout, /^q1\t1\tpermission\t\S+\tMay it use Bash: git push\\u001b\[2J\?\nq2\t1\tquestion\t\S+\tWhich colour\?\n$/);
  const shown = await call(["inbox"], { columns: 100 });
  assert.match(shown.stdout, /QUESTION\S*\nq1  1     permission/);
  assert.doesNotMatch(shown.stdout, /\u001b\[2J/);
  const { questions } = (await call(["inbox", "--json"])).json() as { questions: { id: number }[] };
  assert.deepEqual(
    questions.map(({ id }) => id),
    [1, 2],
  );
  const empty = await withServer(t);
  assert.equal((await empty.call(["inbox"], { columns: 80 })).stdout, "Nothing needs you.\n");
});

test("inbox and the key a show the question that waits longest, among very many", async (t) => {
  const { call, start, api } = await setup(t, content);
  await call(["run", "other"]);
  await api.tell(2, "text", { text: "begun" });
  await api.store.write(() => {
    for (let each = 2; each <= 502; each++)
      api.store.questions.ask(2, 2, { ...permission, key: `p${each}` }, { askedAt: Date.now(), deadline: null });
  });
  const { questions } = (await call(["inbox", "--json"])).json() as { questions: { id: number }[] };
  assert.deepEqual([questions.length, questions[0]?.id, questions.at(-1)?.id], [502, 1, 502]);
  assert.match((await call(["inbox", "--all"])).stdout, /^q1\t1\tquestion\t/);
  assert.match((await call(["answer", "2", "allow"])).stderr, /Task 2 has 501 open questions\. Name one, like q2:\n {2}q2 /);
  t.mock.method(process.stderr, "write", () => true);
  const watch = start(["watch", "1"], { columns: 100, typed: "a", env: { NO_COLOR: "1" } });
  await until("the question", () => /q1 {2}question|Nothing needs you/.test(watch.stdout()));
  assert.doesNotMatch(watch.stdout(), /Nothing needs you/);
  watch.interrupt();
  watch.type("\n");
  await watch.done;
});

test("inbox says how an address to open and a form are answered", async (t) => {
  const opens: AskedQuestion = {
    ...content,
    kind: "elicitation",
    input: { serverName: "s", message: "Sign in", mode: "url", url: "https://a.example" },
  };
  const { call } = await setup(t, opens, { ...opens, key: "f", input: { ...opens.input, mode: "form" } });
  assert.match(
    (await call(["inbox", "q1"], { columns: 100 })).stdout,
    /Answer\S*\n +claude-worker answer q1 allow\n +claude-worker answer q1 deny\n/,
  );
  assert.match((await call(["inbox", "q2"], { columns: 100 })).stdout, /Answer\S*\n +claude-worker answer q2 --content/);
});

test("inbox shows one question whole, with the commands that answer it", async (t) => {
  const { call } = await setup(t, permission);
  const { stdout } = await call(["inbox", "q1"], { columns: 100 });
  for (const part of ["permission · open", "git push", "claude-worker answer q1 allow", "claude-worker answer q1 allow --always"]) {
    assert.ok(stdout.includes(part), `${part}\n${stdout}`);
  }
  assert.match((await call(["inbox", "q9"])).stderr, /There is no question q9/);
});

test("on a terminal inbox goes through the questions and stores the answers", async (t) => {
  const { start, api } = await setup(t, permission, content);
  const prompts = t.mock.method(process.stderr, "write", () => true);
  const call = start(["inbox"], { columns: 100, typed: "" });
  // Each line is typed when the one before has had its effect: together they would be one paste.
  const type = async (line: string, effect: () => boolean): Promise<void> => {
    call.type(`${line}\n`);
    await until(`the effect of ${line}`, effect);
  };
  await until("the list", () => call.stdout().includes("q2  1"));
  await type("q9", () => call.stderr().includes('"q9" is not in the list'));
  await type("q1", () => call.stdout().includes("claude-worker answer q1 allow"));
  await type('deny "not now"', () => call.stdout().includes("q1 is answered. Task 1 waits for one more answer: q2."));
  await until("the last question, at once", () => call.stdout().includes("q2\u001b[22m  question"));
  await type("2", () => call.stdout().includes("q2 is answered. Task 1 continues."));
  assert.equal((await call.done).code, 0);
  const asked = prompts.mock.calls.map(({ arguments: [text] }) => String(text)).join("");
  prompts.mock.restore();
  assert.match(asked, /Which one \(q1, q2; Enter leaves\)\? .*\(Enter skips\): .*\(Enter leaves\): /s);
  assert.deepEqual(
    api.store.questions.ofTask(1).map(({ answer }) => answer),
    [
      { decision: "deny", message: "not now" },
      { decision: "allow", answers: { "Which colour?": "Blue" } },
    ],
  );
});

test("a paste of several lines answers one question, and its rest is said", async (t) => {
  const cli = await setup(t, permission, content);
  const { call, reply } = await typing(t, cli, ["inbox"]);
  await reply("Which one (q1, q2; Enter leaves)?", "q1\ndeny\nnot on a Friday\n2\n1");
  await reply("or another answer (Enter leaves)", "");
  const { stderr, code } = await call.done;
  assert.equal(code, 0);
  assert.match(stderr, /2 more pasted lines were not used/);
  assert.deepEqual(
    cli.api.store.questions.ofTask(1).map(({ answer }) => answer),
    [{ decision: "deny", message: "not on a Friday" }, null],
  );
});

/** Answers questions in place, each line when the prompt for it stands there. */
async function typing(t: TestContext, { start }: ServedCli, words: readonly string[]) {
  let prompts = "";
  t.mock.method(process.stderr, "write", (text: unknown) => {
    prompts += String(text);
    return true;
  });
  const call = start(words, { columns: 100, typed: "", env: { NO_COLOR: "1" } });
  const reply = async (prompt: string, line: string): Promise<void> => {
    await until(prompt, () => prompts.includes(prompt));
    prompts = "";
    call.type(`${line}\n`);
  };
  return { call, reply };
}

test("in place several questions are asked one after the other, with numbers", async (t) => {
  const questions = [...oneQuestion("Which colour?").questions, ...oneQuestion("Which sizes?", true).questions];
  const cli = await setup(t, { ...content, input: { questions } });
  const { call, reply } = await typing(t, cli, ["inbox"]);
  await reply("Which colour? 1 Red, 2 Blue. A number from 1 to 2, or another answer (Enter leaves):", "3");
  await until("the refusal", () => call.stderr().includes("Give a number from 1 to 2."));
  await reply("Which colour? 1 Red", "2");
  await reply("Which sizes? 1 Red, 2 Blue. Numbers from 1 to 2 with commas between, or another answer", "1, 2");
  assert.equal((await call.done).code, 0);
  const { answer } = cli.api.store.questions.get(1) ?? {};
  assert.deepEqual(answer?.answers, { "Which colour?": "Blue", "Which sizes?": ["Red", "Blue"] });
});

test("in place a denial is asked for its reason, and yes and no are answers", async (t) => {
  const cli = await setup(t, permission, { ...permission, key: "next" });
  const { call, reply } = await typing(t, cli, ["inbox"]);
  await reply("Which one", "q1");
  await reply('A number from 1 to 3, or deny "why" (Enter skips):', "9");
  await until("the refusal", () => call.stderr().includes("Give a number from 1 to 3."));
  await reply("Which one", "q1");
  await reply("A number", "no");
  await reply("Why? Claude reads it (Enter: no reason):", "not on staging");
  await reply("A number", "yes");
  assert.equal((await call.done).code, 0);
  const answers = cli.api.store.questions.ofTask(1).map(({ answer }) => answer);
  assert.deepEqual(answers, [{ decision: "deny", message: "not on staging" }, { decision: "allow" }]);
});

test("in place the fields of a form are asked one after the other", async (t) => {
  const properties = {
    age: { type: "integer", description: "How old" },
    plan: { oneOf: [{ const: "a", title: "Basic" }, { const: "b" }] },
    note: { type: "string" },
  };
  const requestedSchema = { type: "object", properties, required: ["age"] };
  const input = { serverName: "crm", message: "Who?", mode: "form", requestedSchema };
  const cli = await setup(t, { ...content, kind: "elicitation", tool: "mcp", toolUseId: null, input });
  const { call, reply } = await typing(t, cli, ["inbox"]);
  await reply("Fill the form in? yes, deny, or the form as JSON (Enter leaves):", "yes");
  await reply("age: How old, a whole number (Enter leaves the form):", "old");
  await reply("plan: one of a (Basic), b (Enter leaves it out):", "b");
  await reply("note (Enter leaves it out):", "");
  await until("the refusal", () => call.stderr().includes('has the field "age", which takes a whole number'));
  await reply("Fill the form in?", "y");
  await reply("age", "41");
  await reply("plan", "basic");
  await reply("note", "");
  assert.equal((await call.done).code, 0);
  assert.deepEqual(cli.api.store.questions.get(1)?.answer, { decision: "allow", content: { age: 41, plan: "a" } });
});

test("a long option is wrapped behind its number", async (t) => {
  const { call } = await setup(t, { ...permission, rule: "Bash(mkdir /home/me/a/rather/long/way/to/a/directory)" });
  const { stdout } = await call(["inbox", "q1"], { columns: 50, env: { NO_COLOR: "1" } });
  assert.match(stdout, /\n {2}2 {2}deny\n {2}3 {2}always: this call, .*\n {5}\S/);
});

test("inbox --all says what became of each question", async (t) => {
  const { call } = await setup(t, permission, content);
  await call(["answer", "q1", "deny"]);
  assert.match((await call(["inbox", "--all"])).stdout, /^q1\t1\tpermission\t\S+\tanswered\tMay it.*\nq2\t1\tquestion\t\S+\topen\tWhich/);
  const { stdout } = await call(["inbox", "--all"], { columns: 100, env: { NO_COLOR: "1" } });
  assert.match(stdout, /STATE.*\nq1 .* answered .*\(denied\)\nq2 .* open [^(]*\n/);
});

test("a list and a page of a waiting task say what it waits for", async (t) => {
  const { call } = await setup(t, permission);
  assert.match((await call(["list"], { columns: 120 })).stdout, /\? waiting.*asked just now: q1 May it use Bash: git push/);
  const { stdout } = await call(["show", "1"], { columns: 100 });
  assert.match(stdout, /Waits: q1 May it use Bash: git push/);
  assert.match(stdout, /claude-worker answer q1 allow/);
});

const answers: [words: string[], asked: AskedQuestion, answer: object][] = [
  [["1", "allow"], permission, { decision: "allow" }],
  [["q1", "deny", "not on staging"], permission, { decision: "deny", message: "not on staging" }],
  [["1", "deny"], permission, { decision: "deny" }],
  [["1", "--pick", "2"], permission, { decision: "deny" }],
  [["1", "--pick", "2"], content, { decision: "allow", answers: { "Which colour?": "Blue" } }],
  [
    ["1", "--pick", "1,2"],
    { ...content, input: oneQuestion("Which?", true) },
    { decision: "allow", answers: { "Which?": ["Red", "Blue"] } },
  ],
  [["1", "Green", "please"], content, { decision: "allow", answers: { "Which colour?": "Green please" } }],
  [["1", "allow"], content, { decision: "allow", answers: { "Which colour?": "allow" } }],
  [["1", "--answer", "Which colour?=Red"], content, { decision: "allow", answers: { "Which colour?": "Red" } }],
  [["1", "--deny", "ask later"], content, { decision: "deny", message: "ask later" }],
];
for (const [words, asked, answer] of answers) {
  test(`answer ${words.join(" ")} to a ${asked.kind} is stored`, async (t) => {
    const { call, api } = await setup(t, asked);
    const { code, stdout, stderr } = await call(["answer", ...words]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^q1 is answered\. Task 1 continues\./);
    assert.deepEqual(api.store.questions.get(1)?.answer, answer);
  });
}

test("without a terminal the rule of --always is shown, and stored with --yes only", async (t) => {
  const { call, api } = await setup(t, permission);
  const rule = "From now on the tasks in the directory of task 1, and below it, may: Bash(git push *)\n";
  const advice = "Nothing was stored. To store this rule: claude-worker answer q1 allow --always --yes";
  for (const words of [["allow", "--always"], ["always"], ["--pick", "3"]]) {
    const { code, stdout, stderr } = await call(["answer", "1", ...words]);
    assert.deepEqual([code, stdout, stderr], [2, "", `Error: ${rule}${advice}\n`]);
  }
  const inJson = await call(["answer", "1", "--always", "--json"]);
  assert.deepEqual([inJson.code, inJson.json()], [2, { error: { code: "invalid_input", message: `${rule}${advice}` } }]);
  assert.deepEqual([api.store.questions.get(1)?.status, api.store.rules.list()], ["open", []]);
  const { code, stderr } = await call(["answer", "1", "allow", "--always", "--yes", "--json"]);
  assert.deepEqual([code, stderr], [0, rule]);
  assert.deepEqual(api.store.questions.get(1)?.answer, { decision: "allow", rule: "Bash(git push *)" });
});

const refused: [words: string[], asked: AskedQuestion[], message: RegExp][] = [
  [["1"], [], /Task 1 is running and has no open question/],
  [["1", "allow"], [permission, content], /Task 1 has 2 open questions\. Name one, like q1:\n {2}q1 /],
  [["q7", "allow"], [permission], /There is no question q7/],
  [["1", "perhaps"], [permission], /offers "allow", "deny", "always", not "perhaps"/],
  [["1", "--pick", "9"], [content], /--pick takes 1 to 2:\n {2}1 {2}Red/],
  [["1", "--pick", "1,2"], [content], /q1 takes one answer, so --pick takes one number/],
  [["1", "--pick", "x"], [content], /--pick must be a whole number from 1 to 1000, not "x"/],
  [["1"], [permission], /Say what to answer: claude-worker answer q1 allow/],
  [["1"], [content], /Give the answer to q1/],
  [["1", "allow", "it"], [permission], /takes no more words/],
  [["1", "--content", "x"], [permission], /--content takes a JSON object/],
  [["1", "--answer", "x"], [content], /--answer takes "question=answer"/],
  [["1", "deny", "y".repeat(100_001)], [permission], /^Error: <answer>: must have at most 100000 characters\.\n$/],
  [["1", "--answer", "Which colour?="], [content], /needs an answer to "Which colour\?"/],
  [["1", "--mode", "plan"], [permission], /takes no mode \(--mode\)\./],
  [["1", "--deny", "--always"], [content], /takes no rule \(--always\)\./],
  [["1", "deny", "--always"], [permission], /can only be remembered when it is allowed\. Leave --always out\./],
  [["1", "deny", "not now"], [{ ...content, kind: "elicitation", input: { mode: "form" } }], /its MCP server gets none\. Leave them out/],
  [["1", "allow", "it"], [{ ...content, kind: "elicitation", input: {} }], /To send words: claude-worker send 1 "…"/],
  [["1", "--pick", "1", "Green"], [content], /--pick and words are two answers to q1\. Give one of them\./],
  [["1", "--pick", "1", "--deny"], [content], /--pick and --deny are two answers to q1/],
];
for (const [words, asked, message] of refused) {
  test(`answer ${words.join(" ").slice(0, 40)} with ${asked.length} open says what to do: ${message.source.slice(0, 20)}`, async (t) => {
    const { call, api } = await setup(t, ...asked);
    const { code, stderr } = await call(["answer", ...words]);
    assert.ok(code > 0);
    assert.match(stderr, message);
    assert.ok(api.store.questions.ofTask(1).every(({ status }) => status === "open"));
  });
}

test("a second answer is refused with the first", async (t) => {
  const { call } = await setup(t, permission);
  await call(["answer", "1", "deny", "no"]);
  const { code, stderr } = await call(["answer", "q1", "allow"]);
  assert.equal(code, 1);
  assert.match(stderr, /q1 is not open any more\. It was answered by the server's owner at \S+: denied: no/);
});

test("an answer to a task that has ended is refused with its status", async (t) => {
  const { call, api } = await setup(t, content);
  await api.store.write(() => api.store.questions.supersede(1, true));
  await api.finish(1, "failed");
  const late = await call(["answer", "q1", "Red"]);
  assert.deepEqual([late.code, late.stderr], [1, "Error: q1 needs no answer any more: task 1 is failed.\n"]);
});

test("the page of a question says what happens at its deadline", async (t) => {
  const { call, api } = await withServer(t);
  const then: [late: string, question: AskedQuestion, text: string][] = [
    ["deny", permission, "it is denied, and the task continues without it"],
    ["fail", content, "the task fails"],
    ["default", content, "the answer is: Red"],
    ["default", permission, "it is denied, and the task continues without it"],
  ];
  const deadline = Date.now() + 3_600_000;
  for (const [index, [late, question, text]] of then.entries()) {
    const id = index + 1;
    await call(["run", "work", "--on-question", "ask", "--answer-within", "1h", "--else", late]);
    await api.tell(id, "text", { text: "begun" });
    await api.store.write(() => api.store.questions.ask(id, id, question, { askedAt: Date.now(), deadline }));
    const { stdout } = await call(["inbox", `q${id}`], { columns: 200, env: { NO_COLOR: "1" } });
    assert.match(stdout, /waits until \S+ \S+ \(in [^)]*\); then /);
    assert.ok(stdout.includes(`; then ${text}\n`), stdout);
  }
});

test("who has answered, and that no person did, is said in words", async (t) => {
  const { call, api } = await setup(t, permission, { ...permission, key: "late" });
  await call(["answer", "q1", "deny", "no"]);
  await api.store.write(() => api.store.questions.expire(2, { decision: "deny", message: "Too late." }, Date.now()));
  const page = async (id: string): Promise<string> => (await call(["inbox", id], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
  assert.match(await page("q1"), /answered by the server's owner: denied: no\n/);
  assert.match(await page("q2"), /no answer came in time: denied: Too late\.\n/);
});

test("rules are listed and removed", async (t) => {
  const { call } = await setup(t, permission);
  assert.match((await call(["rules"], { columns: 80 })).stdout, /No answer has made a rule/);
  await call(["answer", "1", "--always", "--yes"]);
  assert.match((await call(["rules"])).stdout, /^1\tBash\(git push \*\)\t\//);
  assert.match((await call(["rules"], { columns: 120 })).stdout, /just now by the server's owner/);
  assert.equal((await call(["rules", "remove", "1"])).stdout, "Rule 1 is removed.\n");
  assert.match((await call(["rules", "remove", "1"])).stderr, /There is no rule 1/);
  assert.match((await call(["rules", "remove", "x"])).stderr, /"x" is not the number of a rule/);
});

test("on a terminal a rule is shown before it is stored", async (t) => {
  const { call, api } = await setup(t, permission);
  const no = await call(["answer", "1", "allow", "--always"], { columns: 100, typed: "n\n" });
  assert.equal(no.code, 2);
  assert.match(no.stderr, /may: Bash\(git push \*\)[\s\S]*Nothing was stored\./);
  assert.deepEqual([api.store.questions.get(1)?.status, api.store.rules.list()], ["open", []]);
  const yes = await call(["answer", "1", "--always"], { columns: 100, typed: "y\n" });
  assert.equal(yes.code, 0);
  assert.deepEqual(
    api.store.rules.list().map(({ rule }) => rule),
    ["Bash(git push *)"],
  );
});

test("several questions are shown with their choices, and an empty plan says so", async (t) => {
  const several = { questions: [...oneQuestion("Which colour?").questions, ...oneQuestion("Which sizes?", true).questions] };
  const { call } = await setup(
    t,
    { ...content, input: several },
    { ...permission, kind: "plan", tool: "ExitPlanMode", input: {}, rule: null },
  );
  const { stdout } = await call(["inbox", "q1"], { columns: 100 });
  assert.match(stdout, /Which colour\?\n {2}- Red: take Red\n {2}- Blue: take Blue\n {2}Which sizes\? \(one or several\)\n/);
  assert.doesNotMatch(stdout, /[{}]/);
  assert.match(stdout, /claude-worker answer q1 --answer "Which colour\?=Red" --answer "Which sizes\?=Red"\n/);
  assert.match((await call(["inbox", "q2"], { columns: 100 })).stdout, /Claude wrote no plan\./);
});

test("a command to copy has no text of an agent that a shell could read", async (t) => {
  const questions = [...oneQuestion("Which `id`?").questions, ...oneQuestion("Which $HOME?").questions];
  const { call } = await setup(t, { ...content, input: { questions } });
  const { stdout } = await call(["inbox", "q1"], { columns: 100 });
  assert.match(stdout, /claude-worker answer q1 --answer "question=answer" …\n/);
});

test("a message to a task that waits for an answer says when it is read", async (t) => {
  const { call } = await setup(t, permission);
  const { stdout } = await call(["send", "1", "Use the helper"]);
  assert.equal(stdout, "Message m1 is stored. Task 1 gets it after the answer that it waits for: claude-worker inbox\n");
});

test("send says when the task gets the message", async (t) => {
  const { call, api } = await setup(t);
  const said = async (words: readonly string[]): Promise<string> => (await call(["send", ...words])).stdout;
  assert.match(await said(["1", "a"]), /^Message m1 is stored for task 1, which gets it at its next step\. Follow it/);
  assert.match(await said(["1", "b", "--after-turn"]), /^Message m2 is stored for task 1, which gets it after its turn\./);
  await call(["run", "other"]);
  assert.match(await said(["2", "c"]), /^Message m3 is stored for task 2, which gets it when it starts\./);
  await api.finish(1);
});

test("send says that a message may be taken for a command of Claude Code", async (t) => {
  const { call } = await setup(t, permission);
  const { code, stderr } = await call(["send", "1", "/login returns 500"]);
  const hint =
    "If Claude Code has a command /login that works without a terminal, it runs that instead of Claude reading it: see claude-worker messages 1\n";
  assert.deepEqual([code, stderr], [0, hint]);
  assert.equal((await call(["send", "1", "/etc/hosts is wrong"])).stderr, "");
  assert.equal((await call(["send", "1", "/compact", "--json"])).stderr, "");
});

test("send says when a command would run, and nothing where it goes with a prompt", async (t) => {
  const { call, api } = await setup(t);
  assert.match((await call(["send", "1", "/compact"])).stderr, /it runs that after the turn, instead of Claude reading it:/);
  await call(["run", "other"]);
  assert.equal((await call(["send", "2", "/compact"])).stderr, "");
  await api.finish(1);
});

test("an answer of Claude Code itself keeps its lines on a terminal", async (t) => {
  const { call, api } = await setup(t, permission);
  await call(["send", "1", "/context"]);
  await call(["send", "1", "/cost"]);
  const { listMessages } = api;
  const notes = ["## Usage\n\nTokens: 10k\n\n* first\n* second", "No cost yet."];
  api.listMessages = async (input) => {
    const { messages } = await listMessages(input);
    return { messages: messages.map((each, at) => ({ ...each, note: notes[at] ?? null })) };
  };
  const { stdout } = await call(["messages", "1"], { columns: 100, env: { NO_COLOR: "1" } });
  assert.match(stdout, /\/context\n +→ see below\nm2 .*\/cost\n +→ No cost yet\.\n\nm1: Claude Code answered\n/);
  assert.match(stdout, /\n {2}Tokens: 10k\n[^]*\n {2}.*first\n {2}.*second\n$/);
  assert.match((await call(["messages", "1"])).stdout, /\t\/context\t## Usage Tokens: 10k \* first \* second\n/);
});

test("send --now asks first only where work would be interrupted", async (t) => {
  const { call } = await setup(t, permission);
  // No person answers: a question would wait for ever.
  const waiting = await call(["send", "1", "Stop", "--now"], { columns: 80, typed: "" });
  assert.match(waiting.stdout, /Message m1 is stored/);
  await call(["answer", "1", "allow"]);
  await call(["run", "other"]);
  assert.match((await call(["send", "2", "Stop", "--now"], { columns: 80, typed: "" })).stdout, /Message m2 is stored/);
});

test("wait says that a task needs somebody, and ends there when it is asked to", async (t) => {
  const { call } = await setup(t, permission);
  const { code, stderr } = await call(["wait", "1", "--or-question"]);
  assert.equal(code, 5);
  assert.match(stderr, /Task 1 needs you: q1 May it use Bash: git push\\u001b\[2J\? Answer it: claude-worker answer q1/);
});
