import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { lockRepository } from "../../src/git/repository-lock.ts";
import { GitProblem } from "../../src/git/git-problem.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const source = path.resolve(import.meta.dirname, "../../src/git/repository-lock.ts");

/** A process that takes the lock `times` times; each hold checks that it is the only one. */
function contender(directory: string, times: number): Promise<number | null> {
  const script = `
    import { lockRepository } from ${JSON.stringify(source)};
    import { mkdirSync, rmdirSync } from "node:fs";
    for (let n = 0; n < ${times}; n += 1) {
      const release = await lockRepository(${JSON.stringify(path.join(directory, "lock"))}, 60_000);
      mkdirSync(${JSON.stringify(path.join(directory, "held"))}); // Throws where another one holds it.
      await new Promise(setImmediate);
      rmdirSync(${JSON.stringify(path.join(directory, "held"))});
      release();
    }`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

test("only one holds the lock, within a process and over several", async (t) => {
  const { directory } = scratch(t);
  assert.deepEqual(await Promise.all([contender(directory, 25), contender(directory, 25), contender(directory, 25)]), [0, 0, 0]);
  let holders = 0;
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const release = await lockRepository(path.join(directory, "lock"), 60_000);
      assert.equal((holders += 1), 1);
      await new Promise(setImmediate);
      holders -= 1;
      release();
    }),
  );
  assert.ok(readdirSync(path.join(directory, "lock")).length <= 3, "old files are removed");
});

test("the lock of a process that was killed is free at once", async (t) => {
  const { directory } = scratch(t);
  const lock = path.join(directory, "lock");
  const script = `import { lockRepository } from ${JSON.stringify(source)}; await lockRepository(${JSON.stringify(lock)}, 1000); console.log("held"); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await assert.rejects(
    lockRepository(lock, 100),
    (error) => error instanceof GitProblem && error.kind === "too_slow" && error.message.includes(String(child.pid)),
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  (await lockRepository(lock, 60_000))();
});

test("a lock from before a reboot, a torn draft and a stopped wait do no harm", async (t) => {
  const { directory } = scratch(t);
  const lock = path.join(directory, "lock");
  (await lockRepository(lock, 1000))();
  writeFileSync(path.join(lock, "7"), JSON.stringify({ pid: process.pid, start: "1", boot: "another boot" }));
  writeFileSync(path.join(lock, "draft-x"), "{");
  const release = await lockRepository(lock, 60_000);
  const stopped = new AbortController();
  const waiting = lockRepository(lock, 60_000, stopped.signal);
  stopped.abort();
  await assert.rejects(waiting, /was stopped/);
  release();
  await until("the lock again", async () => (await lockRepository(lock, 1000))() ?? true);
});
