import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

type Run = (...args: string[]) => string;

/** A repository with one commit of `app.txt` and `deep/app.txt` in the working directory. */
function repository({ place }: Pick<TestWorker, "place">): { git: Run; gitIn: (directory: string) => Run } {
  const gitIn =
    (directory: string): Run =>
    (...args) =>
      execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  const git = gitIn(place.work);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "A Person");
  git("config", "user.email", "person@localhost");
  place.file("work/app.txt", "one\n");
  place.file("work/deep/app.txt", "deep\n");
  git("add", ".");
  git("commit", "-qm", "first");
  return { git, gitIn };
}

test("a task works in a worktree of its own, and a fork begins with its files", async (t) => {
  const w = await worker(t, {
    "port the importer": [
      step.write("app.txt", "two\n"),
      step.bash("git commit -qam ported && echo more >> new.txt"),
      step.text("Ported."),
    ],
    "one thing more": [step.bash("echo again >> new.txt"), step.text("More.")],
    "look at it": [step.bash("cat new.txt > seen.txt"), step.text("Seen.")],
  });
  const { git, gitIn } = repository(w);
  writeFileSync(path.join(w.place.work, "app.txt"), "a person's\n");
  await w.start();
  const { stdout } = await w.cli(["run", "port the importer", "--worktree", "--allow", "Bash"]);
  const id = Number(stdout);
  const { workspace, working_directory: directory, status } = await w.ended(id);
  assert.deepEqual([status, directory], ["completed", w.place.work]);
  assert.ok(workspace !== null);
  const { kind, state, branch, base_commit: base, changed_files: files, insertions, deletions, dirty } = workspace;
  assert.deepEqual([kind, state, branch, base], ["worktree", "kept", `cw/${id}-port-the-importer`, git("rev-parse", "main")]);
  assert.deepEqual([files, insertions, deletions, dirty], [2, 2, 1, true]);
  assert.equal(readFileSync(path.join(w.place.work, "app.txt"), "utf8"), "a person's\n");
  assert.deepEqual([git("log", "--format=%s", branch ?? ""), git("log", "--format=%s", "main")], ["ported\nfirst", "first"]);
  assert.equal(git("status", "--porcelain"), "M app.txt", "the checkout is as the person left it");
  const page = (await w.cli(["show", String(id)])).stdout;
  assert.match(page, /Worktree +.*workspaces\/work-[0-9a-f]{8}\/1-port-the-importer, branch cw\/1-port-the-importer/);
  assert.match(page, /Changed +2 files, \+2 -1 lines, not all committed/);
  const patch = (await w.cli(["diff", String(id)])).stdout;
  assert.match(patch, /^diff --git a\/app\.txt b\/app\.txt\n--- a\/app\.txt\n\+\+\+ b\/app\.txt\n@@ -1,1 \+1,1 @@\n-one\n\+two\n/);
  writeFileSync(path.join(w.place.directory, "patch"), patch);
  assert.equal(git("apply", "--check", "--cached", path.join(w.place.directory, "patch")), "", "git takes it as a patch");
  assert.equal((await w.cli(["diff", String(id), "--name-only"])).stdout, "app.txt\nnew.txt\n");
  assert.equal((await w.cli(["diff", String(id), "--stat"])).stdout, "1\t1\tapp.txt\n1\t0\tnew.txt\n");
  const since = JSON.parse((await w.cli(["diff", String(id), "--since", "2", "--json"])).stdout) as { files: { path: string }[] };
  assert.deepEqual(
    since.files.map((file) => file.path),
    ["new.txt"],
  );
  const both = await w.cli(["diff", String(id), "--stat", "--name-only"]);
  assert.deepEqual([both.code, both.stderr], [2, "Error: --stat and --name-only contradict each other. Give one.\n"]);
  const none = await w.cli(["diff", String(id), "--since", "2", "--to", "2"]);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", `Task ${String(id)} has changed no files since then.\n`]);
  assert.match((await w.cli(["logs", String(id)])).stdout, /\[worktree\] made: .*1-port-the-importer on cw\/1-port-the-importer at/);

  await w.cli(["send", String(id), "one thing more"]);
  await w.until(id, ({ ended_at, num_turns }) => ended_at !== null && (num_turns ?? 0) > 3);
  assert.equal(readFileSync(path.join(workspace.path, "new.txt"), "utf8"), "more\nagain\n");

  writeFileSync(path.join(workspace.path, "two\nlines"), "x\n");
  await w.cli(["apply", String(id), "--dry-run"]);
  assert.equal((await w.cli(["diff", String(id), "--name-only", "--since", "3"])).stdout, 'new.txt\n"two\\012lines"\n');
  rmSync(path.join(workspace.path, "two\nlines"));

  const fork = await w.client.forkTask({ id, prompt: "look at it" });
  const forked = (await w.ended(fork.id)).workspace;
  assert.equal(forked?.branch, `cw/${String(fork.id)}-look-at-it`);
  assert.equal(readFileSync(path.join(forked?.path ?? "", "seen.txt"), "utf8"), "more\nagain\n");
  assert.equal(gitIn(forked?.path ?? "")("log", "-1", "--format=%s"), "ported");
  assert.equal(existsSync(path.join(workspace.path, "seen.txt")), false);
});

