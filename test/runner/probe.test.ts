import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { markerName } from "../../src/processes/sweep.ts";
import { runProbe } from "../../src/supervisor/run-probe.ts";
import { scratch } from "../../testing/scratch.ts";

/** Runs a probe whose agent is a module with this body of `probe(request, emit)`. */
async function probe(t: TestContext, body: string, model: string | null = "opus", signal = new AbortController().signal) {
  const { directory, file } = scratch(t);
  const module = file(
    "agent.mjs",
    `import { writeFileSync } from "node:fs";
     export const createAgent = ({ env }) => ({ kill() {}, async probe(request, emit) { ${body} } });`,
  );
  const boot = {
    runnerId: `probe-${crypto.randomUUID()}`,
    socket: path.join(directory, "p.sock"),
    prewarm: false,
    orphanTimeoutMs: 1000,
    agentEnv: { PATH: process.env["PATH"] ?? "", MINE: "1", SEEN: path.join(directory, "seen") },
    claudeExecutable: null,
    agent: { module },
  };
  const logFile = path.join(directory, "log");
  return { boot, directory, outcome: await runProbe({ boot, model, logFile, signal }) };
}

const result = `{ type: "result", subtype: "success", is_error: false, num_turns: 1, result: "ok", total_cost_usd: 0.1, modelUsage: {} }`;

test("a probe gets the environment of tasks and the model, and no directory of a task", async (t) => {
  const { boot, directory, outcome } = await probe(
    t,
    `emit(${result}); writeFileSync(env.SEEN, JSON.stringify({ env, request })); return null;`,
  );
  assert.equal(outcome.kind, "succeeded", outcome.message);
  const seen = JSON.parse(readFileSync(boot.agentEnv.SEEN, "utf8")) as unknown;
  assert.deepEqual(seen, { env: { ...boot.agentEnv, [markerName]: boot.runnerId }, request: { model: "opus", directory } });
});

test("a probe without a model asks Claude Code's default", async (t) => {
  const { boot } = await probe(t, `writeFileSync(env.SEEN, JSON.stringify(request.model)); return "thrown";`, null);
  assert.equal(readFileSync(boot.agentEnv.SEEN, "utf8"), "null");
});

test("a probe that ends without an answer says nothing about the account", async (t) => {
  for (const body of [`return "thrown";`, `process.exit(1);`, `throw new Error("a bug");`]) {
    const { outcome } = await probe(t, body);
    assert.equal(outcome.kind, "crashed", body);
  }
});
