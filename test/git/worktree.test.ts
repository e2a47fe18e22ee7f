import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { WorktreeOrder } from "../../src/domain/workspace/worktree-order.ts";
import { Git } from "../../src/git/git.ts";
import { GitProblem } from "../../src/git/git-problem.ts";
import { PrivateIndex } from "../../src/git/private-index.ts";
import { takeSnapshot } from "../../src/git/snapshot.ts";
import type { Snapshot } from "../../src/git/snapshot.ts";
import { openRepository } from "../../src/git/repository.ts";
import { prepareWorktree } from "../../src/git/worktree.ts";
import { worktreeFacts } from "../../src/git/worktree-facts.ts";
import { gitRepository, plainGit } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { lfsPointer, useLfs } from "../../testing/lfs.ts";

function orderOf({ place, top, git }: TestRepository, task = 1, more: Partial<WorktreeOrder> = {}): WorktreeOrder {
  const workspaces = path.join(place.dataHome, "workspaces");
  const directory = path.join(workspaces, "repository-1a2b");
  return {
    isShared: false,
    state: "creating",
    path: path.join(directory, `${task}-port-it`),
    prefix: "",
    repository: path.join(top, ".git"),
    branch: `cw/${task}-port-it`,
    isNamed: false,
    baseCommit: git("rev-parse", "HEAD"),
    mark: `claude-worker: task ${task} (abc)`,
    lock: path.join(directory, ".lock"),
    trash: path.join(workspaces, ".trash"),
    files: null,
    ...more,
  };
}

/** What there is of tasks' branches and worktrees. */
function found({ git }: TestRepository): { branches: string[]; worktrees: string[] } {
  const branches = git("for-each-ref", "--format=%(refname:short)", "refs/heads/cw").split("\n").filter(Boolean);
  const worktrees = git("worktree", "list", "--porcelain")
    .split("\n")
    .filter((line) => line.startsWith("worktree "));
  return { branches, worktrees: worktrees.slice(1).map((line) => line.slice(9)) };
}

async function problemOf(work: Promise<unknown>): Promise<GitProblem> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GitProblem, String(error));
  return error;
}

async function snapshotOf({ program, place }: TestRepository, directory: string, number = 1): Promise<Snapshot> {
  const repository = await openRepository(new Git(program, directory));
  const index = new PrivateIndex(path.join(place.home, `index-${path.basename(directory)}`));
  const limits = { fileBytes: 1e9, totalBytes: 1e9 };
  const order = {
    repository,
    index,
    refs: "refs/claude-worker/1/1",
    number,
    message: "x",
    last: null,
    except: [],
    limits,
    timeoutMs: 30_000,
  };
  const taken = await takeSnapshot(order);
  assert.ok(taken !== null);
  return taken;
}

test("a worktree has the base's files on its own branch, and the checkout stays", async (t) => {
  const repository = gitRepository(t);
  const { git, write, program } = repository;
  git("config", "branch.autoSetupMerge", "always");
  write("a", "a person's\n");
  write("new", "a person's\n");
  const state = (): unknown => [
    git("status", "--porcelain"),
    git("rev-parse", "HEAD"),
    git("symbolic-ref", "HEAD"),
    readFileSync(repository.file(".git/config"), "utf8"),
  ];
  const before = state();
  const order = orderOf(repository);
  const made = await prepareWorktree(program, order);
  assert.deepEqual(made, { how: "made", branch: "cw/1-port-it", head: order.baseCommit, hasFiles: false });
  assert.deepEqual(state(), before);
  assert.equal(readFileSync(path.join(order.path, "a"), "utf8"), "a\n");
  assert.equal(existsSync(path.join(order.path, "new")), false);
  assert.equal(plainGit(order.path, repository.env, ["status", "--porcelain"]), "");
  assert.equal(statSync(path.dirname(order.path)).mode & 0o777, 0o700);
  assert.match(git("worktree", "list", "--porcelain"), /1-port-it\nHEAD .*\nbranch refs\/heads\/cw\/1-port-it\nlocked/);
  assert.deepEqual(await prepareWorktree(program, { ...order, state: "made" }), { ...made, how: "found", hasFiles: true });
  assert.deepEqual(found(repository).branches, ["cw/1-port-it"]);
});

