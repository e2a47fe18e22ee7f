import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { CheckpointOrder } from "../../src/attempt-protocol/protocol.ts";
import type { AgentWork } from "../../src/agent/agent.ts";
import type { RunnerNote, SdkRecord } from "../../src/domain/events/record.ts";
import { checkpointIn } from "../../src/domain/workspace/checkpoint-note.ts";
import type { CheckpointNote } from "../../src/domain/workspace/checkpoint-note.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { Checkpoints } from "../../src/runner/checkpoints.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const agent = { module: path.resolve(import.meta.dirname, "../../testing/fake-agent.ts") };

function orderOf({ place }: Pick<TestRepository, "place">, more: Partial<CheckpointOrder> = {}): CheckpointOrder {
  return { index: path.join(place.dataHome, "snapshots", "task_1.index"), attempt: 1, next: 1, before: null, ...more };
}

function checkpointsIn(records: readonly SdkRecord[]): CheckpointNote[] {
  return notesOf(records, "checkpoint").map((note) => {
    const read = checkpointIn({ ...note });
    assert.ok(read !== null);
    return read;
  });
}

/** Runs the fake agent in the repository to its end. */
async function run(t: TestContext, repository: TestRepository, prompt: string, order: Partial<CheckpointOrder> = {}, env = {}) {
  const runner = await startRunner(t, { scratch: repository.place, env: { HOME: repository.place.home, ...env }, agent });
  const attempt = runner.start({ prompt, workingDirectory: repository.top }, { checkpoints: orderOf(repository, order) });
  return await attempt.ended();
}

test("a task's files are kept before its first step, after each change, and at the end", async (t) => {
  const repository = gitRepository(t);
  const { git, write } = repository;
  write("a", "a person's\n");
  const records = await run(t, repository, "steps 3 append marks");
  const taken = checkpointsIn(records);
  assert.equal(resultOf(records)?.["subtype"], "success");
  assert.deepEqual(
    taken.map(({ number }) => number),
    taken.map((_, index) => index + 1),
  );
  assert.deepEqual([taken[0]?.reason, taken[0]?.changes], ["start", { files: 0, insertions: 0, deletions: 0 }]);
  assert.ok(taken.slice(1).every(({ reason }) => reason === "turn" || reason === "end"));
  const last = taken.at(-1);
  assert.deepEqual(last?.changes, { files: 1, insertions: 3, deletions: 0 }, "what the person had changed is not the task's");
  assert.equal(git("show", `${last?.ref}:marks`), "1\n2\n3");
  const order = records.map(({ type, subtype }) => `${type}/${String(subtype)}`);
  assert.ok(order.indexOf("worker/checkpoint") < order.indexOf("system/init"), "the first snapshot comes before Claude Code");
  assert.equal(notesOf(records, "swept").length, 0);

  const { tree = "", head = null, repository: place = "", commit = "" } = taken.at(-1) ?? {};
  const before = { repository: place, last: { tree, head }, base: taken[0]?.commit ?? "", first: taken[0]?.commit ?? null };
  const again = checkpointsIn(await run(t, repository, "steps 1 append marks", { attempt: 2, next: taken.length + 1, before }));
  assert.equal(again.length, 1, "nothing had changed before the first step");
  assert.deepEqual([again[0]?.ref, again[0]?.changes?.insertions], [`refs/claude-worker/1/2/${taken.length + 1}`, 4]);
  assert.equal(git("rev-parse", `${commit}:marks`) === git("rev-parse", `${again[0]?.commit}:marks`), false);
});

test("a snapshot follows the turn that changed something, while Claude Code works", async (t) => {
  const repository = gitRepository(t);
  const runner = await startRunner(t, { scratch: repository.place, env: { HOME: repository.place.home }, agent });
  const orders = { prompt: "steps 1 append marks hang", workingDirectory: repository.top };
  const attempt = runner.start(orders, { checkpoints: orderOf(repository) });
  await attempt.record("a snapshot after the turn", ({ subtype, reason }) => subtype === "checkpoint" && reason === "turn");
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 0 });
  const reasons = checkpointsIn(await attempt.ended()).map(({ reason }) => reason);
  assert.deepEqual(reasons, ["start", "turn"]);
});