test("a git that was killed with an attempt leaves no lock to the next one", async (t) => {
  const w = await worker(t, {
    // What git has while it writes an index, HEAD or a branch.
    "leave locks": [
      step.bash('touch "$(git rev-parse --git-path index.lock)" "$(git rev-parse --git-path HEAD.lock)"'),
      step.bash('touch "$(git rev-parse --git-common-dir)/$(git symbolic-ref HEAD).lock"; echo new > new.txt'),
      step.text("Left."),
    ],
    "commit it": [step.bash("git add -A && git commit -qm committed"), step.text("Committed.")],
  });
  const { git } = repository(w);
  await w.start();
  const id = Number((await w.cli(["run", "leave locks", "--worktree", "--allow", "Bash"])).stdout);
  const { workspace } = await w.ended(id);
  const lock = path.join(w.place.work, ".git/worktrees", path.basename(workspace?.path ?? ""), "index.lock");
  assert.ok(existsSync(lock));
  await w.cli(["send", String(id), "commit it"]);
  await w.until(id, ({ ended_at, result }) => ended_at !== null && result === "Committed.");
  assert.equal(git("log", "-1", "--format=%s", `cw/${id}-leave-locks`), "committed");
  assert.equal(existsSync(lock), false);
});

test("diff says where it does not know what a task changed", async (t) => {
  const w = await worker(t, {
    "break git": [
      step.bash(
        'git config extensions.worktreeConfig true; printf "[core\\n" > "$(git rev-parse --git-dir)/config.worktree"; echo new > new.txt',
      ),
      step.text("Broken."),
    ],
  });
  repository(w);
  await w.start();
  const id = Number((await w.cli(["run", "break git", "--worktree", "--allow", "Bash"])).stdout);
  await w.ended(id);
  const { code, stdout, stderr } = await w.cli(["diff", String(id)]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^What task 1 changed later is not known, because there is no snapshot of it\. .*bad config line 1/);
});

