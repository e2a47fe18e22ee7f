import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isBetter, scoreIn } from "../../../src/domain/verification/score.ts";

test("the score is the last line that is a number and nothing else", () => {
  const cases: [output: string, score: number | null][] = [
    ["12", 12],
    ["score:\n 12.5 \nin 3 s\n", 12.5],
    ["1\n2\r\n", 2],
    ["-0.5", -0.5],
    ["+.5e-3", 0.0005],
    ["7.", 7],
    ["\x1b[32m42\x1b[0m\n", 42],
    ["", null],
    ["12 ms", null],
    ["NaN\nInfinity\n0x10\n1,000", null],
    ["1e999", null],
  ];
  for (const [output, score] of cases) assert.equal(scoreIn(output), score, JSON.stringify(output));
});

test("every number that a program prints is read again as it was", () => {
  const numbers = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
  fc.assert(fc.property(numbers, (value) => assert.equal(scoreIn(`it took\n${value}\n`), value)));
});

test("a score is better only where it differs", () => {
  assert.deepEqual([isBetter("minimize", 1, 2), isBetter("minimize", 2, 2), isBetter("maximize", 2, 1)], [true, false, true]);
});
