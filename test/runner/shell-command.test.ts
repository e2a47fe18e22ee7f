/** Commands that misbehave, with real processes. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ShellCommand } from "../../src/runner/shell-command.ts";
import type { ShellCommandEnd } from "../../src/runner/shell-command.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

interface Run {
  readonly running: ShellCommand;
  readonly directory: string;
  /** What was left of it and ended. */
  readonly swept: string[];
}

function prepare(t: TestContext, command: string, { limitMs = 60_000 } = {}): Run {
  const { work: directory } = scratch(t);
  const marker = randomUUID();
  const swept: string[] = [];
  const running = new ShellCommand({
    command,
    directory,
    env: { PATH: process.env["PATH"] ?? "", [markerName]: marker },
    limitMs,
    clear: async () => void swept.push(...(await sweep(marker)).map((each) => each.command)),
  });
  return { running, directory, swept };
}

async function run(t: TestContext, command: string, options?: { limitMs: number }): Promise<ShellCommandEnd> {
  return await prepare(t, command, options).running.run();
}

test("a command's exit code and all that it prints are known, in order", async (t) => {
  const end = await run(t, 'echo one; echo two >&2; echo "three)"; exit 3');
  assert.deepEqual([end.exitCode, end.signal, end.isTimedOut, end.isStopped, end.startProblem], [3, null, false, false, null]);
  assert.equal(end.output, "one\ntwo\nthree)\n");
  assert.equal(end.outputBytes, 15);
  assert.equal((await run(t, "true")).exitCode, 0);
  assert.equal((await run(t, "no-such-command-1f3c")).exitCode, 127);
  assert.equal((await run(t, "read line || exit 5")).exitCode, 5, "there is no input");
});

test("a command that never ends is ended with all of its group at the limit", async (t) => {
  const end = await run(t, "trap '' TERM; echo begun; sleep 1000 & while :; do sleep 1; done", { limitMs: 300 });
  assert.equal(end.isTimedOut, true);
  assert.equal(end.output, "begun\n");
});

test("a command that prints a gigabyte ends, and only its end is kept", async (t) => {
  const end = await run(t, "head -c 1073741824 /dev/zero; echo; echo last");
  assert.equal(end.exitCode, 0);
  assert.equal(end.outputBytes, 1_073_741_824 + 6);
  assert.equal(end.output, "last\n");
});

test("what a command leaves behind is swept, and holds its end up no longer", async (t) => {
  const { running, swept } = prepare(t, "setsid sleep 1000 & sleep 1001 & echo left");
  const end = await running.run();
  assert.deepEqual([end.exitCode, end.output], [0, "left\n"]);
  // Each may be found before it has become the program that it runs.
  assert.equal(swept.length, 2, swept.join());
  for (const each of swept) assert.match(each, /^(?:setsid )?sleep 100[01]$|^\/bin\/sh -c setsid sleep 1000 &/);
});

test("a stop ends a command, and keeps one that was not started from starting", async (t) => {
  const { running, directory } = prepare(t, "touch begun; sleep 1000");
  const ended = running.run();
  await until("the command", () => existsSync(path.join(directory, "begun")));
  running.stop();
  running.stop();
  const end = await ended;
  assert.deepEqual([end.isStopped, end.isTimedOut], [true, false]);
  const second = prepare(t, "touch begun");
  second.running.stop();
  assert.equal((await second.running.run()).isStopped, true);
  assert.equal(existsSync(path.join(second.directory, "begun")), false);
});

test("a command in a directory that is gone does not run", async (t) => {
  const { running } = prepare(t, "true");
  const gone = new ShellCommand({ command: "true", directory: "/no/such/directory", env: {}, limitMs: 1000, clear: async () => {} });
  assert.match((await gone.run()).startProblem ?? "", /could not be started/);
  assert.equal((await running.run()).exitCode, 0);
});

test("a command gets the environment that it was given, and no other", async (t) => {
  const { running, directory } = prepare(t, "env > environment");
  await running.run();
  const names = readFileSync(path.join(directory, "environment"), "utf8")
    .split("\n")
    .map((line) => line.split("=", 1)[0]);
  assert.deepEqual(
    new Set(names.filter((name) => name !== "" && name !== "_" && name !== "PWD" && name !== "SHLVL" && name !== "OLDPWD")),
    new Set(["PATH", markerName]),
  );
});
