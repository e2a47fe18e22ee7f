import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const commands = path.join(import.meta.dirname, "..", "..", "src", "cli", "commands");

test("commands that list or show start the server, as those of tasks do", () => {
  const files = readdirSync(commands, { recursive: true, encoding: "utf8" }).filter((file) => /(?:^|[-/])(?:list|show)\.ts$/.test(file));
  assert.ok(files.length > 15, files.join());
  const ofClient = files.filter((file) => /\bclientOf\b/.test(readFileSync(path.join(commands, file), "utf8")));
  assert.deepEqual(ofClient, [], "these fail where no server runs: use `reading`");
});
