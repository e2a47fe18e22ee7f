/** Scored loops over kills: the best iteration's files stand, and no other file is lost. */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killAndWait, killEverything, killServer, noneLeft, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

/** A repository with a commit. */
function repository(w: FastWorker, name: string) {
  const directory = w.place.workdir(name);
  const git = (...args: string[]): string => plainGit(directory, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q");
  writeFileSync(path.join(directory, "README"), "first\n");
  git("add", ".");
  git("commit", "-qm", "first");
  return { directory, git, file: (file: string) => path.join(directory, file) };
}

/** Scores by the number of steps that were made, and has the agent make one more step. */
function scores(...values: readonly (number | string)[]): string {
  const cases = values.map((value, at) => `${at + 1}) echo ${value};;`).join(" ");
  return `echo more 1 wanted; case $(wc -l < work.txt) in ${cases} esac`;
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
const told = ({ iterations }: TaskView): unknown[] =>
  iterations.map(({ number, score, best, kept }) => [number, score, ...(best ? ["best"] : []), ...(kept ? ["kept"] : [])]);

test("the files of the best iteration stand at the end, wherever the task works", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "2" });
  await w.start();
  for (const kind of ["worktree", "in_place"] as const) {
    const { directory, git } = repository(w, kind);
    writeFileSync(path.join(directory, "mine"), "of a person\n");
    const { id } = await w.submit("steps 1 append work.txt", {
      working_directory: directory,
      workspace_kind: kind,
      score: scores(5, 3, 9, 4),
      score_goal: "minimize",
      max_iterations: 4,
    });
    const task = await w.ended(id);
    assert.partialDeepStrictEqual(
      task,
      { status: "completed", verified: true, attention: [], loop: { iteration: 4, of: 4, best: { iteration: 2, score: 3 } } },
      kind,
    );
    assert.deepEqual(told(task), [
      [1, 5],
      [2, 3, "best", "kept"],
      [3, 9],
      [4, 4],
    ]);
    const place = kind === "worktree" ? (task.workspace?.path ?? "") : directory;
    assert.equal(textOf(path.join(place, "work.txt")), "1\n2\n");
    assert.equal(textOf(path.join(directory, "mine")), "of a person\n");
    assert.partialDeepStrictEqual(task.verification, [{ name: "@score", state: "passed", tree: task.iterations[1]?.tree ?? "" }]);
    assert.match(task.verification[0]?.output_tail ?? "", /\n3$/);
    const commit = /commit ([0-9a-f]{40})/.exec(task.messages[2]?.text ?? "")?.[1] ?? "";
    assert.match(
      task.messages[2]?.text ?? "",
      /the score is 9, and a lower one is better \(iteration 3 of at most 4\)[\s\S]*The best score so far is 3, of iteration 2/,
    );
    assert.equal(git("show", `${commit}:work.txt`), "1\n2");
    assert.match((await w.cli(["show", String(id)])).stdout, /✔ 2 of 4 {2}passed · score 3 · best · its files stand · /);
    const events = await storyOf(w, id);
    assert.partialDeepStrictEqual(
      events.find(({ type }) => type === "iteration_kept"),
      { data: { iteration: 2, is_kept: true, reason: null, changed_files: 1, tree: task.iterations[1]?.tree ?? "" } },
    );
  }
});

test("a loop whose last iteration is the best one needs no further attempt", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { directory, file } = repository(w, "last");
  const flags = ["--score", scores(1, 2, 3), "--maximize", "--max-iterations", "3"];
  assert.equal((await w.cli(["run", "-d", directory, "steps 1 append work.txt", ...flags])).code, 0);
  const task = await w.ended(1);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, attempts: 3, score_goal: "maximize" });
  assert.deepEqual(told(task).at(-1), [3, 3, "best", "kept"]);
  assert.equal(textOf(file("work.txt")), "1\n2\n3\n");
  assert.match(
    (await w.cli(["run", "-d", directory, "x", "--score", "echo 1"])).stderr,
    /score does not say which score is better: .*--maximize or --minimize/,
  );
  assert.match(
    (await w.cli(["run", "-d", directory, "x", "--score", "echo 1", "--maximize", "--minimize"])).stderr,
    /contradict each other/,
  );
  await assert.rejects(w.submit("x", { score: "echo 1", score_goal: "minimize" }), { message: /^score needs a git repository/ });
});

