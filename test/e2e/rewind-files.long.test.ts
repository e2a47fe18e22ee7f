/** A rewind with files: they are as they were after the turn, in place and in a worktree. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

/** Waits for the snapshot after turn 1. */
const afterFirst = "until [ $(git for-each-ref refs/claude-worker | wc -l) -ge 2 ]; do sleep 0.05; done";
const script = {
  "port the importer": [step.write("app.txt", "two\n"), step.bash(`${afterFirst}; echo new > new.txt`), step.text("Ported.")],
  "another way": [step.write("other.txt", "other\n"), step.text("Done.")],
};

/** A task in a repository that has written `app.txt` in turn 1, and `new.txt` in turn 2. */
async function ported(w: TestWorker, more: string[] = []): Promise<{ id: number; file: (name: string) => string | null; top: string }> {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: w.place.work, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  w.place.file("work/app.txt", "one\n");
  git("add", ".");
  git("-c", "user.name=A Person", "-c", "user.email=person@localhost", "commit", "-qm", "first");
  await w.start();
  const id = Number((await w.cli(["run", "port the importer", "--allow", "Bash", ...more])).stdout);
  const { status, workspace, error } = await w.ended(id);
  assert.equal(status, "completed", JSON.stringify(error));
  const top = workspace?.path ?? "";
  const file = (name: string) => (existsSync(path.join(top, name)) ? readFileSync(path.join(top, name), "utf8") : null);
  assert.deepEqual([file("app.txt"), file("new.txt")], ["two\n", "new\n"]);
  return { id, file, top };
}

for (const [where, more] of [
  ["in place", []],
  ["in a worktree", ["--worktree"]],
] as const) {
  test(`a rewind puts the files back to a turn, and brings them again (${where})`, async (t) => {
    const w = await worker(t, script);
    const { id, file } = await ported(w, [...more]);
    const plan = await w.cli(["rewind", String(id), "--to", "1", "--dry-run"]);
    assert.deepEqual([plan.code, plan.stdout, file("new.txt")], [0, "remove new.txt\n", "new\n"]);
    assert.equal((await w.client.getTask({ id })).rewound, null);

    const back = await w.cli(["rewind", String(id), "--to", "1"]);
    assert.match(back.stdout, /^Task 1 is back at turn 1\. 1 file is as it was then \(before: claude-worker restore 1 \d+\)\. Continue: /);
    assert.deepEqual([file("app.txt"), file("new.txt")], ["two\n", null]);
    await w.client.sendMessage({ id, text: "another way" });
    await w.until(id, ({ ended_at, attempts }) => ended_at !== null && attempts === 2);
    assert.deepEqual([file("app.txt"), file("new.txt"), file("other.txt")], ["two\n", null, "other\n"]);

    const forth = await w.client.rewindTask({ id, to: 3 });
    assert.equal(forth.files_put_back?.changed_files, 2);
    assert.deepEqual([file("app.txt"), file("new.txt"), file("other.txt")], ["two\n", "new\n", null]);
    await w.client.rewindTask({ id, to: 5 });
    assert.deepEqual([file("app.txt"), file("new.txt"), file("other.txt")], ["two\n", null, "other\n"]);
    const fork = await w.client.forkTask({ id, prompt: "another way", at: 3 });
    const forked = (await w.ended(fork.id)).workspace?.path ?? "";
    assert.equal(existsSync(path.join(forked, "new.txt")), more.length > 0, "a fork's worktree has the files of the turn");
  });
}

test("a rewind refuses over a person's later changes, unless it is told", async (t) => {
  const w = await worker(t, script);
  const { id, file, top } = await ported(w);
  writeFileSync(path.join(top, "new.txt"), "a person's\n");
  const refused = await w.cli(["rewind", String(id), "--to", "1"]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /Others than task 1 have changed these files since: new\.txt\..* claude-worker rewind 1 --to 1 --keep-files/s,
  );
  const { rewound, session_id: session } = await w.client.getTask({ id });
  assert.deepEqual([rewound, file("new.txt")], [null, "a person's\n"], "nothing is changed");
  const kept = await w.cli(["rewind", String(id), "--to", "1", "--keep-files"]);
  assert.match(kept.stdout, /^Task 1 is back at turn 1\. Its files stay as they are\. Continue: /);
  assert.notEqual((await w.client.getTask({ id })).session_id, session);
  assert.equal(file("new.txt"), "a person's\n");
  const forced = JSON.parse((await w.cli(["rewind", String(id), "--to", "1", "--force", "--json"])).stdout) as Record<string, unknown>;
  assert.partialDeepStrictEqual(forced, { files_put_back: { removed: ["new.txt"], changed_files: 1 }, files_kept: null });
  assert.equal(file("new.txt"), null);
});
