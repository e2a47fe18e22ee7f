/** A judge of the work: what it says is evidence, and what it does not say is not a pass. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker, storyOf } from "../reliability/setup.ts";
import type { FastWorker } from "../reliability/setup.ts";

function repository(w: FastWorker, name: string): string {
  const directory = w.place.workdir(name);
  const git = (...args: string[]): string => plainGit(directory, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "first");
  return directory;
}

test("a judge sees the work once all else passed, and its reasons go back", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const directory = repository(w, "judged");
  const verify = [
    "@enough [ $(wc -l < work.txt) -ge 2 ] || { echo more 1 wanted; exit 1; }",
    "@late [ $(wc -l < work.txt) -lt 3 ] || touch .git/good",
  ];
  const { id } = await w.submit("steps 1 append work.txt", { working_directory: directory, verify, judge: ".git/good" });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, {
    status: "completed",
    verified: true,
    attempts: 3,
    verification: [
      { name: "enough" },
      { name: "late" },
      { name: "@judge", command: ".git/good", passed: true, tries: 2, output_tail: "It is there." },
    ],
  });
  assert.match(
    task.messages[1]?.text ?? "",
    /the judge found that the work does not meet the criteria[\s\S]*The criteria: \.git\/good[\s\S]*good is missing/,
  );
  const [first = ""] = readFileSync(path.join(directory, ".git", "judged"), "utf8").split("Judge whether");
  assert.match(
    first,
    /steps 1 append work\.txt[\s\S]*All steps are done\.[\s\S]*enough passed[\s\S]*\+\+\+ b\/work\.txt\n@@ -0,0 \+1,2 @@\n\+1\n\+2\n/,
  );
  assert.equal(task.usage?.["judge"]?.cost_usd, 1, "both judgements are paid for");
  assert.ok((task.cost_usd ?? 0) > 1);
  const ended = (await storyOf(w, id)).flatMap(({ type, data }) => (type === "verify_ended" && data.name === "@judge" ? [data] : []));
  assert.deepEqual(
    ended.map(({ state, cost_usd }) => [state, cost_usd]),
    [
      ["failed", 0.5],
      ["passed", 0.5],
    ],
  );
});

test("work that a judge refuses fails, and a judge that is silent is not a pass", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const refused = await w.submit("steps 1", { working_directory: repository(w, "refused"), judge: "good", verify_tries: 2 });
  const task = await w.ended(refused.id);
  assert.partialDeepStrictEqual(task, { status: "failed", attempts: 2, error: { code: "verification_failed" } });
  assert.match(task.error?.message ?? "", /the judge found that the work does not meet the criteria \(--judge\)/);
  const silent = await w.submit("steps 1", { working_directory: repository(w, "silent"), judge: "good hush" });
  assert.partialDeepStrictEqual(await w.ended(silent.id), {
    status: "failed",
    attempts: 3,
    error: { code: "verify_unavailable" },
    verification: [{ name: "@judge", state: "unavailable", passed: false }],
  });
  const directory = repository(w, "unasked");
  const broken = await w.submit("steps 1", { working_directory: directory, verify: ["false"], verify_tries: 1, judge: "good" });
  assert.partialDeepStrictEqual(await w.ended(broken.id), {
    error: { code: "verification_failed" },
    verification: [{}, { state: "pending" }],
  });
  assert.equal(existsSync(path.join(directory, ".git", "judged")), false, "it is not asked about work that failed already");
  await assert.rejects(w.submit("steps 1", { judge: "good" }), { message: /^judge needs a git repository/ });
});
