/** The workflows in examples/ run as they stand, with the real Claude Code in real repositories. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { repositoryRoot } from "../../testing/source-files.ts";
import { until } from "../../testing/wait.ts";
import { workflowWorker } from "../../testing/workflow-worker.ts";

const example = (name: string): string => readFileSync(path.join(repositoryRoot, "examples", "workflows", `${name}.yaml`), "utf8");
const answer = (value: object) => step.tool("StructuredOutput", { ...value });

test("reviewers work side by side, and a report has what each found", async (t) => {
  const review = (topic: string) => [answer({ findings: [{ file: "app.txt", problem: `${topic} is missing` }] }), step.text("Reviewed.")];
  const w = await workflowWorker(t, {
    "have reported this": [step.text("1. app.txt: security is missing")],
    "for correctness,": review("correctness"),
    "for security,": review("security"),
    "for tests,": [step.text("I looked, and it is fine.")],
    "for readability,": review("readability"),
  });
  await w.start();
  const { id } = await w.begin(example("fan-out-review"), ["range=main", "limit=3"]);
  const view = await w.runUntil(id);
  const states = w.states(view);
  assert.deepEqual([states["report"], states["review[topic=security]"]], ["completed", "completed"]);
  const report = await w.client.getTask({ id: view.tasks.find(({ key }) => key === "report")?.id ?? 0 });
  assert.equal(report.result, "1. app.txt: security is missing");
  // One of them gave no answer that fits: it failed, and the report was written all the same.
  assert.deepEqual([view.status, states["review[topic=tests]"], states["review"]], ["failed", "failed", "failed"]);
  const prompt = report.rendered_prompt ?? "";
  for (const line of [
    /^Reviewers of main/,
    /\| review\[topic=security\]: .*security is missing/,
    /\| review\[topic=tests\]: \(failed\)/,
    /at most 3 findings/,
  ])
    assert.match(prompt, line);
});

test("parts are changed in worktrees of their own, and brought together", async (t) => {
  const w = await workflowWorker(
    t,
    {
      "Find the files": [answer({ files: ["a.txt", "b.txt"] }), step.text("Found.")],
      'in the file "a.txt"': [step.bash("echo new > a.txt && git commit -qam a"), step.text("Changed a.")],
      'in the file "b.txt"': [step.bash("echo new > b.txt && git commit -qam b"), step.text("Changed b.")],
      "Each of these tasks": [
        step.bash(
          "for branch in $(git branch --list 'cw/*change*' --format '%(refname:short)'); do git merge -q --no-edit $branch || exit 1; done",
        ),
        step.text("Merged."),
      ],
    },
    { files: { "a.txt": "old\n", "b.txt": "old\n" } },
  );
  await w.start();
  const { id } = await w.begin(example("map-reduce-refactor"), [
    "change=say new",
    "check=grep -q new a.txt b.txt && ! grep -q old a.txt b.txt",
  ]);
  const view = await w.runUntil(id);
  assert.equal(view.status, "completed", JSON.stringify(w.states(view)));
  const at = async (key: string) => await w.client.getTask({ id: view.tasks.find((task) => task.key === key)?.id ?? 0 });
  const reduce = await at("reduce");
  const changed = [await at("change[1]"), await at("change[2]")];
  for (const { workspace } of changed) assert.ok(reduce.rendered_prompt?.includes(workspace?.branch ?? "?"), reduce.rendered_prompt ?? "");
  const text = (name: string) => w.git("show", `${reduce.workspace?.branch ?? ""}:${name}`);
  assert.deepEqual([text("a.txt"), text("b.txt")], ["new", "new"]);
  assert.equal(w.git("show", `${changed[0]?.workspace?.branch ?? ""}:b.txt`), "old", "each task had a worktree of its own");
  assert.equal(w.git("status", "--porcelain"), "");
});

test("a release is built, tested, approved by a person, and published", async (t) => {
  const w = await workflowWorker(t, {
    "Set the version": [step.bash("echo 2.4 > version.txt && git add . && git commit -qm 'Release 2.4'"), step.text("Built.")],
    "Run the tests on Node": [step.bash("cat version.txt > /dev/null"), step.text("All pass.")],
    "Write the notes": [step.text("Faster imports.")],
    "Tag the commit": [step.bash("git tag v2.4"), step.text("Published.")],
  });
  await w.start();
  const { id } = await w.begin(example("release-pipeline"), ["version=2.4", "node=24"]);
  const question = await until("the question", async () => (await w.client.listQuestions({ status: ["open"] })).questions[0]);
  assert.match(question.text, /^Publish 2\.4 from the branch release-2\.4\?/);
  const waiting = await w.client.getWorkflow({ workflow: id });
  assert.deepEqual(w.states(waiting), {
    build: "completed",
    "test[1]": "completed",
    test: "completed",
    notes: "completed",
    ask: "waiting",
    publish: "pending",
  });
  assert.equal(w.git("tag"), "", "nothing is published before a person says so");
  assert.equal((await w.cli(["answer", `q${question.id}`, "allow"])).code, 0);
  const view = await w.runUntil(id);
  assert.equal(view.status, "completed");
  assert.equal(w.git("rev-parse", "v2.4"), w.git("rev-parse", "release-2.4"), "what was built is what is tagged");
  const publish = await w.client.getTask({ id: view.tasks.find(({ key }) => key === "publish")?.id ?? 0 });
  assert.match(publish.rendered_prompt ?? "", /"Faster imports\."/);
});

test("a check that fails is repaired until it passes", async (t) => {
  const w = await workflowWorker(
    t,
    {
      "and say in a sentence": [step.text("It does not pass.")],
      "Repair the code": [step.bash("echo green > state.txt"), step.text("Repaired.")],
      "Commit what was repaired": [step.bash("git commit -qam 'Make it green'"), step.text("Committed.")],
    },
    { files: { "state.txt": "red\n", "test/check": "grep -q green state.txt\n" } },
  );
  await w.start();
  const { id } = await w.begin(example("fix-until-green"), ["check=sh test/check"]);
  const view = await w.runUntil(id, ({ tasks }) => tasks.find(({ key }) => key === "explain")?.status === "completed");
  assert.deepEqual(w.states(view), { check: "failed", fix: "completed", explain: "completed" });
  const [shared] = (await w.client.listWorkspaces()).workspaces;
  assert.equal(w.git("log", "-1", "--format=%s", shared?.branch ?? ""), "Make it green");
  assert.equal(w.git("show", `${shared?.branch ?? ""}:state.txt`), "green");

  // Where the check passes, nothing is repaired.
  w.git("merge", "-q", shared?.branch ?? "");
  const again = await w.begin(example("fix-until-green"), ["check=sh test/check"]);
  const green = await w.runUntil(again.id);
  assert.deepEqual(w.states(green), { check: "completed", fix: "skipped", explain: "skipped" });
  assert.equal(green.status, "completed");
});

test("every example is in a test", () => {
  const names = readdirSync(path.join(repositoryRoot, "examples", "workflows"));
  assert.deepEqual(names.toSorted(), ["fan-out-review.yaml", "fix-until-green.yaml", "map-reduce-refactor.yaml", "release-pipeline.yaml"]);
});
