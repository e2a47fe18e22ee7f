import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { WorkflowView } from "../../src/contract/views/workflow.ts";
import { step } from "../../testing/script.ts";
import { until } from "../../testing/wait.ts";
import { spawnCli, worker } from "../../testing/worker.ts";

test("a workflow runs on the command line, and asks a person", async (t) => {
  const w = await worker(t, { "build it 2": [step.text("Built.")], "publish what": [step.text("Published.")] });
  await w.start();
  const cli = async (...words: string[]) => await w.cli(words);
  const file = path.join(w.place.work, "release.yaml");
  writeFileSync(file, "inputs: { version: { type: string } }\ntasks:\n  build: { promt: x }\n");
  const broken = await cli("workflow", "validate", "release.yaml");
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /release\.yaml:3:12: tasks\.build: "promt" is not known; did you mean "prompt"\?/);
  writeFileSync(
    file,
    `inputs: { version: { type: string } }
tasks:
  build: { prompt: "build it {{ inputs.version }}" }
  ask: { approval: "Publish {{ inputs.version }}?", needs: build }
  publish: { prompt: "publish what {{ needs.build.result }}", needs: [ask, build] }
`,
  );
  const valid = await cli("workflow", "validate", "release.yaml");
  assert.equal(
    valid.stdout,
    "release.yaml is a workflow with 3 tasks. Run it: claude-worker workflow run release.yaml --input version=…\n",
  );
  assert.equal((await cli("workflow", "graph", "release.yaml")).code, 0);
  const run = await cli("workflow", "run", "release.yaml", "-d", w.place.work, "--input", "version=2", "--json");
  const { id } = JSON.parse(run.stdout) as WorkflowView;
  const shown = async () => JSON.parse((await cli("workflow", "show", String(id), "--json")).stdout) as WorkflowView;
  const question = await until("a question", async () => (await w.client.listQuestions({ status: ["open"] })).questions[0]);
  assert.equal(question.text, "Publish 2?");
  assert.match((await cli("workflow", "show", String(id))).stdout, /● │ \? ask +waiting +task 2$/m);
  const watch = spawnCli(["workflow", "show", String(id), "--watch"], w.env, w.place.work);
  let said = "";
  watch.stderr?.on("data", (data: Buffer) => void (said += data.toString()));
  const asked = await until("what the watch says of the question", () => said.match(/^Task .*$/m)?.[0]);
  assert.equal(asked, `Task 2 (ask) needs you: q${question.id} Publish 2? Answer it: claude-worker answer q${question.id} …`);
  await cli("answer", `q${question.id}`, "allow");
  if (watch.exitCode === null) await once(watch, "exit");
  assert.equal(watch.exitCode, 0, said);
  const ended = await until("the end of the run", async () => {
    const view = await shown();
    return view.status === "running" ? undefined : view;
  });
  assert.deepEqual([ended.status, ended.tasks.map(({ status }) => status)], ["completed", ["completed", "completed", "completed"]]);
  assert.match((await cli("workflow", "graph", "release.yaml", "--input", "version=2")).stdout, /graph TD\n.*t0\["build"\]/);
  assert.match((await cli("workflow", "rm", String(id))).stdout, /is removed/);
});