test("a worktree has LFS files, is sparse as the checkout, and submodules are empty", async (t) => {
  const repository = gitRepository(t);
  const { git, write, top, program } = repository;
  useLfs(git, top);
  write("large.bin", "large");
  write("left/out", "left out");
  const library = gitRepository(t, { name: "library" });
  git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.top, "lib");
  git("add", ".");
  git("commit", "-qm", "second");
  git("sparse-checkout", "set", "--skip-checks", "deep", "lib");
  const order = orderOf(repository);
  await prepareWorktree(program, order);
  const text = (name: string): string => readFileSync(path.join(order.path, name), "utf8");
  assert.match(git("show", "HEAD:large.bin"), lfsPointer);
  assert.deepEqual([text("large.bin"), text("deep/c")], ["large", "deep/c\n"]);
  assert.deepEqual([existsSync(path.join(order.path, "left")), readdirSync(path.join(order.path, "lib"))], [false, []]);
  assert.equal(plainGit(order.path, repository.env, ["status", "--porcelain"]), "");
  const { tree, isDirty } = await snapshotOf(repository, order.path);
  assert.deepEqual([tree, isDirty], [git("rev-parse", "HEAD^{tree}"), false], "what is not checked out was not deleted");
});

test("eight worktrees at once succeed while the repository's configuration is locked", async (t) => {
  const repository = gitRepository(t);
  writeFileSync(repository.file(".git/config.lock"), "");
  const tasks = [1, 2, 3, 4, 5, 6, 7, 8];
  const made = await Promise.all(tasks.map(async (task) => await prepareWorktree(repository.program, orderOf(repository, task))));
  assert.deepEqual(
    made.map(({ branch }) => branch),
    tasks.map((task) => `cw/${task}-port-it`),
  );
  assert.equal(found(repository).worktrees.length, 8);
});

test("a worktree that cannot be made leaves nothing", async (t) => {
  const repository = gitRepository(t);
  const { git, program, file } = repository;
  const nothing = { branches: [], worktrees: [] };
  git("branch", "mine");
  const taken = await problemOf(prepareWorktree(program, orderOf(repository, 1, { branch: "mine", isNamed: true })));
  assert.match(taken.message, /^The branch mine exists\. Name another one \(--branch\)/);
  assert.equal(git("rev-parse", "mine"), git("rev-parse", "HEAD"));
  writeFileSync(file(".git/info/attributes"), "* filter=broken\n");
  git("config", "filter.broken.smudge", "exit 1");
  git("config", "filter.broken.required", "true");
  assert.match((await problemOf(prepareWorktree(program, orderOf(repository)))).message, /^git reset failed: .*filter/);
  assert.deepEqual(found(repository), nothing);
  const order = orderOf(repository);
  assert.deepEqual([existsSync(order.path), existsSync(order.trash), existsSync(file(".git/worktrees"))], [false, false, true]);
  assert.deepEqual(readdirSync(file(".git/worktrees")), []);
  const stop = new AbortController();
  git("config", "filter.broken.smudge", "sleep 1000");
  const stopped = problemOf(prepareWorktree(program, order, stop.signal));
  while (!existsSync(path.join(order.path, ".git"))) await new Promise(setImmediate);
  stop.abort();
  assert.equal((await stopped).kind, "stopped");
  assert.deepEqual(found(repository), nothing);
  assert.equal((await problemOf(prepareWorktree(program, orderOf(repository, 1, { repository: "/nowhere/.git" })))).kind, "failed");
});

test("a branch of another program is passed over, and stays as it is", async (t) => {
  const repository = gitRepository(t);
  const { git, program } = repository;
  git("branch", "cw/1-port-it");
  git("branch", "cw/1-port-it-2");
  const { branch } = await prepareWorktree(program, orderOf(repository));
  assert.equal(branch, "cw/1-port-it-3");
  assert.match(git("reflog", "show", "--format=%gs", "cw/1-port-it"), /^branch: Created/);
});

