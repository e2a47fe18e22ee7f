import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";

test("what Claude Code changes is kept, and checkpoints lists it", async (t) => {
  const w = await worker(t, {
    "write the greeting": [step.write("hello.txt", "hello\n"), step.bash("git add . && git commit -qm hello"), step.text("Done.")],
    "look around": [step.text("Nothing to do.")],
  });
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: w.place.work, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  git("config", "user.name", "A Person");
  git("config", "user.email", "person@localhost");
  writeFileSync(path.join(w.place.work, "mine"), "a person's\n");
  await w.start();
  const { id } = await w.submit("write the greeting", { permission_mode: "acceptEdits", allow: ["Bash"] });
  const { workspace, status } = await w.ended(id);
  assert.equal(status, "completed");
  const { repository, ...known } = workspace ?? { repository: null };
  assert.deepEqual(
    [repository, known],
    [
      path.join(w.place.work, ".git"),
      {
        kind: "in_place",
        state: null,
        path: w.place.work,
        branch: "main",
        base_commit: null,
        head_commit: git("rev-parse", "HEAD"),
        changed_files: 1,
        insertions: 1,
        deletions: 0,
        dirty: false,
        no_snapshots: null,
        applied: null,
        ports: [],
        setup: null,
      },
    ],
  );
  const { checkpoints } = await w.client.listCheckpoints({ id });
  assert.deepEqual([checkpoints[0]?.reason, checkpoints[0]?.turn, checkpoints[0]?.changed_files], ["start", 0, 0]);
  assert.deepEqual([checkpoints.at(-1)?.changed_files, checkpoints.at(-1)?.attempt], [1, 1]);
  assert.equal(git("show", `${checkpoints.at(-1)?.ref}:hello.txt`), "hello");
  const lines = (await w.cli(["checkpoints", String(id)])).stdout.trim().split("\n");
  assert.match(lines[0] ?? "", /^1\t0\tstart\t[^\t]+\t0\t0\t0\t[0-9a-f]{40}\t0$/);
  assert.equal(lines.length, checkpoints.length);

  const { id: other } = await w.submit("look around", { working_directory: w.place.workdir("plain") });
  await w.ended(other);
  const { stdout, stderr } = await w.cli(["checkpoints", String(other)]);
  assert.equal(stdout, "");
  assert.match(stderr, /No snapshots here: .*plain is not in a git repository/);
});
