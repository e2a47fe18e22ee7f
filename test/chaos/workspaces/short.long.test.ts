import assert from "node:assert/strict";
import { test } from "node:test";
import { runKills } from "./run.ts";

// The long form is `npm run kills:workspaces`. A finding keeps the world on the disk and names it.
test("kills around worktrees, applies, landings and the trash lose no file", async (t) => {
  const seed = 7;
  const tally = await runKills({ seed, kills: 12, killsPerWorld: 12, say: (line) => t.diagnostic(line) });
  assert.deepEqual(tally.findings, [], `seed ${seed}`);
  assert.equal(tally.kills, 12);
});
