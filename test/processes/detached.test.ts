import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { detachedCommands } from "../../src/processes/detached.ts";
import { commandFromPs } from "../../src/processes/ps.ts";
import { isDeserted, markerName, sweep } from "../../src/processes/sweep.ts";
import { until } from "../../testing/wait.ts";

const linuxOnly = { skip: process.platform !== "linux" && "only Linux lists children" };

/** The environment of a command of Claude Code's tools. */
const ofTool = { CLAUDECODE: "1", GIT_EDITOR: "true" };

/** Runs a shell script below a marker; what it leaves behind is ended with the test. */
function shell(t: TestContext, script: string, env: Record<string, string> = ofTool) {
  const marker = `test-${crypto.randomUUID()}`;
  const child = spawn("/bin/sh", ["-c", script], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env["PATH"] ?? "", [markerName]: marker, ...env },
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await sweep(marker);
  });
  return { child, marker, printed: async () => String((await once(child.stdout, "data"))[0]).trim() };
}

test("a command that a tool left behind is found with its words", async (t) => {
  const { marker, printed } = shell(t, "sleep 1234 >/dev/null & echo $!; exit 0");
  const pid = Number(await printed());
  await until("the program of the fork", async () => (await commandFromPs(pid)) === "sleep 1234" || null);
  assert.deepEqual(await detachedCommands(marker, {}), [{ pid, command: "sleep 1234" }]);
});

test("what Claude Code starts for itself does not count as a command left behind", async (t) => {
  for (const env of [{}, { CLAUDECODE: "1" }, { GIT_EDITOR: "true" }]) {
    const { marker, printed } = shell(t, "sleep 1234 >/dev/null & echo $!; exit 0", env);
    await printed();
    assert.deepEqual(await detachedCommands(marker, {}), []);
  }
});

test("a command that ends by itself in a moment was not left behind", async (t) => {
  const { marker, printed } = shell(t, "sleep 0.1 >/dev/null & echo $!; exit 0");
  await printed();
  assert.deepEqual(await detachedCommands(marker, {}), []);
});

test("a process whose only child is a zombie is deserted", linuxOnly, async (t) => {
  // The shell is replaced by a program that never waits for its child.
  const { child, printed } = shell(t, "sleep 0.3 >/dev/null & echo $!; exec sleep 1000 >/dev/null");
  await printed();
  const root = child.pid ?? 0;
  assert.equal(isDeserted(root), false);
  await until("a zombie", () => isDeserted(root) || null);
});

test("a process with a living child is not deserted, and a process without children is", linuxOnly, async (t) => {
  const { child, printed } = shell(t, "sleep 1000 >/dev/null & echo $!; wait");
  const below = Number(await printed());
  assert.equal(isDeserted(child.pid ?? 0), false);
  assert.equal(isDeserted(below), true);
  assert.equal(isDeserted(999_999_999), false, "not known");
});
