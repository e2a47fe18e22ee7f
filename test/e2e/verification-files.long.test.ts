/** Verification and files: those that must not change, and checks of other files than the last. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "../reliability/setup.ts";
import type { FastWorker } from "../reliability/setup.ts";

/** A repository with a committed test. @returns git as a person runs it there. */
function repository(w: FastWorker, name: string) {
  const directory = w.place.workdir(name);
  const git = (...args: string[]): string => plainGit(directory, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  mkdirSync(path.join(directory, "test"));
  writeFileSync(path.join(directory, "test", "one"), "expects 1\n");
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  return { directory, git };
}

test("a change of protected files is a failed verification, however it was made", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { directory } = repository(w, "edited");
  const edited = await w.submit("steps 1 append test/one", {
    working_directory: directory,
    protect: ["test/**"],
    verify: ["true"],
    verify_tries: 2,
  });
  const task = await w.ended(edited.id);
  assert.partialDeepStrictEqual(task, {
    status: "failed",
    attempts: 2,
    error: { code: "protected_files_changed", retryable: false },
    verification: [
      { name: "@protect", command: "test/**", state: "failed", passed: false, output_tail: "M test/one", tries: 2 },
      { name: "true", state: "passed", passed: true },
    ],
  });
  assert.match(task.error?.message ?? "", /protected files were changed \(test\/one\)/);
  assert.match(task.messages[0]?.text ?? "", /These must stay as they were: test\/\*\*\. Put them back\.[\s\S]*M test\/one/);
  // Only a person can allow it: by taking the protection away.
  assert.equal((await w.cli(["retry", String(edited.id), "--resume", "--protect", "@none"])).code, 0);
  assert.partialDeepStrictEqual(await w.ended(edited.id), { status: "completed", verified: true, protect: [] });

  // A commit, and a file that git is made to overlook, are changes, too.
  for (const [name, how] of [
    ["committed", "echo 2 > test/one; git add .; git -c user.name=x -c user.email=x@localhost commit -qm x"],
    ["hidden", "git update-index --assume-unchanged test/one; echo 2 > test/one"],
    ["added", "echo 1 > test/two"],
  ] as const) {
    const place = repository(w, name);
    const prompt = `steps 1 spawn "${how}; touch done" until done`;
    const { id } = await w.submit(prompt, { working_directory: place.directory, protect: ["test/**"], verify_tries: 1 });
    assert.partialDeepStrictEqual(await w.ended(id), { status: "failed", error: { code: "protected_files_changed" } }, name);
  }
  await assert.rejects(w.submit("steps 1", { protect: ["test/**"] }), { message: /needs a git repository/ });
});

test("what failed before the task is said wherever it fails again", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const verify = ["@old echo run >> old; exit 3", "@new [ ! -e steps.txt ]"];
  const { id } = await w.submit("steps 1 append steps.txt", { verify, verify_baseline: true, verify_tries: 2 });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, {
    error: { code: "verification_failed" },
    verification: [
      { name: "old", state: "failed", tries: 2, baseline: { state: "failed", exit_code: 3 } },
      { name: "new", state: "failed", tries: 2, baseline: { state: "passed", exit_code: 0 } },
    ],
  });
  assert.match(task.error?.message ?? "", /old ended with exit code 3, as before the task; new ended with exit code 1\./);
  assert.match(task.messages[0]?.text ?? "", /old ended with exit code 3, as before the task\./);
  // A kill before Claude begins runs the rest of it again, and nothing twice that was noted.
  w.trap("verify.ended");
  const killed = await w.submit("steps 1", { verify: ["@one echo run >> one", "@two echo run >> two"], verify_baseline: true });
  await w.felled("verify.ended");
  const again = await w.ended(killed.id);
  assert.partialDeepStrictEqual(again, {
    status: "completed",
    verification: [{ baseline: { state: "passed" } }, { baseline: { state: "passed" } }],
  });
  await assert.rejects(w.submit("steps 1", { verify_baseline: true }), { message: /verify_baseline has no command to run/ });
  await assert.rejects(w.submit("steps 1", { workspace_kind: "worktree", worktree_base: " " }), { message: /worktree_base/ });
  const before = await w.submit("steps 1000 delay 50", { verify: ["sleep 1000"], verify_baseline: true });
  await w.until(before.id, ({ phase }) => phase === "verifying");
  await w.client.cancelTask({ id: before.id });
  assert.partialDeepStrictEqual(await w.ended(before.id), { status: "cancelled", num_turns: 0 });
});

test("a check that passed with other files is stale, and said", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { directory } = repository(w, "changing");
  const verify = ["@first true", "@formats echo formatted >> src"];
  const { id } = await w.submit("steps 1", { working_directory: directory, verify });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, {
    status: "completed",
    verified: false,
    attention: [{ kind: "changed_since_verified", count: 2, detail: "first; formats" }],
    verification: [
      { name: "first", state: "passed", passed: false, stale: true },
      { name: "formats", state: "passed", passed: false, stale: true },
    ],
  });
  const { id: clean } = await w.submit("steps 1 append src", { working_directory: directory, verify: ["@first true"] });
  assert.partialDeepStrictEqual(await w.ended(clean), { verified: true, attention: [], verification: [{ stale: false }] });
});
