import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { person, worked } from "./setup.ts";

test("a diff is of the whole task, or of what lies between two checkpoints", async (t) => {
  const { api, id, snapshots, write } = await worked(t);
  write("mine", "a person's\n");
  await snapshots.take();
  write("a", "one\n");
  await snapshots.take();
  write("a", "two\n");
  write("b", "new\n");
  await snapshots.take();
  const whole = await api.taskDiff({ id });
  assert.partialDeepStrictEqual(whole, { changed_files: 2, insertions: 2, deletions: 0, next_offset: null, from: { checkpoint: 1 } });
  assert.deepEqual(
    whole.files.map(({ path, status, hunks }) => [path, status, hunks?.[0]?.lines]),
    [
      ["a", "added", ["+two"]],
      ["b", "added", ["+new"]],
    ],
  );
  const last = await api.taskDiff({ id, since: 2, to: 3, hunks: false });
  assert.deepEqual(
    last.files.map(({ path, status, insertions, deletions, hunks, not_shown: why }) => [path, status, insertions, deletions, hunks, why]),
    [
      ["a", "modified", 1, 1, null, null],
      ["b", "added", 1, 0, null, null],
    ],
  );
  const page = await api.taskDiff({ id, limit: 1 });
  assert.deepEqual([page.files[0]?.path, page.changed_files, page.next_offset], ["a", 2, 1]);
  const next = await api.taskDiff({ id, limit: 1, offset: 1 });
  assert.deepEqual([next.files[0]?.path, next.next_offset], ["b", null]);
});

test("a file of a snapshot is text, bytes or a list of names", async (t) => {
  const { api, id, snapshots, write } = await worked(t);
  write("deep/ünï", "old\n");
  await snapshots.take();
  write("deep/ünï", "new\n");
  write("bytes", "a\0b");
  await snapshots.take();
  const old = await api.snapshotFile({ id, path: "deep/ünï", checkpoint: 1 });
  assert.partialDeepStrictEqual(old, { kind: "file", size: 4, encoding: "utf8", content: "old\n", entries: null });
  assert.partialDeepStrictEqual(await api.snapshotFile({ id, path: "/deep/ünï" }), { checkpoint: 2, content: "new\n" });
  assert.partialDeepStrictEqual(await api.snapshotFile({ id, path: "bytes" }), { encoding: "base64", content: "YQBi" });
  const { entries } = await api.snapshotFile({ id, path: "" });
  assert.deepEqual(entries, [
    { name: "bytes", name_bytes: null, kind: "file", size: 3 },
    { name: "deep", name_bytes: null, kind: "directory", size: null },
  ]);
  for (const path of ["none", "../x", "deep/../bytes", "*", ":(glob)**"])
    await assert.rejects(api.snapshotFile({ id, path }), { code: "not_found" }, path);
});

test("names and lines that are not UTF-8 lose no byte", async (t) => {
  const { api, id, snapshots, write, file } = await worked(t);
  const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
  const base64 = (text: string): string => latin1(text).toString("base64");
  await snapshots.take();
  write("deep/a", "");
  mkdirSync(latin1(`${file("deep")}/\u00e9`));
  for (const name of ["\u00e8", "\u00ea"]) writeFileSync(latin1(`${file("deep")}/\u00e9/${name}`), latin1("th\u00e9\n"));
  await snapshots.take();
  const { files } = await api.taskDiff({ id });
  assert.partialDeepStrictEqual(files, [
    { path: "deep/a", path_bytes: null, encoding: "utf8" },
    { path: "deep/\ufffd/\ufffd", path_bytes: base64("deep/\u00e9/\u00e8"), encoding: "latin1", hunks: [{ lines: ["+th\u00e9"] }] },
    { path_bytes: base64("deep/\u00e9/\u00ea"), hunks: [{ lines: ["+th\u00e9"] }] },
  ]);
  const { entries } = await api.snapshotFile({ id, path: "deep" });
  assert.partialDeepStrictEqual(entries, [{ name: "a" }, { name: "\ufffd", name_bytes: base64("\u00e9"), kind: "directory" }]);
  const found = await api.snapshotFile({ id, path: "", path_bytes: base64("deep/\u00e9/\u00ea") });
  assert.partialDeepStrictEqual(found, { kind: "file", size: 4, encoding: "base64", content: base64("th\u00e9\n") });
  for (const path of ["deep/\u00e9/x", "deep/a/\u00e9", "../\u00e9"])
    await assert.rejects(api.snapshotFile({ id, path: "", path_bytes: base64(path) }), { code: "not_found" }, path);
  const comment = { path: "deep/\ufffd/\ufffd", side: "new" as const, line: 1, body: "x" };
  await assert.rejects(api.addReviewComments({ id, comments: [comment] }, person), {
    code: "unprocessable",
    message: /its name is not UTF-8\.$/,
  });
});

test("a diff that cannot be shown is refused with a sentence", async (t) => {
  const { api, id, snapshots, write, corner, file } = await worked(t);
  const none = /^There are no snapshots of the files of task 1\. Its first attempt has not begun\.$/;
  await assert.rejects(api.taskDiff({ id }), { code: "conflict", message: none });
  await snapshots.take();
  write("a", "b\n");
  await snapshots.take();
  await assert.rejects(api.taskDiff({ id, since: 9 }), { code: "not_found", message: /claude-worker checkpoints 1$/ });
  const other = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await assert.rejects(api.taskDiff({ id: other.id }), { code: "conflict" });
  rmSync(file(".git"), { recursive: true });
  await assert.rejects(api.taskDiff({ id }), { code: "conflict" });
});
