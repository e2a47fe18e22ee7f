import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { compileCachePath, pathsFrom } from "../../src/config/paths.ts";
import { prepareDataDirectory } from "../../src/server/data-directory.ts";
import { scratch } from "../../testing/scratch.ts";

test("a data directory is for its owner only, and a second start keeps it", (t) => {
  const paths = pathsFrom({ CLAUDE_WORKER_HOME: scratch(t).dataHome });
  prepareDataDirectory(paths);
  const kept = path.join(compileCachePath(paths), "compiled");
  writeFileSync(kept, "x");
  chmodSync(paths.logs, 0o755);
  prepareDataDirectory(paths);
  for (const directory of [paths.home, paths.logs, paths.run, compileCachePath(paths)])
    assert.equal(statSync(directory).mode & 0o777, 0o700, directory);
  assert.ok(existsSync(kept), "the compiled code of the last start");
  chmodSync(compileCachePath(paths), 0o777);
  prepareDataDirectory(paths);
  assert.equal(existsSync(kept), false, "another user could have written it");
});

test("a directory that is there already for the database keeps its mode", (t) => {
  const { directory, dataHome } = scratch(t);
  const elsewhere = path.join(directory, "shared");
  mkdirSync(elsewhere);
  chmodSync(elsewhere, 0o755);
  prepareDataDirectory(pathsFrom({ CLAUDE_WORKER_HOME: dataHome, CLAUDE_WORKER_DB: path.join(elsewhere, "tasks.db") }));
  assert.equal(statSync(elsewhere).mode & 0o777, 0o755);
});