/** What a kill can leave, beside what the failpoints show. */
const halves: Readonly<Record<string, (order: WorktreeOrder, repository: TestRepository) => void>> = {
  "a directory that git does not know": ({ path: place }) => mkdirSync(path.join(place, "x"), { recursive: true }),
  "an entry of git whose directory is gone": (order, { git }) => {
    git("worktree", "add", "-q", "--lock", "--detach", order.path);
    rmSync(order.path, { recursive: true });
  },
  "a branch whose lock is left": ({ repository, branch }) => {
    mkdirSync(path.join(repository, "refs/heads/cw"), { recursive: true });
    writeFileSync(path.join(repository, `refs/heads/${branch}.lock`), "");
  },
  "a link in its place": ({ path: place, trash }, { place: { work } }) => {
    mkdirSync(path.dirname(place), { recursive: true });
    mkdirSync(trash, { recursive: true });
    writeFileSync(path.join(work, "precious"), "");
    symlinkSync(work, place);
  },
};
for (const [what, prepare] of Object.entries(halves)) {
  test(`a worktree is made where there is ${what}`, async (t) => {
    const repository = gitRepository(t);
    const order = orderOf(repository);
    prepare(order, repository);
    await prepareWorktree(repository.program, order);
    assert.deepEqual(found(repository), { branches: ["cw/1-port-it"], worktrees: [order.path] });
    if (what.includes("link")) assert.ok(existsSync(path.join(repository.place.work, "precious")));
  });
}

const source = path.resolve(import.meta.dirname, "../../src/git");

/** Prepares the worktree in a process that is killed at the failpoint. */
async function killedAt(t: TestContext, point: string, order: WorktreeOrder, { place, env }: TestRepository): Promise<void> {
  const failpoints = path.join(place.home, `failpoints-${point}`);
  mkdirSync(failpoints, { recursive: true });
  writeFileSync(path.join(failpoints, point), "");
  const script = `
    import { prepareWorktree } from ${JSON.stringify(path.join(source, "worktree.ts"))};
    import { GitProgram } from ${JSON.stringify(path.join(source, "git-program.ts"))};
    await prepareWorktree(new GitProgram(${JSON.stringify(env)}), ${JSON.stringify(order)});`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CLAUDE_WORKER_FAILPOINTS: failpoints },
  });
  t.after(() => child.kill("SIGKILL"));
  const signal = await new Promise((resolve) => child.once("exit", (_code, by) => resolve(by)));
  assert.equal(signal, "SIGKILL");
}

for (const point of ["worktree.branch", "worktree.added", "worktree.files"]) {
  test(`a kill at ${point} leaves nothing that the next try cannot use`, async (t) => {
    const repository = gitRepository(t);
    const order = orderOf(repository);
    await killedAt(t, point, order, repository);
    const { how, branch } = await prepareWorktree(repository.program, order);
    assert.deepEqual([how, branch], ["made", "cw/1-port-it"]);
    assert.deepEqual(found(repository), { branches: ["cw/1-port-it"], worktrees: [order.path] });
    assert.equal(plainGit(order.path, repository.env, ["status", "--porcelain"]), "");
    assert.equal(existsSync(order.trash), point !== "worktree.branch", "what was half made is in the trash");
  });
}

test("a worktree that vanished is rebuilt with everything of its last snapshot", async (t) => {
  const repository = gitRepository(t);
  const { program, git, env } = repository;
  const order = orderOf(repository);
  await prepareWorktree(program, order);
  const inside = (...args: string[]): string => plainGit(order.path, env, args);
  writeFileSync(path.join(order.path, "a"), "committed\n");
  inside("commit", "-qam", "by the agent");
  writeFileSync(path.join(order.path, "a"), "not committed\n");
  writeFileSync(path.join(order.path, "new"), "new\n");
  rmSync(path.join(order.path, "b"));
  const status = inside("status", "--porcelain");
  const { commit, head } = await snapshotOf(repository, order.path);
  const again: WorktreeOrder = { ...order, state: "made", files: { commit, head } };
  for (const point of [null, "worktree.added", "worktree.files"]) {
    rmSync(order.path, { recursive: true });
    if (point !== null) await killedAt(t, point, again, repository);
    const rebuilt = await prepareWorktree(program, again);
    assert.deepEqual(rebuilt, { how: "rebuilt", branch: "cw/1-port-it", head, hasFiles: true });
    assert.equal(inside("status", "--porcelain"), status);
    assert.equal(readFileSync(path.join(order.path, "a"), "utf8"), "not committed\n");
  }
  // A person has removed it, as git does it, with its branch.
  git("worktree", "remove", "--force", "--force", order.path);
  git("branch", "-D", "cw/1-port-it");
  assert.equal((await prepareWorktree(program, again)).hasFiles, true);
  assert.equal(inside("rev-parse", "HEAD"), head);
  // A person has committed on its branch since: those files are newer.
  rmSync(order.path, { recursive: true });
  git("update-ref", "refs/heads/cw/1-port-it", git("rev-parse", "main"));
  assert.equal((await prepareWorktree(program, again)).hasFiles, false);
  assert.equal(inside("status", "--porcelain"), "");
});

