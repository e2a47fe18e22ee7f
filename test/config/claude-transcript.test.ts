import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import { keepSessions } from "../../src/operations/questions/keep-sessions.ts";
import type { Store } from "../../src/store/store.ts";
import { scratchDirectory } from "../store/setup.ts";

test("a link or a pipe in the place of a transcript is not used", (t) => {
  const home = scratchDirectory(t);
  const project = path.join(home, ".claude", "projects", "p");
  mkdirSync(project, { recursive: true });
  const other = path.join(home, "other.txt");
  writeFileSync(other, "mine\n");
  const env = { HOME: home };
  const [link, pipe, real] = ["link", "pipe", "real"].map((name) => path.join(project, `${name}.jsonl`)) as [string, string, string];
  symlinkSync(other, link);
  execFileSync("mkfifo", [pipe]);
  writeFileSync(real, "{}\n");
  assert.equal(findTranscript(env, "link"), null);
  assert.equal(findTranscript(env, "pipe"), null);
  assert.equal(findTranscript(env, "real"), real);

  const before = statSync(other).mtimeMs;
  const tasks = ["link", "real"].map((sessionId, at) => ({ id: at + 1, openAttemptId: null, sessionId }));
  const store = { tasks: { list: () => tasks } } as unknown as Store;
  assert.deepEqual(
    keepSessions(store, () => env, 5_000),
    { tasks: 2, kept: 1 },
  );
  assert.equal(statSync(other).mtimeMs, before);
  assert.equal(statSync(real).mtimeMs, 5_000);
  rmSync(pipe);
});
