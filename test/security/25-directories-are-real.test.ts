/**
 * Items 25 and 34: a task works where a trusted directory really is; links, relative paths and
 * look-alikes lead nowhere.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openDoorOf } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";

test("a link from a trusted directory to another one is judged by where it leads", async (t) => {
  const { api, corner } = realApi(t);
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const secret = corner.workdir("secret", { trusted: false });
  symlinkSync(secret, path.join(corner.work, "innocent"));
  mkdirSync(path.join(corner.work, "sub"));
  corner.workdir("work-of-others", { trusted: false });
  const submit = (directory: string) => call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: directory } });
  for (const directory of [
    secret,
    path.join(corner.work, "innocent"),
    `${corner.work}/../secret`,
    `${corner.work}-of-others`,
    corner.directory,
    "/",
  ]) {
    const answer = await submit(directory);
    assert.deepEqual([answer.status, answer.json()["code"]], [403, "untrusted_directory"], directory);
    assert.match(answer.text, /claude-worker trust add/);
  }
  for (const directory of ["work", "./work", "~/work", "~", "", path.join(corner.work, "missing"), corner.file("file", "x")]) {
    assert.equal((await submit(directory)).status, 400, directory);
  }
  for (const directory of [corner.work, path.join(corner.work, "sub"), `${corner.work}/sub/..`]) {
    const answer = await submit(directory);
    assert.equal(answer.status, 201, directory);
    assert.equal(answer.json()["working_directory"], path.resolve(directory));
  }
});

test("a worktree of a trusted checkout is trusted, a pretended one is not", async (t) => {
  const { api, corner } = realApi(t);
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const git = (...words: string[]): void => {
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    execFileSync("git", [...author, ...words], { cwd: corner.work, env: { PATH: process.env["PATH"], HOME: corner.home }, stdio: "pipe" });
  };
  const worktree = path.join(corner.directory, "topic");
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "First");
  git("worktree", "add", "-q", worktree);
  const forged = corner.workdir("forged", { trusted: false });
  writeFileSync(path.join(forged, ".git"), `gitdir: ${corner.work}/.git/worktrees/topic\n`);
  const submit = async (directory: string) =>
    (await call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: directory } })).status;
  assert.deepEqual([await submit(worktree), await submit(forged)], [201, 403]);
});
