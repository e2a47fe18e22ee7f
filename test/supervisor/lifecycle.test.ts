import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { pathsFrom } from "../../src/config/paths.ts";
import { loadSettings } from "../../src/config/load-settings.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { WorkspaceGate } from "../../src/operations/workspaces/workspace-gate.ts";
import { SubmitRate } from "../../src/operations/tasks/submit-rate.ts";
import { ClaudeCodeTrust } from "../../src/operations/tasks/working-directory.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";
import { scratchDirectory } from "../store/setup.ts";
import { undamaged } from "./lifecycle/agree.ts";
import { commands } from "./lifecycle/commands.ts";
import { emptyModel } from "./lifecycle/model.ts";
import type { Real } from "./lifecycle/model.ts";

/** More of them: `LIFECYCLE_RUNS=500 node --test test/supervisor/lifecycle.test.ts`. */
const numRuns = Number(process.env["LIFECYCLE_RUNS"] ?? 24);

async function open(directory: string): Promise<Real> {
  const file = path.join(directory, "tasks.db");
  putEmptyDatabase(file);
  const { settings } = loadSettings({ file: path.join(directory, "config.json"), env: { HOME: directory }, flags: {} });
  const claudeCodeTrust = new ClaudeCodeTrust({ HOME: directory });
  const store = openStore({ path: file });
  await store.write(() => store.trust.add(directory, 0));
  const rates = { rate: new SubmitRate(60), agentRate: new SubmitRate(60) };
  const files = { paths: pathsFrom({ HOME: directory }), git: new GitProgram({}), gate: new WorkspaceGate() };
  return {
    store,
    stale: [],
    directory,
    following: new Map(),
    contextOf: (of, now) => ({ store: of, settings, claudeCodeTrust, env: { HOME: directory }, now: () => now, ...rates, ...files }),
  };
}

test("any order of events, questions and messages leaves what it should", async (t) => {
  const directory = scratchDirectory(t);
  const counts = { ends: 0, applied: 0, done: 0, copies: 0, skipped: 0, revived: 0, waived: 0, refusedClaims: 0 };
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 150, size: "max" }), async (sequence) => {
      const real = await open(mkdtempSync(path.join(directory, "run-")));
      const model = emptyModel();
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        undamaged(real);
        for (const name of ["copies", "skipped", "revived", "waived", "refusedClaims"] as const) counts[name] += model[name];
        for (const { past, questions, messages } of model.tasks) {
          counts.ends += past.length;
          counts.applied += questions.filter(({ applied }) => applied).length;
          counts.done += messages.filter(({ status }) => status === "done").length;
        }
      } finally {
        for (const follower of real.following.values()) follower.stop();
        await Promise.all([real.store, ...real.stale].map((store) => store.close()));
      }
    }),
    { numRuns, unbiased: true, endOnFailure: true },
  );
  t.diagnostic(JSON.stringify(counts));
  // So rare that a short run may lack them: `LIFECYCLE_RUNS=200` has dozens.
  const { revived: _revived, waived: _waived, ...often } = counts;
  assert.ok(Math.min(...Object.values(often)) > 1, `the orders are too short to prove anything: ${JSON.stringify(counts)}`);
});
