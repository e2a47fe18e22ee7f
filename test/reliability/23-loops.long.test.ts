/** Loops over kills: each iteration counts once, whatever dies in its middle. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killAndWait, killEverything, killServer, noneLeft, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

/** A repository with a commit. */
function repository(w: FastWorker, name: string): string {
  const directory = w.place.workdir(name);
  const git = (...args: string[]): string => plainGit(directory, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "first");
  return directory;
}

/** Fails until it has run often enough, and has the agent make one more step each time. */
function passesAt(count: number): string {
  return `echo run >> .git/runs; [ $(wc -l < .git/runs) -ge ${count} ] || { echo more 1 wanted after $(wc -l < .git/runs); exit 3; }`;
}

const linesOf = (file: string): number => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").length : 0);

test("a loop goes on in one session until its command passes", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const directory = repository(w, "passes");
  const { id } = await w.submit("steps 1 append work.txt", { working_directory: directory, until: passesAt(4) });
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", verified: true, attempts: 4, loop: { iteration: 4, of: 8 } });
  assert.deepEqual(
    task.iterations.map(({ number, state, exit_code, stale }) => [number, state, exit_code, stale]),
    [
      [1, "unfinished", 3, false],
      [2, "unfinished", 3, false],
      [3, "unfinished", 3, false],
      [4, "passed", 0, false],
    ],
  );
  assert.equal(new Set(task.iterations.map(({ tree }) => tree)).size, 4, "each has its files");
  assert.ok(task.iterations.every(({ checkpoint, session_id }) => checkpoint !== null && session_id === task.session_id));
  assert.match(task.messages[0]?.text ?? "", /iteration 1 of at most 8[\s\S]*\(--until\) ended with exit code 3[\s\S]*more 1 wanted/);
  assert.equal(linesOf(path.join(directory, "work.txt")), 4);
  const shown = await w.cli(["show", String(id)]);
  assert.match(shown.stdout, /\nIterations\n {2}… 1 of 8 {2}unfinished · exit code 3 · [\s\S]*\n {2}✔ 4 of 8 {2}passed · /);
  const events = (await storyOf(w, id)).filter(({ type }) => type === "iteration_ended");
  assert.partialDeepStrictEqual(events[1], { data: { iteration: 2, of: 8, state: "unfinished", exit_code: 3 } });

  // A message after the end begins a loop of its own, with all of its iterations.
  await w.client.sendMessage({ id, text: "more 1" });
  const again = await w.ended(id);
  assert.partialDeepStrictEqual(again, { status: "completed", loop: { iteration: 1, of: 8 } });
  assert.deepEqual(
    again.iterations.map(({ number, stale }) => [number, stale]),
    [1, 2, 3, 4, 5].map((number) => [number, number < 5]),
  );
});

test("a loop ends with its cap, without progress, or when its command is missing", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "4" });
  await w.start();
  const capped = repository(w, "capped");
  const idle = repository(w, "idle");
  const { id: most } = await w.submit("steps 1 append work.txt", {
    working_directory: capped,
    until: passesAt(1000),
    max_iterations: 5,
    verify_tries: 1,
    retries: 2,
  });
  const { id: same } = await w.submit("steps 1 append work.txt", { working_directory: idle, until: "echo no; exit 1" });
  const { id: missing } = await w.submit("steps 1", { working_directory: repository(w, "missing"), until: "no-such-command-1f3c" });
  const { id: outside } = await w.submit("steps 1", { until: "echo no; exit 1", max_iterations: 4 });
  const cap = await w.ended(most);
  assert.partialDeepStrictEqual(cap, {
    status: "failed",
    attempts: 5,
    error: { code: "verification_failed" },
    loop: { iteration: 5, of: 5 },
  });
  assert.match(cap.error?.message ?? "", /^Given up after 5 iterations \(--max-iterations\)\. .*\(--until\) ended with exit code 3/);
  const stuck = await w.ended(same);
  assert.match(stuck.error?.message ?? "", /^Stopped: 3 iterations in a row ended in the same way, with the same files\./);
  assert.equal(stuck.attempts, 3);
  const absent = await w.ended(missing);
  assert.partialDeepStrictEqual(absent, { status: "failed", attempts: 3, error: { code: "verify_unavailable" }, messages: [] });
  assert.deepEqual([absent.iterations, absent.loop], [[], { iteration: 0, of: 8, best: null }], "it is not retried to the cap");
  assert.equal((await w.ended(outside)).attempts, 4, "files outside of git may have changed");
});

