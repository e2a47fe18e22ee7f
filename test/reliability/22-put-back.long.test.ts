import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "./setup.ts";

test("a server that is killed while it puts files back loses none of them", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  const marks = (): string => readFileSync(path.join(w.place.work, "marks"), "utf8");
  git("init", "-q", "-b", "main");
  w.place.file("work/marks", "0\n");
  await w.start();
  const { id } = await w.submit("steps 2 append marks");
  await w.ended(id);
  assert.equal(marks(), "0\n1\n2\n");
  w.place.file("work/mine", "a person's\n");
  for (const place of ["snapshot.referenced", "put-back.removed", "put-back.indexed"] as const) {
    w.trap(place);
    await assert.rejects(w.client.undoTask({ id }));
    await w.felled(place);
    await w.start();
    assert.equal(marks(), "0\n1\n2\n");
  }
  const last = (await w.client.listCheckpoints({ id })).checkpoints.at(-1)?.number ?? 0;
  w.trap("put-back.written");
  await assert.rejects(w.client.undoTask({ id }));
  await w.felled("put-back.written");
  assert.equal(marks(), "0\n");
  await w.start();
  // What the killed call has put back is no change of others.
  await w.client.restoreFiles({ id, checkpoint: last });
  assert.equal(marks(), "0\n1\n2\n");
  const { before } = await w.client.undoTask({ id });
  assert.equal(marks(), "0\n");
  await w.client.restoreFiles({ id, checkpoint: before });
  assert.equal(marks(), "0\n1\n2\n");
  const { checkpoints } = await w.client.listCheckpoints({ id });
  for (const { ref, commit } of checkpoints) assert.equal(git("rev-parse", ref), commit);
  assert.equal(readFileSync(path.join(w.place.work, "mine"), "utf8"), "a person's\n");
  assert.equal(git("status", "--porcelain"), "?? marks\n?? mine");
});
