/** Loops with the real Claude Code: what the command says goes back, until it passes. */
import assert from "node:assert/strict";
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