test("a fresh context begins each iteration in a session of its own", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const directory = repository(w, "fresh");
  const flags = ["--until", passesAt(3), "--context", "fresh", "--max-iterations", "4"];
  const { code } = await w.cli(["run", "-d", directory, "steps 1 append work.txt", ...flags]);
  assert.equal(code, 0);
  const task = await w.ended(1);
  assert.partialDeepStrictEqual(task, { status: "completed", iteration_context: "fresh", loop: { iteration: 3, of: 4 } });
  assert.equal(new Set(task.iterations.map(({ session_id }) => session_id)).size, 3);
  // The prompt is played again in each session, with a step that the message adds.
  assert.equal(linesOf(path.join(directory, "work.txt")), 1 + 2 + 2);
  assert.match(task.messages.at(-1)?.text ?? "", /worked on before, in sessions that you do not see[\s\S]*iteration 2 of at most 4/);
});

test("an iteration that a kill cut off counts once, with its work", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const kills: [what: string, kill: (id: number) => Promise<unknown>][] = [
    ["runner", async (id) => await killAndWait(await runnerOf(w, id))],
    ["server", async () => [await killServer(w), await w.start()]],
    ["everything", async () => [await killEverything(w), await w.start()]],
  ];
  for (const [what, kill] of kills) {
    const directory = repository(w, what);
    const gate = path.join(directory, ".git", "go");
    const began = path.join(directory, ".git", "began");
    const command = `echo run >> .git/began; if [ $(wc -l < work.txt) = 2 ]; then until [ -e .git/go ]; do sleep 0.05; done; fi; [ $(wc -l < work.txt) -ge 3 ] || { echo more 1 wanted after $(wc -l < work.txt); exit 3; }`;
    const { id } = await w.submit("steps 1 append work.txt", { working_directory: directory, until: command });
    await until("the second iteration's command", () => linesOf(began) === 2);
    assert.deepEqual((await w.client.getTask({ id })).loop, { iteration: 2, of: 8, best: null });
    await kill(id);
    w.place.file(path.relative(w.place.directory, gate), "");
    const task = await w.ended(id);
    assert.partialDeepStrictEqual(task, { status: "completed", verified: true, loop: { iteration: 3, of: 8 } }, what);
    assert.deepEqual(
      task.iterations.map(({ number, state }) => [number, state]),
      [
        [1, "unfinished"],
        [2, "unfinished"],
        [3, "passed"],
      ],
      what,
    );
    assert.equal(readFileSync(path.join(directory, "work.txt"), "utf8"), "1\n2\n3\n", what);
    assert.equal(task.messages.length, 2, "the agent hears of each once");
    await storyOf(w, id);
  }
  for (const place of ["verify.started", "verify.ended", "finalise.before", "finalise.after"] as const) {
    const directory = repository(w, place);
    w.trap(place);
    const command = `[ $(wc -l < work.txt) -ge 2 ] || { echo more 1 wanted; exit 3; }`;
    const { id } = await w.submit("steps 1 append work.txt", { working_directory: directory, until: command });
    await w.felled(place);
    if (place.startsWith("finalise")) await w.start();
    const task = await w.ended(id);
    assert.deepEqual(
      task.iterations.map(({ number, state }) => [number, state]),
      [
        [1, "unfinished"],
        [2, "passed"],
      ],
      place,
    );
    assert.equal(task.messages.length, 1, place);
    await storyOf(w, id);
  }
  await noneLeft(w);
});
