import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean } from "../../../src/domain/text/did-you-mean.ts";

const commands = ["run", "list", "show", "status", "logs", "watch", "wait", "cancel", "retry", "rm", "server", "--max-turns", "--model"];

const words: [word: string, meant: string | null][] = [
  ["lst", "list"],
  ["lits", "list"],
  ["LIST", "list"],
  ["cancle", "cancel"],
  ["canceled", "cancel"],
  ["statsu", "status"],
  ["rn", "run"],
  ["rum", "run"],
  ["--max-turn", "--max-turns"],
  ["--modle", "--model"],
  ["frobnicate", null],
  ["x", null],
  ["rxx", null],
  ["", null],
  ["hello world", null],
];
for (const [word, meant] of words) {
  test(`"${word}" probably means ${meant ?? "nothing that there is"}`, () => {
    assert.equal(didYouMean(word, commands), meant);
  });
}

test("a mistyped word means the nearest candidate, and of two the first", () => {
  assert.equal(didYouMean("waitt", ["watch", "wait", "waits"]), "wait");
  assert.equal(didYouMean("abx", ["aby", "abz"]), "aby");
});

test("only neighbours that changed places count as one typing mistake", () => {
  assert.equal(didYouMean("abcdef", ["badcef"]), "badcef");
  assert.equal(didYouMean("abcdef", ["bxcdyf"]), null);
});

test("a mistyped word without candidates means nothing", () => {
  assert.equal(didYouMean("list", []), null);
});

test("a mistyped word of a megabyte costs no time", () => {
  assert.equal(didYouMean("x".repeat(1_000_000), commands), null);
});
