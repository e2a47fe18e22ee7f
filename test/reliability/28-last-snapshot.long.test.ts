import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killAndWait, killEverything, runnerOf } from "./setup.ts";

test("what a task changed counts as its own also when its runner was killed", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  const marks = path.join(w.place.work, "marks");
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();

  // After Claude's result, before the runner's last snapshot.
  const { id } = await w.submit("steps 2 append marks linger 600000");
  await w.until(id, ({ num_turns }) => (num_turns ?? 0) > 2);
  appendFileSync(marks, "in the background\n");
  await killAndWait(await runnerOf(w, id));
  assert.equal((await w.ended(id)).status, "completed");
  const { checkpoints } = await w.client.listCheckpoints({ id });
  assert.equal(checkpoints.at(-1)?.reason, "end");
  assert.equal(git("show", `${checkpoints.at(-1)?.ref ?? ""}:marks`), "1\n2\nin the background");
  w.place.file("work/mine", "a person's\n");
  await w.client.undoTask({ id });
  assert.deepEqual([existsSync(marks), readFileSync(path.join(w.place.work, "mine"), "utf8")], [false, "a person's\n"]);

  // In the middle of a step: the next attempt goes on, and undo takes both back.
  const other = await w.submit(`steps 3 append marks until ${path.join(w.place.directory, "go")}`);
  const runner = await runnerOf(w, other.id);
  await until("its first snapshot", async () => (await w.client.listCheckpoints({ id: other.id })).checkpoints.length > 0);
  w.place.file("work/marks", "by its tool\n");
  await killAndWait(runner);
  w.place.file("go", "");
  assert.partialDeepStrictEqual(await w.ended(other.id), { status: "completed", attempts: 2 });
  await w.client.undoTask({ id: other.id });
  assert.equal(existsSync(marks), false);

  // A power cut: the files are kept, and count as a person's, who may have worked there since.
  const last = await w.submit("steps 1 append marks linger 600000");
  await w.until(last.id, ({ num_turns }) => (num_turns ?? 0) > 1);
  appendFileSync(marks, "in the background\n");
  await killEverything(w);
  await w.start();
  assert.equal((await w.ended(last.id)).status, "completed");
  const kept = (await w.client.listCheckpoints({ id: last.id })).checkpoints.at(-1);
  assert.deepEqual([kept?.reason, git("show", `${kept?.ref ?? ""}:marks`)], ["restore", "1\nin the background"]);
});
