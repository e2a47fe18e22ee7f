import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { commands, emptyModel } from "./model.ts";
import type { Real } from "./model.ts";
import { scratchDirectory } from "./setup.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";

test("any order of operations and restarts keeps the store and its model the same", async (t) => {
  const directory = scratchDirectory(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "+1" }), async (sequence) => {
      const file = path.join(directory, `${run++}.db`);
      putEmptyDatabase(file);
      const real: Real = { file, store: openStore({ path: file }) };
      try {
        await fc.asyncModelRun(() => ({ model: emptyModel(), real }), sequence);
      } finally {
        await real.store.close();
        rmSync(file);
      }
    }),
    { numRuns: 60 },
  );
});
