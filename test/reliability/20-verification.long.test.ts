/** Verification over kills: what a command says counts once, and a kill is never a pass. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killAndWait, killEverything, killServer, noneLeft, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

/** A command that counts its runs in a file, and ends when the test has made another one. */
function gate(w: FastWorker, name: string) {
  const lines = (): number => {
    const file = path.join(w.place.work, name);
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").length : 0;
  };
  return {
    verify: [`@gate echo run >> ${name}; until [ -e ${name}.go ]; do sleep 0.05; done`],
    runs: lines,
    run: (count: number) => until(`run ${count} of the command`, () => lines() >= count),
    open: () => void w.place.file(`work/${name}.go`, ""),
  };
}

function assertPassed(task: TaskView): void {
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.partialDeepStrictEqual(task, { verified: true, verification: [{ name: "gate", state: "passed", passed: true, exit_code: 0 }] });
}

/** The agent worked once, whatever was killed. */
function assertWorkedOnce(w: FastWorker, file: string): void {
  assert.equal(readFileSync(path.join(w.place.work, file), "utf8"), "1\n2\n");
}

test("a verification that a kill cut off runs again once, without the agent", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const kills: [what: string, kill: (id: number) => Promise<unknown>, runs: number][] = [
    ["runner", async (id) => await killAndWait(await runnerOf(w, id)), 2],
    ["server", async () => [await killServer(w), await w.start()], 1],
    ["everything", async () => [await killEverything(w), await w.start()], 2],
  ];
  for (const [what, kill, runs] of kills) {
    const command = gate(w, what);
    const { id } = await w.submit(`steps 2 append ${what}.steps`, { verify: command.verify });
    await command.run(1);
    const during = await w.until(id, ({ phase }) => phase === "verifying");
    assert.partialDeepStrictEqual(during, { status: "running", verified: null, verification: [{ state: "running", passed: false }] });
    await kill(id);
    await command.run(runs);
    if (what === "server") assert.equal((await w.client.getTask({ id })).phase, "verifying", "a new server knows what runs");
    command.open();
    assertPassed(await w.ended(id));
    assert.equal(command.runs(), runs, what);
    assertWorkedOnce(w, `${what}.steps`);
    await storyOf(w, id);
  }
  await noneLeft(w);
});

test("a process that dies at any step loses no verdict and invents none", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  for (const place of ["verify.started", "verify.ended", "attempt.end.before"] as const) {
    w.trap(place);
    const command = gate(w, place);
    command.open();
    const { id } = await w.submit(`steps 2 append ${place}.steps`, { verify: command.verify });
    await w.felled(place);
    assertPassed(await w.ended(id));
    assert.equal(command.runs(), 1, place);
    assertWorkedOnce(w, `${place}.steps`);
    await storyOf(w, id);
  }
  // The server dies right after it has stored that the verification failed.
  w.trap("finalise.after");
  const { id } = await w.submit("steps 1", { verify: ["@gate [ -e tried ] || { touch tried; echo more 1 wanted; exit 1; }"] });
  await w.felled("finalise.after");
  await w.start();
  const task = await w.ended(id);
  assertPassed(task);
  assert.partialDeepStrictEqual(task, { messages: [{ status: "done", sent_by: "verification" }], verification: [{ tries: 2 }] });
  assert.equal(task.messages.length, 1, "the agent hears of it once");
  await storyOf(w, id);
  await noneLeft(w);
});

test("commands that misbehave end, leave nothing and are not the agent's error", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "8" });
  await w.start();
  const stopped = gate(w, "stopped");
  const limited = gate(w, "limited");
  const verify = (command: string) => [`@gate ${command}`];
  const { id: missing } = await w.submit("steps 1", { verify: ["no-such-command-1f3c"] });
  const { id: endless } = await w.submit("steps 1", { verify: verify("echo run >> endless; sleep 1000"), verify_timeout_ms: 1000 });
  const { id: killer } = await w.submit("steps 2 append killer.steps", { verify: verify("echo run >> killer; kill -9 $PPID; sleep 1000") });
  const { id: silent } = await w.submit("steps 1", { verify: verify("sleep 2"), stall_timeout_ms: 1000 });
  const { id: slow } = await w.submit("steps 1", { verify: limited.verify, timeout_ms: 1500 });
  const { id: cancelled } = await w.submit("steps 1", { verify: stopped.verify });
  await stopped.run(1);
  await w.client.cancelTask({ id: cancelled });
  assert.partialDeepStrictEqual(await w.ended(cancelled), { status: "cancelled", verification: [{ state: "stopped", passed: false }] });
  assert.partialDeepStrictEqual(await w.ended(slow), {
    status: "failed",
    error: { code: "timed_out" },
    verification: [{ state: "stopped" }],
  });
  const unavailable = { status: "failed", error: { code: "verify_unavailable", retryable: true }, messages: [], verified: false } as const;
  const first = await w.ended(missing);
  assert.partialDeepStrictEqual(first, { ...unavailable, attempts: 3 });
  assert.match(
    first.error?.message ?? "",
    /it was not found \(exit code 127\)\. It was tried 3 times\. When the cause is gone: .* --resume$/,
  );
  assert.partialDeepStrictEqual(await w.ended(endless), {
    ...unavailable,
    attempts: 3,
    verification: [{ state: "unavailable", tries: 0 }],
  });
  assertPassed(await w.ended(silent));
  // It gets as many attempts as any other death.
  assert.partialDeepStrictEqual(await w.ended(killer), { ...unavailable, attempts: 5, verification: [{ state: "stopped" }] });
  assertWorkedOnce(w, "killer.steps");
  await noneLeft(w);
});

test("a shutdown ends the command, and the next server has it run again", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const command = gate(w, "shut");
  const { id } = await w.submit("steps 2 append shut.steps", { verify: command.verify });
  await command.run(1);
  await w.cli(["server", "stop", "--now"]);
  await noneLeft(w);
  await w.start();
  await command.run(2);
  command.open();
  assertPassed(await w.ended(id));
  assertWorkedOnce(w, "shut.steps");
});