test("a worktree is rebuilt where its commit or its snapshot has no file", async (t) => {
  const repository = gitRepository(t, { commit: false });
  repository.git("commit", "-q", "--allow-empty", "-m", "empty");
  const order = orderOf(repository);
  await prepareWorktree(repository.program, order);
  for (const files of [[], ["new"], []]) {
    for (const name of readdirSync(order.path).filter((each) => each !== ".git")) rmSync(path.join(order.path, name));
    for (const name of files) writeFileSync(path.join(order.path, name), "");
    const { commit, head } = await snapshotOf(repository, order.path, files.length);
    rmSync(order.path, { recursive: true });
    await prepareWorktree(repository.program, { ...order, state: "made", files: { commit, head } });
    assert.deepEqual(
      readdirSync(order.path).filter((name) => name !== ".git"),
      files,
    );
  }
  repository.write("a", "");
  repository.git("add", ".");
  repository.git("commit", "-qm", "one file");
  const other = orderOf(repository, 2);
  await prepareWorktree(repository.program, other);
  rmSync(path.join(other.path, "a"));
  const { commit, head } = await snapshotOf(repository, other.path, 7);
  rmSync(other.path, { recursive: true });
  await prepareWorktree(repository.program, { ...other, state: "made", files: { commit, head } });
  assert.deepEqual(readdirSync(other.path), [".git"]);
});

test("a worktree with a detached HEAD is rebuilt at its commit", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  await prepareWorktree(repository.program, order);
  plainGit(order.path, repository.env, ["checkout", "-q", "--detach"]);
  const { commit, head } = await snapshotOf(repository, order.path);
  rmSync(order.path, { recursive: true });
  const rebuilt = await prepareWorktree(repository.program, { ...order, state: "made", branch: null, files: { commit, head } });
  assert.deepEqual([rebuilt.how, rebuilt.branch, rebuilt.head], ["rebuilt", null, head]);
});

test("nothing is followed or replaced that lies in a worktree's place", async (t) => {
  const repository = gitRepository(t);
  const { program, place } = repository;
  const order = { ...orderOf(repository), state: "made" } as const;
  await prepareWorktree(program, { ...order, state: "creating" });
  renameSync(order.path, `${order.path}-moved`);
  writeFileSync(path.join(place.work, "precious"), "");
  symlinkSync(place.work, order.path);
  const linked = await problemOf(prepareWorktree(program, order));
  assert.equal(linked.kind, "lost");
  assert.match(linked.message, /^Something else than the task's worktree lies at .*1-port-it\. Move it away/);
  rmSync(order.path);
  mkdirSync(order.path);
  writeFileSync(path.join(order.path, ".git"), `gitdir: ${path.join(order.repository, "worktrees/other")}\n`);
  assert.equal((await problemOf(prepareWorktree(program, order))).kind, "lost");
  assert.ok(existsSync(path.join(place.work, "precious")));
  rmSync(order.repository, { recursive: true });
  const gone = await problemOf(prepareWorktree(program, order));
  assert.match(gone.message, /^The repository of the task's worktree is gone: .*\.git\.$/);
  assert.equal(gone.kind, "lost");
  assert.deepEqual(worktreeFacts(order.path, order.repository), { place: "other", entry: null });
});

test("a killed git's lock on the task's branch keeps no worktree from being made", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  await killedAt(t, "worktree.added", order, repository);
  const lock = repository.file(`.git/refs/heads/${order.branch ?? ""}.lock`);
  writeFileSync(lock, "");
  assert.equal((await prepareWorktree(repository.program, order)).how, "made");
  assert.deepEqual([existsSync(lock), found(repository)], [false, { branches: [order.branch], worktrees: [order.path] }]);
  assert.equal(readFileSync(path.join(order.path, "a"), "utf8"), "a\n");
});
