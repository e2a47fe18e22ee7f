/** Trust of a checkout covers its git worktrees, and nothing that only looks like one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { filesCheckoutOf, mainCheckoutOf } from "../../src/config/main-checkout.ts";
import { repositoryFilePath } from "../../src/config/repository-file.ts";
import { scratch } from "../../testing/scratch.ts";

test("the main checkout's directory of a worktree's sub-directory corresponds to it", (t) => {
  const { main, worktree } = setup(t);
  mkdirSync(path.join(worktree, "src"));
  assert.equal(mainCheckoutOf(worktree), main);
  assert.equal(mainCheckoutOf(path.join(worktree, "src")), path.join(main, "src"));
});

test("a worktree inside of another repository belongs to its own", (t) => {
  const { main, git, directory } = setup(t);
  const outer = path.join(directory, "outer");
  mkdirSync(outer);
  git(outer, "init", "-q");
  git(main, "worktree", "add", "-q", path.join(outer, "inner"));
  assert.equal(mainCheckoutOf(path.join(outer, "inner")), main);
});

test("a worktree of a bare repository has the repository", (t) => {
  const { main, git, directory } = setup(t);
  const bare = path.join(directory, "bare.git");
  git(directory, "clone", "-q", "--bare", main, bare);
  git(bare, "worktree", "add", "-q", path.join(directory, "of-bare"));
  assert.equal(mainCheckoutOf(path.join(directory, "of-bare")), bare);
});

test("the files of a bare repository's worktrees are those of the worktree itself", (t) => {
  const { main, worktree, git, directory } = setup(t);
  assert.deepEqual([filesCheckoutOf(main), filesCheckoutOf(worktree), filesCheckoutOf(directory)], [main, main, null]);
  const places = path.join(directory, "project");
  for (const name of [".bare", "repository.git", ".git"]) {
    mkdirSync(places);
    git(directory, "clone", "-q", "--bare", main, path.join(places, name));
    if (name === ".bare") writeFileSync(path.join(places, ".git"), "gitdir: ./.bare\n");
    git(path.join(places, name), "worktree", "add", "-q", "../here");
    mkdirSync(path.join(places, "here", "deep"));
    for (const each of ["here", "here/deep"]) assert.equal(filesCheckoutOf(path.join(places, each)), path.join(places, "here"), name);
    assert.equal(repositoryFilePath(path.join(places, "here", "deep")), path.join(places, "here", ".claude-worker.json"));
    rmSync(places, { recursive: true });
  }
});

test("a directory that only claims to be a worktree is not one", (t) => {
  const { main, worktree, directory } = setup(t);
  const forged = path.join(directory, "forged");
  mkdirSync(forged);
  for (const target of [
    `${main}/.git/worktrees/topic`,
    `${main}/.git`,
    "../main/.git/worktrees/topic",
    "/nowhere/worktrees/x",
    "",
    "x".repeat(9000),
  ]) {
    writeFileSync(path.join(forged, ".git"), `gitdir: ${target}\n`);
    assert.equal(mainCheckoutOf(forged), null, target.slice(0, 40));
  }
  // An entry of its own, which names the trusted repository as the common one.
  const entry = path.join(forged, "worktrees", "x");
  mkdirSync(entry, { recursive: true });
  writeFileSync(path.join(forged, ".git"), `gitdir: ${entry}\n`);
  writeFileSync(path.join(entry, "gitdir"), path.join(forged, ".git"));
  writeFileSync(path.join(entry, "commondir"), path.join(main, ".git"));
  assert.equal(mainCheckoutOf(forged), null);
  // A copy of a worktree: the repository names the original.
  const copy = path.join(directory, "copy");
  cpSync(worktree, copy, { recursive: true });
  assert.equal(mainCheckoutOf(copy), null);
});

test("an ordinary directory, a checkout and an orphaned worktree have no main checkout", (t) => {
  const { main, worktree, directory } = setup(t);
  assert.equal(mainCheckoutOf(directory), null);
  assert.equal(mainCheckoutOf(main), null);
  renameSync(main, path.join(directory, "moved"));
  assert.equal(mainCheckoutOf(worktree), null);
  rmSync(path.join(worktree, ".git"));
  assert.equal(mainCheckoutOf(worktree), null);
});

function setup(t: TestContext): { directory: string; main: string; worktree: string; git: (cwd: string, ...words: string[]) => void } {
  const directory = realpathSync(scratch(t).directory);
  const [main, worktree] = [path.join(directory, "main"), path.join(directory, "topic")];
  const env = { PATH: process.env["PATH"], HOME: directory, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (cwd: string, ...words: string[]): void => {
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...words], { cwd, env, stdio: "pipe" });
  };
  mkdirSync(main);
  git(main, "init", "-q");
  git(main, "commit", "-q", "--allow-empty", "-m", "First");
  git(main, "worktree", "add", "-q", worktree);
  return { directory, main, worktree, git };
}

test("a FIFO or a circle of links in the place of Git's files is not a worktree", { timeout: 30_000 }, (t) => {
  const { directory } = setup(t);
  const forged = path.join(directory, "with-fifo");
  const entry = path.join(forged, "worktrees", "x");
  mkdirSync(entry, { recursive: true });
  execFileSync("mkfifo", [path.join(entry, "gitdir")]);
  writeFileSync(path.join(forged, ".git"), `gitdir: ${entry}\n`);
  assert.equal(mainCheckoutOf(forged), null);
  rmSync(path.join(forged, ".git"));
  symlinkSync(".git", path.join(forged, ".git"));
  assert.equal(mainCheckoutOf(forged), null);
});
