import assert from "node:assert/strict";
import { test } from "node:test";
import { checkpointOfTurn } from "../../../src/domain/workspace/checkpoint-of-turn.ts";
import type { Checkpoint, CheckpointReason } from "../../../src/domain/workspace/workspace.ts";

/** Checkpoints 1, 2, 3 … by their reason and their turn. */
function series(...each: readonly (readonly [CheckpointReason, number])[]): Checkpoint[] {
  return each.map(([reason, turn], at) => ({ number: at + 1, reason, turn }) as Checkpoint);
}

const numbers = (checkpoints: Checkpoint[], turns: number): (number | undefined)[] =>
  Array.from({ length: turns + 1 }, (_, turn) => checkpointOfTurn(checkpoints, turn)?.number);

test("the files of a turn are in the last snapshot before the next one", () => {
  const plain = series(["start", 0], ["turn", 1], ["turn", 1], ["turn", 3], ["end", 4]);
  assert.deepEqual(numbers(plain, 5), [1, 3, 3, 4, 5, 5]);
  assert.deepEqual(numbers(series(["start", 2], ["end", 3]), 3), [undefined, undefined, 1, 2]);
  assert.deepEqual(numbers([], 1), [undefined, undefined]);
});

test("turns keep their files when a rewind puts them back, and later turns have others", () => {
  // Turns 1 to 3, back to turn 1, and on with turn 4, which changes nothing, and turn 5.
  const rewound = series(["start", 0], ["turn", 1], ["end", 3], ["restore", 3], ["restored", 3], ["turn", 5]);
  assert.deepEqual(numbers(rewound, 5), [1, 2, 2, 3, 5, 6]);
});