test("work that breaks another check, or prints no score, never becomes the best", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const broken = repository(w, "broken");
  const { id } = await w.submit("steps 1 append work.txt", {
    working_directory: broken.directory,
    verify: ["[ $(wc -l < work.txt) -lt 2 ] || { echo more 1 wanted; exit 1; }"],
    score: scores(5, 1, 1, 1),
    score_goal: "minimize",
  });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, loop: { iteration: 4, best: { iteration: 1, score: 5 } } });
  assert.deepEqual(
    told(task).slice(1),
    [2, 3, 4].map((number) => [number, null]),
  );
  assert.equal(textOf(broken.file("work.txt")), "1\n");
  const mute = repository(w, "mute");
  const silent = await w.submit("steps 1 append work.txt", {
    working_directory: mute.directory,
    score: scores(5, "nothing"),
    score_goal: "minimize",
  });
  const failed = await w.ended(silent.id);
  assert.partialDeepStrictEqual(failed, { status: "failed", error: { code: "verify_unavailable" }, loop: { iteration: 1, of: 8 } });
  assert.match(
    failed.error?.message ?? "",
    /it printed no line that is a number.* The files are those of iteration 1, which has the best score \(5\)\./,
  );
  assert.equal(textOf(mute.file("work.txt")), "1\n", "whatever ends the loop");
});

test("what a person changed meanwhile is not overwritten, and said", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { directory, file } = repository(w, "person");
  const waits = "[ $(wc -l < work.txt) -lt 3 ] || until [ -e .git/go ]; do sleep 0.05; done";
  const { id } = await w.submit("steps 1 append work.txt", {
    working_directory: directory,
    score: `${waits}; ${scores(3, 5, 9)}`,
    score_goal: "minimize",
    max_iterations: 3,
  });
  await w.until(id, ({ loop, phase }) => loop?.iteration === 3 && phase === "verifying");
  w.trap("finalise.after");
  writeFileSync(file(".git/go"), "");
  await w.felled("finalise.after");
  appendFileSync(file("work.txt"), "of a person\n");
  await w.start();
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: false, loop: { best: { iteration: 1 } } });
  assert.match(
    task.attention.find(({ kind }) => kind === "best_not_kept")?.detail ?? "",
    /not those of iteration 1, .*others than the task changed work\.txt since\. .*claude-worker restore \d+ \d+$/,
  );
  assert.equal(textOf(file("work.txt")), "1\n2\n3\nof a person\n");
  assert.deepEqual(told(task)[0], [1, 3, "best"]);
  const { checkpoint } = task.iterations[0] ?? {};
  assert.equal((await w.cli(["restore", String(id), String(checkpoint), "--force", "--yes"])).code, 0);
  assert.equal(textOf(file("work.txt")), "1\n", "its snapshot is there for a person");
});

test("a kill at any moment loses neither the count nor the best iteration", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const submit = (directory: string, before = "true") =>
    w.submit("steps 1 append work.txt", {
      working_directory: directory,
      workspace_kind: "worktree",
      score: `${before}; ${scores(5, 3, 9)}`,
      score_goal: "minimize",
      max_iterations: 3,
    });
  const assertBest = async (id: number, what: string): Promise<void> => {
    const task = await w.ended(id);
    assert.partialDeepStrictEqual(task, { status: "completed", verified: true, attention: [] }, what);
    assert.deepEqual(
      told(task),
      [
        [1, 5],
        [2, 3, "best", "kept"],
        [3, 9],
      ],
      what,
    );
    assert.equal(textOf(path.join(task.workspace?.path ?? "", "work.txt")), "1\n2\n", what);
    assert.equal(task.messages.length, 2, what);
    await storyOf(w, id);
  };
  for (const place of ["put-back.removed", "put-back.indexed", "keep.after"] as const) {
    w.trap(place);
    const { id } = await submit(repository(w, place).directory);
    await w.felled(place);
    await assertBest(id, place);
  }
  const kills: [what: string, kill: (id: number) => Promise<unknown>][] = [
    ["runner", async (id) => await killAndWait(await runnerOf(w, id))],
    ["server", async () => [await killServer(w), await w.start()]],
    ["everything", async () => [await killEverything(w), await w.start()]],
  ];
  for (const [what, kill] of kills) {
    const { directory, file } = repository(w, what);
    const gate = file(".git/go");
    const { id } = await submit(
      directory,
      `[ $(wc -l < work.txt) -lt 3 ] || { touch ${gate}.at; until [ -e ${gate} ]; do sleep 0.05; done; }`,
    );
    await until("the last iteration's command", () => existsSync(`${gate}.at`));
    await kill(id);
    writeFileSync(gate, "");
    await assertBest(id, what);
  }
  await noneLeft(w);
});
