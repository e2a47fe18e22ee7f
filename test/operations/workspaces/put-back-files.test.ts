import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { GitProgram } from "../../../src/git/git-program.ts";
import { settlePutBacks, writeIntent } from "../../../src/operations/workspaces/put-back-intent.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { person, worked } from "./setup.ts";
import type { Worked } from "./setup.ts";

const asIs = { force: false, dry_run: false };

/** The task changed `a`, made `new/b` and deleted `c`; `mine` is a person's. */
async function changed(w: Worked): Promise<void> {
  w.write("a", "old\n");
  w.write("c", "c\n");
  w.write("mine", "mine\n");
  await w.snapshots.take();
  w.write("a", "changed\n");
  w.write("new/b", "b\n");
  rmSync(w.file("c"));
  await w.snapshots.take("end");
}

function filesOf({ read }: Worked): (string | null)[] {
  return ["a", "new/b", "c", "mine"].map(read);
}

test("undo takes back what the task changed, and restore brings it again", async (t) => {
  const w = await worked(t);
  const { api, id, store, snapshots } = w;
  await changed(w);
  snapshots.git("add", "mine");
  w.write("mine", "a person's later change\n");
  const index = snapshots.git("diff", "--cached", "--name-only");
  const plan = await api.undoTask({ id, force: false, dry_run: true }, person);
  assert.deepEqual([plan.written, plan.removed, plan.changed_files, plan.dry_run], [["a", "c"], ["new/b"], 3, true]);
  assert.deepEqual(filesOf(w), ["changed\n", "b\n", null, "a person's later change\n"]);
  const done = await api.undoTask({ id, ...asIs }, person);
  assert.deepEqual(filesOf(w), ["old\n", null, "c\n", "a person's later change\n"]);
  assert.equal(w.read("new"), null, "an empty directory goes, too");
  assert.equal(snapshots.git("diff", "--cached", "--name-only"), index);
  const { checkpoints } = await api.listCheckpoints({ id });
  assert.deepEqual(
    checkpoints.map(({ reason }) => reason),
    ["start", "end", "restore", "restored"],
  );
  assert.equal(snapshots.git("show", `${checkpoints[2]?.ref}:a`), "changed");
  const [said] = store.events.tail(id, 1);
  assert.partialDeepStrictEqual(said, { type: "files_put_back", data: { by: "socket", checkpoint: 1, before: 3, changed_files: 3 } });
  assert.equal((await api.undoTask({ id, ...asIs }, person)).changed_files, 0, "a second undo has nothing to do");
  await api.restoreFiles({ id, checkpoint: done.before, ...asIs }, person);
  assert.deepEqual(filesOf(w), ["changed\n", "b\n", null, "a person's later change\n"]);
});

test("a file that others changed since is refused, and kept where it is forced", async (t) => {
  const w = await worked(t);
  const { api, id, snapshots } = w;
  await changed(w);
  w.write("a", "a person's\n");
  const message = /^Others than task 1 have changed these files since: a\. .*--force/;
  await assert.rejects(api.undoTask({ id, ...asIs }, person), { code: "conflict", message });
  assert.deepEqual(filesOf(w), ["a person's\n", "b\n", null, "mine\n"]);
  const { before } = await api.undoTask({ id, force: true, dry_run: false }, person);
  assert.deepEqual(filesOf(w), ["old\n", null, "c\n", "mine\n"]);
  assert.equal(snapshots.git("show", `${(await api.listCheckpoints({ id })).checkpoints[before - 1]?.ref}:a`), "a person's");
});

test("what a killed put-back had done counts as its own, also beside a person's change", async (t) => {
  const w = await worked(t);
  const { api, id, store, paths, snapshots } = w;
  await changed(w);
  // As a kill in the middle leaves it: `a` is back, `new/b` and `c` are not.
  const before = store.checkpoints.last(id)?.number ?? 0;
  const plan = { write: ["a", "c"].map((file) => [file, { mode: "", blob: "" }] as const), remove: ["new/b"], leftAlone: [] };
  writeIntent(paths, id, { before, target: 1 }, plan);
  w.write("a", "old\n");
  w.write("mine", "a person's later change\n");
  await settlePutBacks({
    store,
    paths,
    git: new GitProgram({ PATH: process.env["PATH"] ?? "", HOME: w.corner.home }),
    now: () => 1,
    gate: new WorkspaceGate(),
  });
  const last = store.checkpoints.last(id);
  assert.deepEqual(
    [last?.reason, snapshots.git("show", `${last?.ref}:a`), snapshots.git("show", `${last?.ref}:mine`)],
    ["restored", "old", "mine"],
  );
  await api.restoreFiles({ id, checkpoint: before, ...asIs }, person);
  assert.deepEqual(filesOf(w), ["changed\n", "b\n", null, "a person's later change\n"]);
  await api.undoTask({ id, ...asIs }, person);
  assert.deepEqual(filesOf(w), ["old\n", null, "c\n", "a person's later change\n"]);
});

test("a change between two attempts is a person's, and undo leaves it", async (t) => {
  const w = await worked(t);
  const { api, id, snapshots } = w;
  await changed(w);
  w.write("mine", "between\n");
  await snapshots.take("start");
  w.write("second", "2\n");
  await snapshots.take("end");
  await api.undoTask({ id, ...asIs }, person);
  assert.deepEqual([...filesOf(w), w.read("second")], ["old\n", null, "c\n", "between\n", null]);
});

