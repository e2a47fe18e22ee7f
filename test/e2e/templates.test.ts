import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";

test("a template is stored, changed, used and removed on the command line", async (t) => {
  const w = await worker(t, { "Review the branch next": [step.text("Fine.")] });
  await w.start();
  const cli = async (...words: string[]) => await w.cli(words);
  writeFileSync(path.join(w.place.work, "review.md"), "Review the branch {{ vars.branch }} of {{ user.name }}\n");
  const added = await cli(
    "template",
    "add",
    "review",
    "--file",
    "review.md",
    "--default",
    "branch=main",
    "--",
    "--model",
    "opus",
    "--label",
    "kind=review",
  );
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, /Template review is stored\. Use it: claude-worker run --template review/);
  assert.equal((await cli("template", "list")).stdout, "review\tbranch=main\tReview the branch {{ vars.branch }} of {{ user.name }}\n");
  assert.match(
    (await cli("template", "edit", "review", "--remove-default", "branch", "--unset", "model", "--", "--priority", "3")).stdout,
    /is changed/,
  );
  assert.match(
    (await cli("template", "show", "review")).stdout,
    /Variables: branch\nOptions:\n {2}labels: .*\n {2}priority: 3\nPrompt:\n {2}Review the branch/,
  );
  for (const [words, pattern] of [
    [["run", "--template", "review"], /needs "branch"\. Give --var branch=…/],
    [["run", "--template", "reviw", "--var", "branch=x"], /There is no template reviw\. Did you mean "review"\?/],
    [["run", "--template", "review", "a prompt", "--var", "branch=x"], /The template review has the prompt/],
    [["run", "a prompt", "--var", "branch=x"], /--var belongs to a template/],
    [["run", "--template", "review", "--var", "branch"], /--var needs a name and a value/],
    [["template", "add", "review2"], /The template has no prompt/],
    [["template", "add", "review2", "--", "x", "--watch"], /A template has no --watch/],
    [["template", "add", "9", "--", "x"], /must begin with a letter/],
  ] as const) {
    const { code, stderr } = await cli(...words);
    assert.notEqual(code, 0, words.join(" "));
    assert.match(stderr, pattern);
    assert.ok(!stderr.includes("    at "), stderr);
  }
  const id = Number((await cli("run", "--template", "review", "--var", "branch=next")).stdout);
  const task = await w.ended(id);
  assert.deepEqual([task.result, task.priority, task.labels, task.working_directory], ["Fine.", 3, { kind: "review" }, w.place.work]);
  assert.equal(task.rendered_prompt?.trim(), "Review the branch next of {{ user.name }}");
  assert.match((await cli("template", "rm", "review")).stdout, /is removed/);
});
