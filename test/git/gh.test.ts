import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ghProgram } from "../../src/git/gh.ts";
import { gitRepository } from "../../testing/git-repository.ts";

test("gh gets no program of the repository, and none from a relative PATH", async (t) => {
  const r = gitRepository(t);
  const mark = r.file("../ran");
  for (const name of ["monitor", ".git/gh"]) {
    writeFileSync(r.file(name), `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(r.file(name), 0o755);
  }
  r.git("config", "core.fsmonitor", r.file("monitor"));
  r.git("config", "core.hooksPath", r.top);
  r.place.file("bin/gh", '#!/bin/sh\ngit status --porcelain > /dev/null; git rev-parse --git-dir; cat; echo "$PATH"\n');
  const bin = path.join(r.place.directory, "bin");
  chmodSync(path.join(bin, "gh"), 0o755);
  const gh = ghProgram({ ...r.env, PATH: `.::${bin}:${process.env["PATH"] ?? ""}`, GIT_DIR: "/nowhere", GH_REPO: "mallory/x" }, "here");
  const said = await gh(["pr", "list"], { repository: r.file(".git"), input: "words\n" });
  assert.match(said, new RegExp(`^${r.file(".git")}\nwords\n${bin}:`));
  assert.equal(existsSync(mark), false);
});

test("what keeps gh from an answer is one sentence, where a person calls it, too", async (t) => {
  const r = gitRepository(t);
  const bin = path.join(r.place.directory, "bin");
  const gh = ghProgram({ ...r.env, PATH: `${bin}:/usr/bin:/bin` }, "here");
  const says = async (script: string, sentence: RegExp): Promise<void> => {
    r.place.file("bin/gh", `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(bin, "gh"), 0o755);
    await assert.rejects(gh(["pr", "list"], { repository: r.file(".git"), timeoutMs: 3_000 }), { message: sentence });
  };
  await says("exit 4", /^gh is not signed in here\. Sign in: gh auth login$/);
  await says("yes", /^gh pr list said more than 8 MB\.$/);
  await says("trap '' TERM; sleep 100 & wait; sleep 100", /^gh pr list took longer than 3 s and was ended\.$/);
  await says("printf 'a\\033[2Jb' >&2; exit 1", /^gh pr list failed: a\\?.*b$/);
});
