/**
 * A full disk in the middle of each step of git: the step fails with a sentence that says so,
 * changes nothing, and works once there is room.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import type { TaskView } from "../../src/client/index.ts";
import { fastWorker, noneLeft } from "./setup.ts";
import type { FastWorker } from "./setup.ts";
import { leave } from "./small-disk.ts";

/** So much room is left, in KB: less than the steps need, so they fail at different places. */
const rooms = [0, 8, 40, 120, 250, 330, 420, 640];
const bigBytes = 400_000;

interface Disk {
  readonly w: FastWorker;
  readonly git: (...args: string[]) => string;
  /** Branches, HEAD and files of the person's checkout. */
  state(): unknown;
}

/** Mounts a small file system at the directory. @returns false where this user may not. */
function mount(directory: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", directory], { stdio: "pipe" });
    return true;
  } catch {
    return false; // Only root may, and not in every container.
  }
}

/** A worker whose repository is on a small disk of its own. */
async function onSmallDisk(w: FastWorker): Promise<Disk> {
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  w.place.file("work/app.txt", "one\n");
  w.place.file("work/.gitignore", "ballast\n");
  git("add", ".");
  git("commit", "-qm", "first");
  await w.start();
  const names = (): string[] => readdirSync(w.place.work).filter((name) => name !== ".git" && name !== "ballast");
  return {
    w,
    git,
    state: () => [
      git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"),
      git("symbolic-ref", "HEAD"),
      git("status", "--porcelain"),
      names().map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(path.join(w.place.work, name)))
          .digest("hex"),
      ]),
    ],
  };
}

/**
 * Tries the step with more and more room until it works; with `isRepeatable` once more with enough.
 * @returns how often it failed.
 */
async function inEachRoom(
  { w, git, state }: Disk,
  what: string,
  step: () => Promise<unknown>,
  { isRepeatable = false } = {},
): Promise<number> {
  const ballast = path.join(w.place.work, "ballast");
  let failures = 0;
  for (const room of rooms) {
    const before = state();
    leave(ballast, room);
    let problem: Error | null = null;
    try {
      await step();
    } catch (error) {
      problem = error as Error;
    } finally {
      rmSync(ballast, { force: true });
    }
    if (problem === null) {
      if (isRepeatable) break;
      return failures;
    }
    failures += 1;
    assert.match(problem.message, /disk .*is full|is full/, `${what} with ${room} KB`);
    assert.doesNotMatch(problem.message, /\n/, what);
    assert.deepEqual(state(), before, `${what} with ${room} KB`);
    const locks = readdirSync(path.join(w.place.work, ".git"), { recursive: true }).filter((name) => String(name).endsWith(".lock"));
    assert.deepEqual(locks, [], `${what} with ${room} KB`);
    git("fsck", "--strict", "--no-dangling");
  }
  await step();
  return failures;
}

test("a full disk under the repository fails each step, and loses and changes nothing", async (t) => {
  const w = await fastWorker(t);
  if (!mount(w.place.work, "24m")) return t.skip("a small file system cannot be mounted here");
  try {
    const disk = await onSmallDisk(w);
    const { git } = disk;
    const worktree = { workspace_kind: "worktree" } as const;
    const big = (): string => randomBytes(bigBytes / 2).toString("hex");

    // Create: the branch, git's entry of the worktree, its index.
    const created: number[] = [];
    const failed = await inEachRoom(
      disk,
      "create",
      async () => {
        const { id } = await w.submit("steps 2 append marks", worktree);
        const isOver = (task: TaskView): boolean => task.ended_at !== null || task.waiting_for?.reason === "hold";
        const { status, waiting_for, workspace } = await w.until(id, isOver);
        if (status === "completed") return void created.push(id);
        // It would be tried again by itself.
        assert.match(waiting_for?.message ?? "", /\)\. Free some space; it is tried again by itself\.$/);
        assert.equal(status, "pending");
        assert.equal(existsSync(workspace?.path ?? "none"), false, "nothing is half made");
        await w.client.cancelTask({ id });
        await w.client.resume();
        throw new Error(waiting_for?.message);
      },
      { isRepeatable: true },
    );
    assert.ok(failed > 0);
    const id = created.at(-1) ?? 0;
    const top = (await w.client.getTask({ id })).workspace?.path ?? "";

    // Snapshot: while the task runs it is reported, and the task goes on.
    const text = big();
    writeFileSync(path.join(top, "big"), text);
    const ballast = path.join(w.place.work, "ballast");
    leave(ballast, 16);
    await w.client.sendMessage({ id, text: "more 1" });
    await w.until(id, ({ ended_at, num_turns }) => ended_at !== null && (num_turns ?? 0) > 3);
    const told = await w.client.getTask({ id });
    assert.deepEqual(
      [told.status, /is full/.test(told.workspace?.no_snapshots ?? "")],
      ["completed", true],
      told.workspace?.no_snapshots ?? "",
    );
    rmSync(ballast);

    // Diff of what is there still works, and each step that needs a snapshot says why it cannot.
    assert.ok((await inEachRoom(disk, "apply --patch", () => w.client.applyTask({ id, way: "patch" }))) > 0);
    assert.deepEqual(
      [readFileSync(path.join(w.place.work, "big"), "utf8") === text, git("status", "--porcelain")],
      [true, "?? big\n?? marks"],
    );
    rmSync(path.join(w.place.work, "big"));
    rmSync(path.join(w.place.work, "marks"));
    writeFileSync(path.join(top, "big"), big());
    assert.ok((await inEachRoom(disk, "apply", () => w.client.applyTask({ id }))) > 0);
    assert.equal(git("show", "main:marks"), "1\n2\n3");

    const other = await w.submit("steps 2 append other", worktree);
    const { workspace } = await w.ended(other.id);
    writeFileSync(path.join(workspace?.path ?? "", "large"), big());
    assert.ok((await inEachRoom(disk, "land", () => w.client.landTasks({ tasks: [other.id], into: "main" }))) > 0);
    assert.equal(git("show", "main:other"), "1\n2");

    // In place: what the task wrote goes, and what was there comes back.
    const first = big();
    w.place.file("work/mine.txt", first);
    const inPlace = await w.submit("steps 2 append mine.txt");
    await w.ended(inPlace.id);
    assert.ok((await inEachRoom(disk, "undo", () => w.client.undoTask({ id: inPlace.id }))) > 0);
    assert.equal(readFileSync(path.join(w.place.work, "mine.txt"), "utf8") === first, true);
    rmSync(path.join(w.place.work, "mine.txt"));

    appendFileSync(path.join(top, "marks"), "a person's\n");
    const clean = async (): Promise<void> => {
      const { workspaces } = await w.client.cleanWorkspaces({ tasks: [id], force: true });
      if (workspaces[0]?.cleaned !== true) throw new Error(workspaces[0]?.reasons.join());
    };
    await inEachRoom(disk, "clean", clean);
    assert.equal(existsSync(top), false);
    await inEachRoom(disk, "workspace restore", () => w.client.restoreWorkspace({ id }));
    assert.equal(readFileSync(path.join(top, "marks"), "utf8"), "1\n2\n3\na person's\n");
    await noneLeft(w);
  } finally {
    await w.cli(["server", "stop", "--now"]);
    execFileSync("umount", ["-l", w.place.work]);
  }
});
