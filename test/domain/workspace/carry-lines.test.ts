import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { Hunk } from "../../../src/domain/workspace/diff.ts";
import { readPatch } from "../../../src/git/read-patch.ts";
import { scratch } from "../../../testing/scratch.ts";
import { carryLines, removesSame, shownLines } from "../../../src/domain/workspace/carry-lines.ts";

/** Lines 10 to 15 before: 11 is replaced by two, a line comes behind 13, 15 is removed. */
const hunk: Hunk = {
  oldStart: 10,
  oldLines: 6,
  newStart: 10,
  newLines: 7,
  section: "",
  lines: [" ten", "-eleven", "+one", "+two", " twelve", " thirteen", "+new", " fourteen", "-fifteen", "\\ No newline at end of file"],
};
const at = (start: number, end = start): { start: number; end: number } => ({ start, end });

test("lines that only moved are followed, and those that changed are not", () => {
  const carried = [9, 10, 11, 12, 13, 14, 15, 16].map((line) => carryLines([hunk], at(line))?.start ?? null);
  assert.deepEqual(carried, [9, 10, null, 13, 14, 16, null, 17]);
  assert.deepEqual(carryLines([hunk], at(12, 13)), at(13, 14));
  assert.equal(carryLines([hunk], at(13, 14)), null, "a line came between them");
  assert.equal(carryLines([hunk], at(10, 12)), null, "one of them changed");
});

test("lines are followed through hunks without lines before", () => {
  const inserted: Hunk = { oldStart: 3, oldLines: 0, newStart: 4, newLines: 2, section: "", lines: ["+a", "+b"] };
  assert.deepEqual([carryLines([inserted], at(3)), carryLines([inserted], at(4))], [at(3), at(6)]);
  const first: Hunk = { ...inserted, oldStart: 0, newStart: 1 };
  assert.deepEqual(carryLines([first], at(1)), at(3));
  assert.deepEqual(carryLines([], at(7, 9)), at(7, 9));
});

test("a difference says which lines of each side it shows", () => {
  const numbers = (side: "old" | "new", start: number, end: number): string[] =>
    shownLines([hunk], side, { start, end }).map(({ number, text }) => `${number}${text}`);
  assert.deepEqual(numbers("new", 10, 13), ["10 ten", "11+one", "12+two", "13 twelve"]);
  assert.deepEqual(numbers("old", 10, 12), ["10 ten", "11-eleven", "12 twelve"]);
  assert.deepEqual(numbers("new", 17, 99), []);
  assert.equal(removesSame([hunk], at(11), ["-eleven"]), true);
  assert.equal(removesSame([hunk], at(11, 12), ["-eleven", "-twelve"]), false);
  assert.equal(removesSame([], at(11), ["-eleven"]), false);
  assert.equal(removesSame([], at(10), [" ten"]), true);
});

test("whatever git says changed, a line is followed to itself or to nothing", (t) => {
  const corner = scratch(t);
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 60; round += 1) {
    const before = Array.from({ length: random(40) }, (_, each) => `line ${each}`);
    const after = [...before];
    for (let edits = random(6); edits > 0; edits -= 1)
      after.splice(random(after.length + 1), random(4), ...Array.from({ length: random(3) }, () => `new ${random(1_000_000)}`));
    const names = [before, after].map((lines, side) =>
      corner.file(`${side}`, lines.join("\n") + (lines.length > 0 && random(2) === 0 ? "\n" : "")),
    );
    const { stdout } = spawnSync("git", ["diff", "--no-index", `-U${random(4)}`, "--", ...names], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    const hunks = readPatch(stdout).flat();
    for (const [index, line] of before.entries()) {
      const carried = carryLines(hunks, at(index + 1));
      // A last line without its end counts as changed.
      if (carried === null) assert.ok(!after.includes(line) || stdout.includes(`-${line}\n`), `${round}: ${line} is still there`);
      else assert.equal(after[carried.start - 1], line, `${round}: ${line}`);
    }
  }
});
