/** Loops with the real Claude Code: until a command passes, and for the best score. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("Claude goes on in one session until the command passes", async (t) => {
  const w = await worker(t, {
    "count to three": [step.write("count.txt", "1\n"), step.text("One.")],
    "count one more": [step.bash("echo $(( $(cat count.txt) + 1 )) > count.txt"), step.text("One more.")],
    "iteration 1 of at most 5": [step.write("count.txt", "2\n"), step.text("Two.")],
    "iteration 2 of at most 5": [step.write("count.txt", "3\n"), step.text("Three.")],
  });
  plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, ["init", "-q"]);
  await w.start();
  const until = "grep -q 3 count.txt || { echo it says $(cat count.txt); exit 1; }";
  const { id } = await w.submit("Please count to three", { until, max_iterations: 5 });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, result: "Three.", loop: { iteration: 3, of: 5 } });
  assert.partialDeepStrictEqual(task.iterations, [
    { number: 1, state: "unfinished", exit_code: 1, output_tail: "it says 1", session_id: task.session_id },
    { number: 2, state: "unfinished", exit_code: 1, output_tail: "it says 2", session_id: task.session_id },
    { number: 3, state: "passed", exit_code: 0, session_id: task.session_id },
  ]);
  assert.equal(task.verification[0]?.tree, task.iterations[2]?.tree);

  // The same in fresh sessions, which know the prompt and what the last one left.
  w.place.file("work/count.txt", "0\n");
  const fresh = await w.submit("Please count one more", { until, max_iterations: 5, iteration_context: "fresh", allow: ["Bash"] });
  const apart = await w.ended(fresh.id);
  assert.partialDeepStrictEqual(apart, { status: "completed", result: "One more.", loop: { iteration: 3, of: 5 } });
  assert.equal(new Set(apart.iterations.map(({ session_id }) => session_id)).size, 3);
});

test("the best of Claude's iterations stands, in a worktree of its own", async (t) => {
  const w = await worker(t, {
    "make it small": [step.write("size.txt", "xxx\n"), step.text("Three.")],
    "(iteration 1 of at most 3)": [step.write("size.txt", "x\n"), step.text("One.")],
    "(iteration 2 of at most 3)": [step.write("size.txt", "xxxxxx\n"), step.write("more.txt", "more\n"), step.text("Six.")],
  });
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();
  const flags = ["--worktree", "--score", "wc -c < size.txt", "--minimize", "--max-iterations", "3", "--verify", "@there [ -s size.txt ]"];
  assert.equal((await w.cli(["run", "-d", w.place.work, "Please make it small", ...flags])).code, 0);
  const task = await w.ended(1);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, result: "One.", loop: { best: { iteration: 2, score: 2 } } });
  assert.deepEqual(
    task.iterations.map(({ score, best, kept }) => [score, best, kept]),
    [
      [4, false, false],
      [2, true, true],
      [7, false, false],
    ],
  );
  const place = task.workspace?.path ?? "";
  assert.equal(readFileSync(path.join(place, "size.txt"), "utf8"), "x\n");
  assert.equal(existsSync(path.join(place, "more.txt")), false, "what the best iteration did not have is gone");
  assert.equal(existsSync(path.join(w.place.work, "size.txt")), false, "the checkout is as it was");
  assert.match((await w.cli(["show", "1"])).stdout, /✔ completed · verified[\s\S]*✔ 2 of 3  passed · score 2 · best · its files stand/);
});

test("a judge is a session of Claude of its own, which has no tools", async (t) => {
  const judgement = (passed: boolean, reason: string) => step.tool("StructuredOutput", { passed, reasons: [reason] });
  const w = await worker(t, {
    "Judge whether the work meets": (messages) =>
      JSON.stringify(messages).includes("+hello there") ? judgement(true, "It is friendly.") : judgement(false, "It is unfriendly."),
    "write a greeting": [step.write("greeting.txt", "go away\n"), step.text("Written.")],
    "does not meet the criteria": [step.write("greeting.txt", "hello there\n"), step.text("Fixed.")],
  });
  plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, ["init", "-q"]);
  await w.start();
  const { id } = await w.submit("Please write a greeting", { judge: "The greeting is friendly." });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, result: "Fixed.", attempts: 2 });
  assert.partialDeepStrictEqual(task.verification, [{ name: "@judge", passed: true, tries: 2, output_tail: "It is friendly." }]);
  assert.match(task.messages[0]?.text ?? "", /It is unfriendly\./);
});
