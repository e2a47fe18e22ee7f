import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";

test("Claude Code gets the comments of a review, and they end as what became of them", async (t) => {
  const code = "export const one = 1;\nexport const two = 3;\nexport const three = 3;\n";
  const w = await worker(t, {
    "count to three": [step.write("count.js", code), step.text("Counted.")],
    "Comment c1 on count.js": [
      step.edit("count.js", "two = 3", "two = 2"),
      step.edit("count.js", "export const one", "// Numbers.\nexport const one"),
      step.text("c1: two is 2 now. c2: three is right."),
    ],
    "Comment c3 on count.js": [step.bash("exit 3"), step.text("It stays.")],
  });
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  writeFileSync(path.join(w.place.work, "README"), "An example\n");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  await w.start();
  const { id } = await w.submit("count to three", { workspace_kind: "worktree", permission_mode: "acceptEdits" });
  await w.ended(id);
  const command = ["review", String(id)];
  const wrong = await w.cli([...command, "--comment", "README:1: What is this?"]);
  assert.match(wrong.stderr, /The difference has no file README\./, "the task did not change it");
  const written = await w.cli([
    ...command,
    "--comment",
    "count.js:2: Two is not 3. See @count.js",
    "--comment",
    "count.js:3: Is this right?",
  ]);
  assert.equal(written.stdout, "Comment c1 on count.js:2 is open.\nComment c2 on count.js:3 is open.\n");
  const sent = await w.cli([...command, "--send"]);
  assert.match(sent.stdout, /^Task 1 continues with message m1: c1, c2\./);
  const task = await w.until(id, ({ attempts, ended_at: ended }) => attempts === 2 && ended !== null);
  assert.deepEqual([task.status, task.result], ["completed", "c1: two is 2 now. c2: three is right."]);
  assert.equal(readFileSync(path.join(task.workspace?.path ?? "", "count.js"), "utf8").split("\n")[2], "export const two = 2;");
  assert.equal(
    (await w.cli([...command, "--list"])).stdout,
    ["c1\toutdated\tcount.js:2\tsocket\tTwo is not 3. See @count.js", "c2\thandled\tcount.js:4\tsocket\tIs this right?", ""].join("\n"),
  );
  const { comments } = await w.client.getReview({ id });
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  const handled = events.filter(({ type }) => type === "comment_handled").map(({ data }) => data);
  assert.deepEqual(handled, [{ comment: 1 }, { comment: 2 }], "the story says once of each that the attempt took it");
  assert.partialDeepStrictEqual(comments, [
    { message: 1, position: null },
    { message: 1, position: { path: "count.js", line: 4 } },
  ]);

  // A message that waits has its comment until it is taken back, or delivered.
  await w.client.hold({ reason: "so that it waits" });
  await w.cli([...command, "--comment", "count.js:1: Why this comment?", "--send"]);
  assert.deepEqual((await w.client.getReview({ id })).comments.at(-1)?.state, "sent");
  await w.cli(["cancel", String(id)]);
  assert.equal((await w.client.getReview({ id })).comments.at(-1)?.state, "open", "the cancelled task never got it");
});
