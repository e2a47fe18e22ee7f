import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { moveForward, requireClean } from "../../src/git/checkout.ts";
import { Git } from "../../src/git/git.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { planMove } from "../../src/git/move-plan.ts";
import { Objects } from "../../src/git/objects.ts";
import { openRepository } from "../../src/git/repository.ts";
import { gitRepository } from "../../testing/git-repository.ts";

for (const isMoved of [false, true]) {
  const when = isMoved ? "after" : "before";
  test(`a git that is killed ${when} it moves the branch leaves nothing half done`, async (t) => {
    const { git, write, read, top, env, place } = gitRepository(t);
    write("a", "two\n");
    write("new", "new\n");
    git("add", ".");
    git("commit", "-qm", "second");
    const [first, second] = [git("rev-parse", "HEAD^"), git("rev-parse", "HEAD")];
    git("reset", "-q", "--hard", first);
    const real = execFileSync("/bin/sh", ["-c", "command -v git"], { env, encoding: "utf8" }).trim();
    const move = isMoved ? `${real} update-ref HEAD ${second}` : ":";
    const script = `case "$*" in *--ff-only*) cd ${top}; ${real} read-tree -m -u HEAD ${second}; ${move}; kill -9 $$;; esac\nexec ${real} "$@"`;
    const fake = place.file("bin/git", `#!/bin/sh\n${script}\n`);
    chmodSync(fake, 0o755);
    const program = new GitProgram({ ...env, PATH: `${path.dirname(fake)}:${env["PATH"] ?? ""}` });
    const repository = await openRepository(new Git(program, top));
    const plan = await planMove(new Objects(program, path.join(top, ".git")), top, first, second);
    await moveForward(repository, await requireClean(repository), { commit: second, plan, index: path.join(place.home, "index") });
    assert.deepEqual(
      [git("rev-parse", "main"), git("symbolic-ref", "HEAD"), git("status", "--porcelain")],
      [second, "refs/heads/main", ""],
    );
    assert.deepEqual([read("a"), read("new")], ["two\n", "new\n"]);
  });
}

test("a git that is killed with HEAD locked leaves the checkout as it was", async (t) => {
  const { git, write, read, top, env, place } = gitRepository(t);
  write("a", "two\n");
  write("new", "new\n");
  git("add", ".");
  git("commit", "-qm", "second");
  const [first, second] = [git("rev-parse", "HEAD^"), git("rev-parse", "HEAD")];
  git("reset", "-q", "--hard", first);
  const real = execFileSync("/bin/sh", ["-c", "command -v git"], { env, encoding: "utf8" }).trim();
  const script = `case "$*" in *--ff-only*) cd ${top}; ${real} read-tree -m -u HEAD ${second}; : > .git/HEAD.lock; kill -9 $$;; esac\nexec ${real} "$@"`;
  const fake = place.file("bin/git", `#!/bin/sh\n${script}\n`);
  chmodSync(fake, 0o755);
  const program = new GitProgram({ ...env, PATH: `${path.dirname(fake)}:${env["PATH"] ?? ""}` });
  const repository = await openRepository(new Git(program, top));
  const plan = await planMove(new Objects(program, path.join(top, ".git")), top, first, second);
  const move = { commit: second, plan, index: path.join(place.home, "index") };
  await assert.rejects(
    moveForward(repository, await requireClean(repository), move),
    /HEAD\.lock exists\. When no git runs there, delete that file/,
  );
  assert.deepEqual([git("rev-parse", "main"), git("status", "--porcelain"), read("a")], [first, "", "a\n"]);
});
