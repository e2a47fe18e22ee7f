/**
 * A server that is started inside of a Claude Code session, as its Bash tool or a terminal of its
 * host starts one.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startClaude } from "../../testing/claude-code.ts";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));

/** What a desktop app, an editor and a cloud session give to the sessions that they run. */
const host = {
  CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: "1",
  CLAUDE_CODE_HOST_AUTH_ENV_VAR: "ANTHROPIC_AUTH_TOKEN",
  CLAUDE_CODE_REMOTE_SESSION_ID: "session_01",
  CLAUDE_CODE_SSE_PORT: "1",
  CLAUDE_OF_A_LATER_VERSION: "1",
};

test("a server that a session starts gives its tasks none of the session's variables", async (t) => {
  // The key is only in the user's settings: a marker of a host makes Claude Code skip it there.
  const run = `env -u ANTHROPIC_API_KEY -u ANTHROPIC_BASE_URL ${process.execPath} ${bin} run 'note yours' --allow Bash`;
  // What Claude Code was started with; to its tools it adds a session's variables of its own.
  const own = process.platform === "linux" ? "tr '\\0' '\\n' < /proc/$CLAUDE_PID/environ" : "env";
  const w = await worker(t, {
    "start a task": [step.bash(`env > outer.env; ${run}`), step.text("started")],
    "note yours": [step.bash(`${own} > task.env`), step.text("noted")],
  });
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL } = w.env;
  mkdirSync(path.join(w.place.home, ".claude"), { recursive: true });
  writeFileSync(path.join(w.place.home, ".claude", "settings.json"), JSON.stringify({ env: { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL } }));
  await w.cli(["trust", "add", w.place.work]);
  const session = startClaude("start a task", { env: { ...w.env, ...host }, cwd: w.place.work, words: ["--allowedTools", "Bash"] });
  const outer = await session.ended;
  assert.equal(outer.code, 0, outer.stderr + outer.stdout);
  const task = await w.ended(1);
  assert.deepEqual([task.status, task.result], ["completed", "noted"], JSON.stringify(task.error));
  const given = variablesIn(path.join(w.place.work, "outer.env"));
  const taken = variablesIn(path.join(w.place.work, "task.env"));
  for (const name of [
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_MESSAGING_SOCKET",
    "CLAUDE_CODE_MESSAGING_TOKEN",
    ...Object.keys(host),
  ]) {
    assert.ok(given.has(name), `the session has no ${name}: this test says nothing about it`);
  }
  if (process.platform !== "linux") return;
  const handedOn = [...taken].filter(([name, value]) => given.get(name) === value && !(name in w.env)).map(([name]) => name);
  assert.deepEqual(
    handedOn.filter((name) => /CLAUDE|ANTHROPIC/.test(name)),
    [],
  );
});

function variablesIn(file: string): Map<string, string> {
  const lines = readFileSync(file, "utf8").split("\n");
  return new Map(lines.map((line) => [line.split("=", 1).join(""), line.slice(line.indexOf("=") + 1)]));
}
