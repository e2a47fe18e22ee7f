import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AgentWork } from "../../src/agent/agent.ts";
import type { RunnerNote } from "../../src/domain/events/record.ts";
import { Checkpoints } from "../../src/runner/checkpoints.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";

type Before = NonNullable<NonNullable<AgentWork["checkpoints"]>["before"]>;

/** The snapshots of an attempt that begins now. */
function attempt({ top, program, place }: TestRepository, number: number, before: Before | null) {
  const notes: RunnerNote[] = [];
  const index = path.join(place.home, "snapshots", "task_1.index");
  const order = { index, attempt: number, next: number * 10, before };
  const work = { taskId: 1, spec: { workingDirectory: top }, checkpoints: order, ownPaths: [place.dataHome] } as unknown as AgentWork;
  return { notes, files: new Checkpoints({ work, program, note: (note) => void notes.push(note) }) };
}

async function begin(t: TestContext, prepare: (repository: TestRepository) => void = () => {}) {
  const repository = gitRepository(t);
  repository.write("test/one.test.js", "check(1)\n");
  repository.write("test/link.js", "link\n");
  repository.write(".gitignore", "*.log\n");
  repository.git("add", ".");
  repository.git("commit", "-qm", "tests");
  prepare(repository);
  const { files, notes } = attempt(repository, 1, null);
  await files.begin();
  const note = notes.find(({ subtype }) => subtype === "checkpoint") as unknown as { commit: string; tree: string; head: string };
  const begun = Number(repository.git("log", "-1", "--format=%ct", note.commit));
  // Times of files come from a clock of the kernel. It is some milliseconds behind that of Date.
  const probe = path.join(repository.place.home, "probe");
  await until("files of the next second", () => (writeFileSync(probe, ""), Math.floor(statSync(probe).ctimeMs / 1000) > begun));
  const changed = async (checkpoints = files): Promise<string[] | null> =>
    (await checkpoints.changesOf(["test/**/*.js"]))?.map(({ path: name }) => name) ?? null;
  return { ...repository, repository, note, changed };
}

type Task = Awaited<ReturnType<typeof begin>>;

/** Changes a file so that size and time of change stay. */
function changeQuietly({ file, write }: Task): void {
  const { atime, mtime } = statSync(file("test/one.test.js"));
  write("test/one.test.js", "check(0)\n");
  utimesSync(file("test/one.test.js"), atime, mtime);
}

const tricks: readonly (readonly [
  name: string,
  trick: (task: Task) => void,
  found: string,
  prepare?: (repository: TestRepository) => void,
])[] = [
  [
    "an object in the place of the commit that the task began with",
    (task) => {
      task.write("test/one.test.js", "check(0)\n");
      task.git("add", ".");
      task.git("commit", "-qm", "x");
      task.git("replace", task.note.commit, "HEAD");
    },
    "test/one.test.js",
  ],
  [
    "settings that believe the time of a change",
    (task) => {
      task.git("config", "core.trustctime", "false");
      task.git("config", "core.checkStat", "minimal");
      changeQuietly(task);
    },
    "test/one.test.js",
  ],
  [
    "a work tree elsewhere",
    (task) => {
      const elsewhere = path.join(task.place.home, "elsewhere");
      cpSync(task.top, elsewhere, { recursive: true });
      task.git("config", "core.worktree", elsewhere);
      task.write("test/one.test.js", "check(0)\n");
    },
    "test/one.test.js",
  ],
  [
    "a new rule of .gitignore",
    (task) => (appendFileSync(task.file(".gitignore"), "test/new.js\n"), task.write("test/new.js", "x")),
    "test/new.js",
  ],
  ["a .gitignore that ignores itself", (task) => (task.write("test/.gitignore", "*\n"), task.write("test/new.js", "x")), "test/new.js"],
  [
    "rules beside the files",
    (task) => (writeFileSync(task.file(".git/info/exclude"), "new.js\n"), task.write("test/deep/new.js", "x")),
    "test/deep/new.js",
  ],
  ["a file that is too large for a snapshot", (task) => task.write("test/new.js", "x".repeat(20_000_001)), "test/new.js"],
  ["a repository of its own", (task) => (task.write("test/in/new.js", "x"), task.git("init", "-q", "test/in")), "test/in/new.js"],
  [
    "a repository of its own with a commit",
    (task) => (
      task.write("test/in/new.js", "x"),
      task.git("init", "-q", "test/in"),
      task.git("-C", "test/in", "commit", "-qm", "x", "--allow-empty")
    ),
    "test/in/new.js",
  ],
  [
    "a file that was hidden from git before",
    (task) => (task.write("test/one.test.js", "check(0)\n"), task.git("update-index", "--no-assume-unchanged", "test/one.test.js")),
    "test/one.test.js",
    ({ git }) => git("update-index", "--assume-unchanged", "test/one.test.js"),
  ],
  [
    "a pipe in the place of a file",
    (task) => (rmSync(task.file("test/link.js")), void execFileSync("mkfifo", [task.file("test/link.js")])),
    "test/link.js",
  ],
  ["another case of a name", (task) => (task.git("config", "core.ignoreCase", "true"), task.write("test/LINK.js", "x")), "test/LINK.js"],
];

for (const [name, trick, found, prepare] of tricks)
  test(`a protected change is found behind ${name}`, async (t) => {
    const task = await begin(t, prepare);
    trick(task);
    const changed = await task.changed();
    assert.ok(changed === null || changed.includes(found), String(changed));
  });

test("what the task did not change, or may change, is not found", async (t) => {
  const task = await begin(t, (repository) => {
    repository.write("test/old.js", "x".repeat(20_000_001));
    writeFileSync(repository.file(".git/info/exclude"), "mine.js\n");
    repository.write("test/mine.js", "x");
    repository.write("test/inner/old.js", "x");
    repository.git("init", "-q", "test/inner");
    repository.write("test/one.test.js", "check(2)\n");
    repository.git("update-index", "--assume-unchanged", "test/one.test.js");
    appendFileSync(repository.file(".gitignore"), "test/out/\n");
  });
  task.write("test/out/new.js", "x");
  task.write("test/notes.md", "x");
  task.write("src/new.js", "x");
  task.write("test/inner/new.md", "x");
  assert.deepEqual(await task.changed(), []);
});

test("in another repository than the task's first nothing is compared", async (t) => {
  const task = await begin(t);
  task.write("test/one.test.js", "check(0)\n");
  const { tree, head, commit } = task.note;
  const before = { repository: path.join(task.top, ".git"), last: { tree, head }, base: commit, first: commit };
  const again = attempt(task.repository, 2, before);
  await again.files.begin();
  assert.deepEqual(await task.changed(again.files), ["test/one.test.js"]);
  renameSync(task.file(".git"), path.join(task.place.home, "moved"));
  writeFileSync(task.file(".git"), `gitdir: ${path.join(task.place.home, "moved")}\n`);
  const moved = attempt(task.repository, 3, before);
  await moved.files.begin();
  assert.equal(await task.changed(moved.files), null);
});
