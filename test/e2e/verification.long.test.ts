/** Verification with the real Claude Code: what fails goes back, what passes is evidence. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("Claude fixes what a command found, and the work is verified", async (t) => {
  const w = await worker(t, {
    "write the greeting": [step.write("greeting.txt", "good bye\n"), step.text("Written.")],
    "commands that decide": [step.write("greeting.txt", "hello\n"), step.text("Fixed.")],
    "give up": [step.text("I cannot.")],
  });
  const file = path.join(w.place.work, "greeting.txt");
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q");
  await w.start();
  const verify = ["@greets grep hello greeting.txt || { echo '@greeting.txt has no hello'; exit 1; }"];
  const { id } = await w.submit("Please write the greeting", { verify });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, result: "Fixed.", attempts: 2 });
  assert.partialDeepStrictEqual(task.verification, [
    { name: "greets", state: "passed", passed: true, exit_code: 0, tries: 2, output_tail: "hello", stale: false },
  ]);
  git("add", "-A");
  assert.equal(task.verification[0]?.tree, git("write-tree"), "the files that the result is true for");
  const { session_id } = task;
  const { attempts } = await w.client.listAttempts({ id });
  assert.deepEqual(
    attempts.map((attempt) => [attempt.session_id, attempt.outcome?.kind]),
    [
      [session_id, "verification_failed"],
      [session_id, "succeeded"],
    ],
  );
  const said = task.messages[0];
  assert.partialDeepStrictEqual(said, { status: "done", sent_by: "verification" });
  assert.match(said?.text ?? "", /greets ended with exit code 1[\s\S]*@greeting\.txt has no hello/);
  assert.equal(readFileSync(file, "utf8"), "hello\n");
  const shown = await w.cli(["show", String(id)]);
  assert.match(shown.stdout, /✔ completed · verified/);
  assert.match(shown.stdout, /\nVerification\n {2}✔ greets {2}passed · .*\n/);
  assert.match(
    (await w.cli(["logs", String(id)])).stdout,
    /\[verify\] greets ended with exit code 1 after .*\n.* {2}@greeting\.txt has no hello/,
  );
  assert.equal((await w.cli(["wait", String(id)])).code, 0);

  // Work that never passes fails with what the command said, and can be verified again.
  const stubborn = await w.submit("Please give up", { verify: ["[ -e fixed ] || { echo not fixed; exit 4; }"], verify_tries: 1 });
  const failed = await w.ended(stubborn.id);
  assert.partialDeepStrictEqual(failed, { status: "failed", verified: false, error: { code: "verification_failed", retryable: false } });
  assert.equal(failed.result, "I cannot.", "what Claude said stays");
  assert.match(failed.error?.message ?? "", /ended with exit code 4\. The end of the output:\nnot fixed$/);
  assert.equal((await w.cli(["wait", String(stubborn.id)])).code, 1);
  const calls = w.model.requests().length;
  w.place.file("work/fixed", "");
  assert.equal((await w.cli(["retry", String(stubborn.id), "--resume"])).code, 0);
  assert.partialDeepStrictEqual(await w.ended(stubborn.id), { status: "completed", verified: true, result: "I cannot." });
  assert.equal(w.model.requests().length, calls, "the model is not asked again");
  assert.ok(existsSync(file));
});
