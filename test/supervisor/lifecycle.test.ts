import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { scratchDirectory } from "../store/setup.ts";
import { commands, emptyModel } from "./lifecycle-model.ts";
import type { Real } from "./lifecycle-model.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";

test("any order of events ends every attempt once and stores every record once", async (t) => {
  const directory = scratchDirectory(t);
  let ends = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 100, size: "max" }), async (sequence) => {
      const own = mkdtempSync(path.join(directory, "run-"));
      putEmptyDatabase(path.join(own, "tasks.db"));
      const real: Real = { store: openStore({ path: path.join(own, "tasks.db") }), stale: [], directory: own, following: new Map() };
      const model = emptyModel();
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        ends += model.tasks.reduce((sum, { past }) => sum + past.length, 0);
      } finally {
        await Promise.all([real.store, ...real.stale].map((store) => store.close()));
      }
    }),
    { numRuns: 50, unbiased: true },
  );
  assert.ok(ends > 25, `only ${ends} attempts ended: the orders are too short to prove anything`);
});