test("the last snapshot has what one that it cut off had read already", async (t) => {
  const repository = gitRepository(t);
  const { place, env, write, git, top } = repository;
  const bin = path.join(place.home, "bin");
  mkdirSync(bin);
  const [real, block, blocked] = [env["PATH"] ?? "", path.join(place.home, "block"), path.join(place.home, "blocked")];
  const wait = `[ -e '${block}' ] && : > '${blocked}' && exec sleep 1000`;
  const script = `#!/bin/sh\nPATH='${real}'\ncase "$*" in *commit-tree*) ${wait};; esac\nexec git "$@"\n`;
  writeFileSync(path.join(bin, "git"), script, { mode: 0o755 });
  const notes: RunnerNote[] = [];
  const work = { taskId: 1, spec: { workingDirectory: top }, checkpoints: orderOf(repository) } as unknown as AgentWork;
  const program = new GitProgram({ ...env, PATH: `${bin}:${real}` });
  const checkpoints = new Checkpoints({ work, program, note: (note) => notes.push(note) });
  await checkpoints.begin();
  write("a", "changed\n");
  writeFileSync(block, "");
  const call = { type: "assistant", message: { id: "m1", content: [{ type: "tool_use", id: "t1", name: "Write" }] } } as const;
  checkpoints.heard(call, false);
  checkpoints.heard({ type: "user" }, true);
  await until("the snapshot after the step", () => existsSync(blocked));
  rmSync(block);
  await checkpoints.end("end");
  const [, last] = notes;
  assert.ok(last?.subtype === "checkpoint" && notes.length === 2, JSON.stringify(notes));
  assert.deepEqual([last.reason, last.message, git("show", `${last.commit}:a`)], ["end", "m1", "changed"]);
  write("a", "half done\n");
  checkpoints.heard({ ...call, message: { ...call.message, id: "m2" } }, false);
  await checkpoints.end("end");
  assert.partialDeepStrictEqual(notes[2], { subtype: "checkpoint", reason: "end", message: null }, "a step was cut off");
});

test("a task outside of git, or without git, runs without snapshots and says so", async (t) => {
  const place = scratch(t);
  const repository = { ...gitRepository(t), place, top: place.work };
  const outside = notesOf(await run(t, repository, "steps 1"), "no_checkpoint");
  assert.deepEqual(
    outside.map((note) => note["kind"]),
    ["not_a_repository"],
  );
  assert.match(String(outside[0]?.["text"]), /work is not in a git repository, so there are no snapshots\.$/);
  mkdirSync(path.join(place.work, ".git"));
  const records = await run(t, repository, "steps 2 delay 50", {}, { PATH: "/nowhere" });
  assert.deepEqual(
    notesOf(records, "no_checkpoint").map((note) => note["kind"]),
    ["missing"],
  );
  assert.equal(resultOf(records)?.["subtype"], "success");
});

test("a git that fails is reported and never fails the task", async (t) => {
  const repository = gitRepository(t);
  const bin = path.join(repository.place.home, "bin");
  mkdirSync(bin);
  const real = process.env["PATH"] ?? "";
  const script = `#!/bin/sh\ncase "$*" in *write-tree*) echo "error: No space left on device" >&2; exit 128;; esac\nPATH='${real}' exec git "$@"\n`;
  writeFileSync(path.join(bin, "git"), script, { mode: 0o755 });
  const records = await run(t, repository, "steps 4 delay 300 append marks", {}, { PATH: `${bin}:${real}` });
  const problems = notesOf(records, "no_checkpoint");
  assert.deepEqual(
    problems.map((note) => note["kind"]),
    ["disk_full", "disk_full"],
  );
  assert.equal(resultOf(records)?.["subtype"], "success");
});

for (const place of ["snapshot.indexed", "snapshot.committed", "snapshot.referenced"]) {
  test(`a runner that is killed at ${place} leaves a repository that is whole`, async (t) => {
    const repository = gitRepository(t);
    const { git, write, file } = repository;
    write("new", "a person's\n");
    const failpoints = path.join(repository.place.home, "failpoints");
    mkdirSync(failpoints);
    const state = (): unknown => [
      git("rev-parse", "HEAD"),
      git("status", "--porcelain"),
      readFileSync(file(".git/index")).toString("base64"),
    ];
    const before = state();
    writeFileSync(path.join(failpoints, place), "");
    const env = { HOME: repository.place.home, CLAUDE_WORKER_FAILPOINTS: failpoints };
    const runner = await startRunner(t, { scratch: repository.place, env, agent });
    runner.start({ prompt: "steps 1 append marks", workingDirectory: repository.top }, { checkpoints: orderOf(repository) });
    let isClosed = false;
    runner.connection.onClose(() => (isClosed = true));
    await until("the death of the runner", () => isClosed);
    assert.deepEqual(state(), before);
    const taken = checkpointsIn(await run(t, repository, "steps 1 append marks", { attempt: 2 }));
    assert.equal(taken[0]?.reason, "start");
    assert.equal(git("show", `${taken[0]?.commit}:new`), "a person's");
    assert.match(git("show", `${taken.at(-1)?.commit}:marks`), /^1/);
    git("fsck", "--strict");
  });
}
