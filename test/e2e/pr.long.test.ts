import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";

/** Stands for gh: notes its words and its input, and knows one pull request once it made it. */
const standIn = `#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
case "$2" in
  list)
    fork='{"number":9,"url":"https://example.com/pull/9","isCrossRepository":true,"headRepositoryOwner":{"login":"mallory"}}'
    own='{"number":7,"url":"https://example.com/pull/7","isCrossRepository":false}'
    if [ -e "$here/open" ]; then echo "[$fork,$own]"; else echo "[$fork]"; fi ;;
  create) cat > "$here/body"; touch "$here/open"; echo https://example.com/pull/7 ;;
  edit) cat > "$here/body" ;;
esac
`;

test("pr pushes once it may, opens a pull request, and updates the open one", async (t) => {
  const commit = "git add . && git -c user.name=x -c user.email=x@x commit -qm Greet";
  const w = await worker(t, {
    greet: [step.bash(`echo hello > greeting.txt && ${commit}`), step.text("The greeting is there.")],
    more: [step.bash("echo more >> greeting.txt"), step.text("More.")],
    move: [step.bash(`git checkout -q -b release && ${commit}`), step.text("Moved.")],
  });
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  git("init", "-q", "--bare", path.join(w.place.directory, "origin.git"));
  await w.start();
  const { id } = await w.submit("greet", { workspace_kind: "worktree", allow: ["Bash"], verify: ["test -s greeting.txt"] });
  await w.ended(id);
  const command = ["pr", String(id)];
  assert.match((await w.cli([...command, "--yes"])).stderr, /There is no remote origin\. The repository has none: git remote add/);
  git("remote", "add", "origin", path.join(w.place.directory, "origin.git"));

  const words = (await w.cli([...command, "--dry-run"])).stdout;
  assert.match(
    words,
    /^greet\n\nThe greeting is there\.\n\nVerified by:\n\n\* `test -s greeting\.txt`: passed\n\n1 file, \+1 -0 lines\.\n\nClaude-Worker-Task: 1\n$/,
  );
  const refused = await w.cli(command);
  assert.deepEqual([refused.code, git("ls-remote", "origin")], [2, ""], "nothing is pushed before a person has said yes");
  assert.match(refused.stderr, /Nothing was pushed\. Without a terminal, say --yes\./);

  // Nothing that is ours asks for a key, and the remote takes no signed push.
  for (const key of ["push.gpgSign", "commit.gpgSign", "tag.gpgSign"]) git("config", key, "true");
  git("config", "gpg.program", w.place.file("gpg", `#!/bin/sh\ntouch ${w.place.directory}/signed\n`));
  chmodSync(path.join(w.place.directory, "gpg"), 0o755);
  const bin = path.dirname(w.place.file("bin/gh", standIn));
  chmodSync(path.join(bin, "gh"), 0o755);
  const plain = w.env["PATH"] ?? "";
  w.env["PATH"] = `${bin}:${plain}`;
  assert.equal((await w.cli([...command, "--yes", "--base", "main"])).stdout, "Opened https://example.com/pull/7\n");
  assert.match(git("ls-remote", "origin"), /^[0-9a-f]{40}\trefs\/heads\/cw\/1-greet$/, "the branch, and no snapshot");
  assert.equal(readFileSync(path.join(bin, "body"), "utf8"), words.slice("greet\n\n".length));
  assert.equal((await w.cli([...command, "--yes", "--title", "-x; $(y)"])).stdout, "Updated https://example.com/pull/7\n");
  const calls = readFileSync(path.join(bin, "calls"), "utf8");
  assert.match(calls, /pr create --head=cw\/1-greet --title=greet --body-file=- --base=main\n/);
  assert.match(calls, /pr edit 7 --title=-x; \$\(y\) --body-file=-\n$/);

  assert.ok(!existsSync(path.join(w.place.directory, "signed")));
  rmSync(path.join(bin, "gh"));
  w.env["PATH"] = plain;
  const pasted = await w.cli([...command, "--yes"]);
  if (!existsSync("/usr/bin/gh")) {
    assert.equal(pasted.stdout, words);
    assert.match(pasted.stderr, /^Pushed cw\/1-greet to origin\. There is no gh here/);
  }
  await w.client.sendMessage({ id, text: "more" });
  await w.ended(id);
  assert.match((await w.cli([...command, "--yes"])).stderr, /has changes that it has not committed\. Let it: claude-worker send 1/);

  git("config", "push.gpgSign", "false");
  git("config", "commit.gpgSign", "false");
  git("push", "-q", "origin", "main:release");
  const before = git("ls-remote", "origin");
  await w.client.sendMessage({ id, text: "move" });
  await w.ended(id);
  const moved = await w.cli([...command, "--yes"]);
  assert.match(moved.stderr, /works on release, which was not made for it, and origin has that branch already\. .*git push origin release/);
  assert.equal(git("ls-remote", "origin"), before, "a branch of others is not pushed because Claude checked it out");
});
