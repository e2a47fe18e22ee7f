/** What `diff` prints is a patch for other programs: git applies it, byte by byte. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { patchOf } from "../../../src/cli/terminal/render/patch.ts";
import { plainGit } from "../../../testing/git-repository.ts";
import { worked } from "./setup.ts";
import type { Worked } from "./setup.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** Names and contents as they are before the task, and after it. */
function writeBefore({ write, file }: Worked): void {
  write("plain", "one\ntwo\nthree\n");
  write("no end", "last line");
  write("old name", "a\nb\nc\nd\ne\nf\ng\n");
  write("program", "run\n");
  write("link", "was a file\n");
  write("gone", "x\n");
  write("empty gone", "");
  write("windows", "a\r\nb\r\n");
  write("umlaut ü", "x\n");
  writeFileSync(file("latin"), latin1("caf\u00e9\nth\u00e9\n"));
  writeFileSync(latin1(`${file("")}na\u00efve[1]*`), "x\n");
  writeFileSync(latin1(`${file("")}mo\u00e7ed`), "a\nb\nc\nd\ne\n");
}

function writeAfter({ write, file }: Worked): void {
  write("plain", "one\nTWO\nthree\n");
  write("no end", "last line\n");
  rmSync(file("old name"));
  write("new\tname", "a\nb\nc\nd\ne\nf\nG\n");
  chmodSync(file("program"), 0o755);
  rmSync(file("link"));
  symlinkSync("plain", file("link"));
  rmSync(file("gone"));
  rmSync(file("empty gone"));
  write("windows", "a\r\nB\r\n");
  write("umlaut ü", "y\n");
  write('quoted "\\ name', "q\n");
  write("line\nend", "q\n");
  write(" blanks ", "q\n");
  write("empty", "");
  mkdirSync(file("deep"), { recursive: true });
  write("deep/new", "no end");
  writeFileSync(file("latin"), latin1("caf\u00e9\nTH\u00c9\n"));
  write("mixed", "ü\n");
  writeFileSync(file("mixed"), Buffer.concat([Buffer.from("ü\n"), latin1("\u00fc\n")]));
  writeFileSync(latin1(`${file("")}na\u00efve[1]*`), "y\n");
  renameSync(latin1(`${file("")}mo\u00e7ed`), latin1(`${file("")}mo\u00e8ed`));
}

async function patch({ api, id }: Worked): Promise<Buffer> {
  const { files } = await api.taskDiff({ id, limit: 500 });
  return Buffer.concat(files.map(patchOf));
}

test("git makes the same files of the patch that diff prints", async (t) => {
  const task = await worked(t);
  const { corner, snapshots, store, id } = task;
  writeBefore(task);
  await snapshots.take();
  writeAfter(task);
  await snapshots.take();
  const [first, last] = store.checkpoints.ofTask(id);
  const other = corner.workdir("other");
  const env = { PATH: process.env["PATH"] ?? "", HOME: corner.home };
  plainGit(corner.work, env, ["worktree", "add", "-q", "--detach", other, first?.commit ?? ""]);
  execFileSync("git", ["apply", "--index", "-"], { cwd: other, env, input: await patch(task), stdio: ["pipe", "pipe", "pipe"] });
  assert.equal(plainGit(other, env, ["write-tree"]), last?.tree);
});
