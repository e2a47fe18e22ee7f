/** Tasks with a JSON Schema: the answer is JSON that fits it, or the task fails. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { askingWorker, oneQuestion } from "../questions/setup.ts";
import { marked } from "../reliability/setup.ts";

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { answer: { type: "number" }, why: { type: "string" } },
  required: ["answer"],
};
const answers = (answer: unknown, why?: string) => step.tool("StructuredOutput", { answer, ...(why === undefined ? {} : { why }) });

/** Every process as `ps` shows it. */
const look = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done >seen 2>/dev/null; true';

test("an answer that fits the schema is the structured result, also later", async (t) => {
  const w = await worker(t, {
    "count them": [step.bash(look), answers("four"), answers(4, "I counted: sk-ant-api03-AAAABBBBCCCCDDDDEEEEFFFF")],
    "and now": [answers(5)],
    "other way": [answers(6)],
    "say it": [step.text("In words.")],
  });
  w.place.file("work/schema.json", JSON.stringify(schema, null, 2));
  await w.start();
  const ran = await w.cli(["run", "count them", "--json-schema", "schema.json", "--allow", "Bash", "--trust"]);
  assert.deepEqual([ran.code, ran.stdout], [0, "1\n"], ran.stderr);
  const waited = await w.cli(["wait", "1", "--json"]);
  assert.equal(waited.code, 0, waited.stdout);
  const [first] = waited.stdout.split("\n");
  const { task } = JSON.parse(first ?? "") as { task: { structured_result: object; json_schema: object; result: string } };
  assert.partialDeepStrictEqual(task.structured_result, { answer: 4 });
  assert.doesNotMatch(first ?? "", /AAAABBBB/, "its secrets are redacted");
  assert.deepEqual(task.json_schema, schema);
  assert.partialDeepStrictEqual(JSON.parse(task.result), { answer: 4 });
  const page = (await w.cli(["show", "1"])).stdout;
  assert.match(page, /Result\n {2}\{\n {4}"answer": 4,\n/);
  assert.match(page, /Answer +JSON: answer, why/);
  if (process.platform === "linux") {
    const seen = readFileSync(path.join(w.place.work, "seen"), "utf8");
    assert.match(seen, /--output-format stream-json/, "Claude Code was among them");
    assert.doesNotMatch(seen, /StructuredOutput|"why"|json-schema=/);
  }

  await w.client.sendMessage({ id: 1, text: "and now?" });
  const second = await w.until(1, ({ ended_at, attempts }) => ended_at !== null && attempts === 2);
  assert.deepEqual([second.status, second.structured_result], ["completed", { answer: 5 }], JSON.stringify(second.error));

  await w.client.forkTask({ id: 1, prompt: "the other way" });
  const fork = await w.ended(2);
  assert.deepEqual([fork.status, fork.structured_result], ["completed", { answer: 6 }], JSON.stringify(fork.error));
  assert.deepEqual(fork.json_schema, schema);

  const { id } = await w.submit("say it");
  const words = await w.ended(id);
  assert.deepEqual([words.result, words.structured_result, words.json_schema], ["In words.", null, null]);
  await w.client.retryTask({ id: fork.id, json_schema: null });
  const again = await w.until(2, ({ attempts }) => attempts === 2);
  assert.deepEqual([again.json_schema, again.structured_result], [null, null]);
});

test("an answer that does not fit fails the task with the reason", async (t) => {
  const w = await worker(t, {
    "in words": [step.text("Four.")],
    "never right": [answers("four")],
    "Continue from": [answers(4)],
  });
  await w.start();
  const { id } = await w.submit("in words", { json_schema: schema });
  const text = await w.ended(id);
  assert.deepEqual([text.status, text.error?.code, text.result, text.structured_result], ["failed", "agent_failed", null, null]);
  assert.match(text.error?.message ?? "", /does not fit the task's JSON Schema.*Claude gave its answer as a text alone/);
  const wrong = await w.submit("never right", { json_schema: schema });
  const never = await w.ended(wrong.id);
  assert.deepEqual([never.status, never.error?.code, never.structured_result], ["failed", "agent_failed", null]);
  assert.match(never.error?.message ?? "", /^No answer fitted the task's JSON Schema/);

  await w.client.retryTask({ id, resume: true });
  const resumed = await w.until(id, ({ ended_at, attempts }) => ended_at !== null && attempts === 2);
  assert.deepEqual([resumed.status, resumed.structured_result], ["completed", { answer: 4 }], JSON.stringify(resumed.error));
});

test("the answer of a task that was parked fits its schema, too", async (t) => {
  const w = await askingWorker(
    t,
    { "choose a number": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), answers(3)] },
    { CLAUDE_WORKER_PARK_AFTER_MS: "0", CLAUDE_WORKER_WARM: "0" },
  );
  await w.start();
  const { id } = await w.submit("choose a number", { json_schema: schema });
  const [question] = await w.asked(id);
  await until("no process", async () => (await marked(w)).length === 0);
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts, task.structured_result], ["completed", 2, { answer: 3 }], JSON.stringify(task.error));
});

test("what is not a schema is refused at submit and retry", async (t) => {
  const w = await worker(t);
  await w.start();
  await w.client.hold({ reason: "so that nothing starts" });
  const wrong = { type: "object", properties: { a: { type: "nunber" } } };
  const isAbout = (pointer: string) => (error: object) => {
    assert.partialDeepStrictEqual({ ...error }, { code: "invalid_input", problems: [{ pointer }] });
    return true;
  };
  await assert.rejects(w.submit("x", { json_schema: wrong }), isAbout("/json_schema"));
  const task = { prompt: "x", working_directory: w.place.work };
  await assert.rejects(w.client.submitTasks({ tasks: [task, { ...task, json_schema: wrong }] }), isAbout("/tasks/1/json_schema"));
  for (const [value, why] of [
    [JSON.stringify(wrong), /^Error: json_schema is not a schema that Claude Code takes: .*nunber|allowed values/],
    ['{"type": "array"}', /--json-schema: line 1: the schema must describe an object/],
    ["{nonsense}", /--json-schema: line 1: is not valid JSON/],
    ["none.json", /--json-schema: there is no file .*none\.json/],
  ] as const) {
    const { code, stderr } = await w.cli(["run", "x", "--json-schema", value]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, why);
    assert.doesNotMatch(stderr, / {4}at /);
  }
  assert.equal((await w.client.listTasks({})).tasks.length, 0);
});
