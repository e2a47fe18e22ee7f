import assert from "node:assert/strict";
import { test } from "node:test";
import { differingFiles, hiddenFiles } from "../../src/git/differing-files.ts";
import { gitRepository } from "../../testing/git-repository.ts";

test("files of a pattern are compared, hidden and renamed ones, too", async (t) => {
  const r = gitRepository(t);
  for (const file of ["test/one.ts", "test/.hidden/two.ts", "test/deep/three.ts", "src/one.ts"]) r.write(file, "1\n");
  r.git("add", ".");
  r.git("commit", "-qm", "second");
  const before = r.git("rev-parse", "HEAD");
  r.write("test/one.ts", "2\n");
  r.write("test/.hidden/new.ts", "1\n");
  r.git("mv", "test/deep/three.ts", "src/three.ts");
  r.write("src/one.ts", "2\n");
  r.git("add", "-A");
  const after = r.git("write-tree");
  const changed = async (patterns: string[], below?: string): Promise<string[]> =>
    (await differingFiles(r.ours(below), before, after, patterns)).map(({ how, path }) => `${how} ${path}`);
  assert.deepEqual(await changed(["test/**"]), ["A test/.hidden/new.ts", "D test/deep/three.ts", "M test/one.ts"]);
  assert.deepEqual(await changed(["test"]), await changed(["test/**"]), "a directory stands for what is in it");
  assert.deepEqual(await changed(["*.ts"]), [], "a star does not cross directories");
  assert.deepEqual(await changed(["**/one.ts", "docs/**"]), ["M src/one.ts", "M test/one.ts"]);
  assert.deepEqual(await changed(["**"], "test"), ["A .hidden/new.ts", "D deep/three.ts", "M one.ts"], "relative to the directory");
  assert.deepEqual(await changed([":(exclude)test/**"]), [], "no word of git's own counts");
});

test("files that the index hides are named, where they are there", async (t) => {
  const r = gitRepository(t);
  r.git("update-index", "--assume-unchanged", "a");
  r.git("update-index", "--skip-worktree", "deep/c");
  assert.deepEqual(await hiddenFiles(r.ours(), ["**"]), ["a", "deep/c"]);
  assert.deepEqual(await hiddenFiles(r.ours(), ["b"]), []);
});