test("the work is verified in the worktree, and a failure goes back to it", async (t) => {
  const w = await worker(t, {
    "write the greeting": [step.write("greeting.txt", "good bye\n"), step.text("Written.")],
    "commands that decide": [step.write("greeting.txt", "hello\n"), step.text("Fixed.")],
  });
  const { git, gitIn } = repository(w);
  await w.start();
  const verify = "@greets pwd > where.txt && grep hello greeting.txt";
  const { stdout } = await w.cli(["run", "write the greeting", "--worktree", "--verify", verify]);
  const task = await w.ended(Number(stdout));
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, result: "Fixed.", attempts: 2 });
  assert.partialDeepStrictEqual(task.verification, [{ name: "greets", passed: true, exit_code: 0, tries: 2, output_tail: "hello" }]);
  const { workspace } = task;
  assert.ok(workspace !== null);
  assert.deepEqual([workspace.kind, workspace.state, workspace.branch], ["worktree", "kept", "cw/1-write-the-greeting"]);
  assert.equal(readFileSync(path.join(workspace.path, "where.txt"), "utf8"), `${workspace.path}\n`);
  // The command wrote a file of its own into the tree before the second try.
  const inside = gitIn(workspace.path);
  inside("add", "-A");
  assert.equal(task.verification[0]?.tree, inside("write-tree"), "the files that the result is true for");
  assert.equal(git("status", "--porcelain"), "", "the checkout has nothing of it");
  assert.equal(existsSync(path.join(w.place.work, "where.txt")), false, "before it is applied");
  assert.equal((await w.cli(["apply", "1"])).code, 2, "without a terminal it needs --yes");
  const applied = await w.cli(["apply", "1", "--yes", "--message", "Greet"]);
  assert.match(applied.stdout, /^Applied task 1 onto main: 2 files, \+2 -0 lines\. main is at [0-9a-f]{12}\.\n$/);
  assert.deepEqual(
    [git("log", "-1", "--format=%s"), git("show", "HEAD:greeting.txt"), git("status", "--porcelain")],
    ["Greet", "hello", ""],
  );
  assert.match((await w.cli(["show", "1"])).stdout, /Applied +onto main as [0-9a-f]{12} \(squash\)/);
  assert.match((await w.cli(["workspace", "clean", "--yes"])).stdout, /^Task 1: its worktree is in the trash for 7 days\./);
  const attempts = (await w.client.listCheckpoints({ id: task.id })).checkpoints.map(({ attempt }) => attempt);
  assert.deepEqual([...new Set(attempts)], [1, 2], "both attempts have snapshots of the worktree");
});

test("what a task changed in place is undone, and brought back", async (t) => {
  const w = await worker(t, {
    "port the importer": [step.write("app.txt", "two\n"), step.bash("echo new > new.txt"), step.text("Ported.")],
  });
  const { git } = repository(w);
  const file = (name: string): string => path.join(w.place.work, name);
  // As any program of the person's makes it.
  writeFileSync(path.join(w.place.directory, "usual"), "");
  const modeOf = (place: string): number => statSync(place).mode;
  const usual = modeOf(path.join(w.place.directory, "usual"));
  await w.start();
  const id = Number((await w.cli(["run", "port the importer", "--allow", "Bash", "--permission-mode", "acceptEdits"])).stdout);
  await w.ended(id);
  assert.equal(modeOf(file("new.txt")), usual, "others read what a task writes, as far as the umask lets them");
  writeFileSync(file("deep/app.txt"), "a person's\n");
  const asked = await w.cli(["undo", String(id)]);
  assert.deepEqual([asked.code, asked.stderr.match(/^(write|remove) .*$/gm)], [2, ["write app.txt", "remove new.txt"]]);
  assert.match(asked.stderr, /Nothing was changed\. Without a terminal, say --yes\./);
  const { stdout, code } = await w.cli(["undo", String(id), "--yes"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^Put 2 files of task 1 back as they were before its first step\. To take this back: claude-worker restore 1 \d+\n$/,
  );
  assert.deepEqual([readFileSync(file("app.txt"), "utf8"), existsSync(file("new.txt"))], ["one\n", false]);
  assert.equal(modeOf(file("app.txt")), usual);
  assert.equal(git("status", "--porcelain"), "M deep/app.txt", "a person's change stays");
  const back = / restore 1 (\d+)/.exec(stdout)?.[1] ?? "";
  writeFileSync(file("app.txt"), "a person's, later\n");
  const refused = await w.cli(["restore", String(id), back, "--yes"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Others than task 1 have changed these files since: app\.txt\./);
  assert.equal((await w.cli(["restore", String(id), back, "--yes", "--force"])).code, 0);
  assert.deepEqual([readFileSync(file("app.txt"), "utf8"), readFileSync(file("new.txt"), "utf8")], ["two\n", "new\n"]);
  assert.match((await w.cli(["logs", String(id)])).stdout, /\[task\] 2 files put back to checkpoint 1; as they were before: checkpoint/);
});
