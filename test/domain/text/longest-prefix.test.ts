import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LongestPrefix } from "../../../src/domain/text/longest-prefix.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "\u{1F600}"), minLength: 1, maxLength: 6 });

test("the longest text that begins at a place is found, as by trying each", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { maxLength: 12 }),
      fc.string({ unit: fc.constantFrom("a", "b", "\u{1F600}"), maxLength: 12 }),
      (words, text) => {
        const prefixes = new LongestPrefix(words);
        for (let at = 0; at <= text.length; at += 1) {
          const [tried = null] = words.filter((each) => text.startsWith(each, at)).toSorted((a, b) => b.length - a.length);
          assert.equal(prefixes.at(text, at), tried);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
