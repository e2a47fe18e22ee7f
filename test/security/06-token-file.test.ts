/**
 * Item 6: the local token has 256 bits, in a file that its owner alone may read; loose files are
 * refused.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ensureToken } from "../../src/server/token-file.ts";
import { scratch } from "../../testing/scratch.ts";

test("the token file has 256 bits and mode 0600, and is made once", (t) => {
  const file = path.join(scratch(t).directory, "token");
  const before = process.umask(0o000);
  t.after(() => process.umask(before));
  const token = ensureToken(file);
  assert.equal(Buffer.from(token, "base64url").length, 32);
  assert.equal(lstatSync(file).mode & 0o777, 0o600);
  assert.equal(ensureToken(file), token);
  assert.equal(readFileSync(file, "utf8").trim(), token);
});

test("a token file that others may read, a link or a broken one is refused", (t) => {
  const { directory, file } = scratch(t);
  const token = "t".repeat(43);
  for (const mode of [0o644, 0o640, 0o604, 0o660]) {
    const loose = file("loose", token);
    chmodSync(loose, mode);
    assert.throws(() => ensureToken(loose), { code: "storage_unusable", message: /read by others/ });
  }
  const target = file("target", token);
  chmodSync(target, 0o600);
  const link = path.join(directory, "link");
  symlinkSync(target, link);
  assert.throws(() => ensureToken(link), { code: "storage_unusable" });
  const dangling = path.join(directory, "dangling");
  symlinkSync(path.join(directory, "elsewhere"), dangling);
  assert.throws(() => ensureToken(dangling), { code: "storage_unusable" });
  const short = path.join(directory, "short");
  writeFileSync(short, "half a tok", { mode: 0o600 });
  assert.throws(() => ensureToken(short), { code: "storage_unusable", message: /holds no token/ });
});

test("an empty token file counts as missing", (t) => {
  const file = path.join(scratch(t).directory, "token");
  writeFileSync(file, "", { mode: 0o644 });
  assert.equal(ensureToken(file).length, 43);
  assert.equal(lstatSync(file).mode & 0o777, 0o600);
});

test("a full disk is reported with the token file and the fix", (t) => {
  const { directory } = scratch(t);
  const file = path.join(directory, "token");
  const before = readdirSync(directory);
  const module = new URL("../../src/server/token-file.ts", import.meta.url).href;
  const make = `import(${JSON.stringify(module)}).then(({ ensureToken }) => ensureToken(process.argv[1]))`;
  // No file may have a byte: the system says EFBIG, which goes the way of ENOSPC.
  const child = spawnSync("bash", ["-c", 'ulimit -f 0; exec "$0" -e "$1" "$2"', process.execPath, make, file], { encoding: "utf8" });
  assert.match(child.stderr, new RegExp(`The disk of ${file} is full \\(EFBIG\\)\\. Free some space\\.`));
  assert.deepEqual(readdirSync(directory), before);
  assert.equal(ensureToken(file).length, 43);
});