test("what no snapshot has is never overwritten, not even by force", async (t) => {
  const w = await worked(t);
  const { api, id, snapshots } = w;
  await changed(w);
  w.write(".git/info/exclude", "/c\n");
  w.write("c", "ignored, and a person's\n");
  const forced = { id, force: true, dry_run: false };
  const message = /^These are in the way, and would be lost: c\. Move them away/;
  await assert.rejects(api.undoTask(forced, person), { code: "conflict", message });
  assert.equal(w.read("c"), "ignored, and a person's\n");
  rmSync(w.file("c"));
  mkdirSync(w.file("c"));
  w.write("c/inside", "ignored\n");
  await assert.rejects(api.undoTask(forced, person), { code: "conflict" });
  assert.equal(w.read("c/inside"), "ignored\n");
  assert.deepEqual([w.read("a"), w.read("new/b")], ["changed\n", "b\n"], "nothing of it was done");
  assert.equal(snapshots.git("status", "--porcelain", "--", "c"), "");
});

test("a file that the task only stopped to ignore stays, and is in no way", async (t) => {
  const w = await worked(t);
  const { api, id, snapshots } = w;
  w.write(".gitignore", "/.env\nforced\n");
  w.write("deep/.gitignore", "*.log\n!kept.log\n");
  for (const name of [".env", "deep/forced", "deep/a.log"]) w.write(name, "a person's\n");
  await snapshots.take();
  rmSync(w.file(".gitignore"));
  w.write("deep/.gitignore", "");
  for (const name of ["deep/kept.log", "new.log"]) w.write(name, "the task's\n");
  await snapshots.take("end");
  const undone = await api.undoTask({ id, ...asIs }, person);
  assert.deepEqual(
    [undone.removed, undone.written],
    [
      ["deep/kept.log", "new.log"],
      [".gitignore", "deep/.gitignore"],
    ],
  );
  assert.deepEqual(undone.left_alone.toSorted(), [".env", "deep/a.log", "deep/forced"]);
  for (const name of undone.left_alone) assert.equal(w.read(name), "a person's\n", name);
  assert.equal(w.read("new.log"), null);
  // Now it is ignored, and in the way with the very content that it is to get.
  await api.restoreFiles({ id, ...asIs, checkpoint: undone.before }, person);
  assert.deepEqual([w.read("new.log"), w.read(".env"), w.read(".gitignore")], ["the task's\n", "a person's\n", null]);
});

test("a link in place of a directory is not followed", async (t) => {
  const w = await worked(t);
  const { api, id, corner } = w;
  w.write("d/x", "old\n");
  await w.snapshots.take();
  w.write("d/x", "changed\n");
  await w.snapshots.take("end");
  const outside = corner.workdir("outside");
  writeFileSync(path.join(outside, "x"), "outside\n");
  rmSync(w.file("d"), { recursive: true });
  symlinkSync(outside, w.file("d"));
  await assert.rejects(api.undoTask({ id, ...asIs }, person), { code: "conflict" });
  await assert.rejects(api.undoTask({ id, force: true, dry_run: false }, person), { code: "conflict", message: /in the way.*: d\./ });
  assert.equal(readFileSync(path.join(outside, "x"), "utf8"), "outside\n");
});

test("files are put back only where the task has ended and nothing works there", async (t) => {
  const w = await worked(t);
  const { api, id, store, clock, corner } = w;
  await changed(w);
  await assert.rejects(api.undoTask({ id, ...asIs }, { ...person, taskId: id }), { code: "forbidden" });
  await assert.rejects(api.restoreFiles({ id, checkpoint: 9, ...asIs }, person), { code: "not_found" });
  const { id: other } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await w.tell(other, "text");
  await assert.rejects(api.undoTask({ id, ...asIs }, person), { code: "conflict", message: /^Task 2 works in .*work\. Wait for its end/ });
  await assert.rejects(api.undoTask({ id: other, ...asIs }, person), { code: "conflict", message: /^Task 2 has not ended/ });
  await w.finish(other);
  await store.write(() => store.tasks.transition(id, "retry", clock.nowMs));
  await assert.rejects(api.undoTask({ id, ...asIs }, person), { code: "conflict", message: /^Task 1 has not ended/ });
  assert.deepEqual(filesOf(w), ["changed\n", "b\n", null, "mine\n"]);
});

test("a task does not start while its files are put back", async (t) => {
  const w = await worked(t);
  const { api, id } = w;
  await changed(w);
  const undo = api.undoTask({ id, ...asIs }, person);
  await assert.rejects(api.undoTask({ id, ...asIs }, person), { code: "conflict", message: /^Task 1 is busy: its files are put back/ });
  await assert.rejects(api.retryTask({ id }, person), { code: "conflict", message: /^Task 1 is busy/ });
  await undo;
  await api.retryTask({ id }, person);
});

test("undo does not overwrite what a person saves while it works", async (t) => {
  const w = await worked(t);
  const { api, id, snapshots } = w;
  await changed(w);
  // Git runs the filter after the snapshot of the present files, when it makes the old ones.
  const filter = w.corner.file("filter", "#!/bin/sh\n[ -e saved ] || echo mine > new/b\ntouch saved\ncat\n");
  chmodSync(filter, 0o755);
  snapshots.git("config", "filter.save.smudge", filter);
  writeFileSync(w.file(".git/info/attributes"), "a filter=save\n");
  await assert.rejects(api.undoTask({ id, ...asIs }, person), {
    code: "conflict",
    message: /^Others than task 1 have changed these files since: new\/b\. .*--force/,
  });
  assert.deepEqual(filesOf(w), ["changed\n", "mine\n", null, "mine\n"]);
  const forced = await api.undoTask({ id, ...asIs, force: true }, person);
  assert.deepEqual(filesOf(w), ["old\n", null, "c\n", "mine\n"]);
  await api.restoreFiles({ id, checkpoint: forced.before, ...asIs, force: true }, person);
  assert.equal(w.read("new/b"), "mine\n", "a snapshot has what was there");
});
