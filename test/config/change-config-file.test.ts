/** Changes of the configuration file by several calls at once. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { changeConfigFile } from "../../src/config/change-config-file.ts";
import { scratch } from "../../testing/scratch.ts";

test("a change that lost its turn reads the configuration file again", async (t) => {
  const file = path.join(scratch(t).directory, "config.json");
  const lock = `${file}.lock`;
  let calls = 0;
  await changeConfigFile(file, (content) => {
    calls += 1;
    // The first call only looks whether the change is possible; the second has the turn, and takes
    // too long.
    if (calls === 2) {
      writeFileSync(file, JSON.stringify({ warm: 2 }));
      writeFileSync(lock, "another call's");
      // The other call's turn ends while this one waits for its own.
      setTimeout(() => rmSync(lock), 20);
    }
    return { content: { ...content, workers: 8 } };
  });
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { warm: 2, workers: 8 });
  assert.deepEqual(
    readdirSync(path.dirname(file)).filter((name) => name.startsWith("config")),
    ["config.json"],
  );
});

test("a lock of the configuration file that a killed call left is broken", async (t) => {
  const file = path.join(scratch(t).directory, "config.json");
  writeFileSync(`${file}.lock`, "a killed call's");
  utimesSync(`${file}.lock`, 0, 0);
  await changeConfigFile(file, (content) => ({ content: { ...content, workers: 8 } }));
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { workers: 8 });
});
