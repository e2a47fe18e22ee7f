import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { plainLine, plainText, visibleText } from "../../../src/domain/text/plain-text.ts";

const hostile: [what: string, text: string, plain: string][] = [
  ["plain words", "Hello, wörld ✓", "Hello, wörld ✓"],
  ["colours", "\x1b[1;31mred\x1b[0m", "red"],
  ["cursor movement", "a\x1b[2J\x1b[Hb", "ab"],
  ["a title (OSC 0, ended by BEL)", "\x1b]0;owned\x07text", "text"],
  ["a link (OSC 8, ended by ST)", "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["the clipboard (OSC 52)", "\x1b]52;c;cm0gLXJm\x07x", "x"],
  ["a device control string", "\x1bP1$r0m\x1b\\x", "x"],
  ["C1 forms", "\x9b31mred\x9d0;title\x9cx\x90q\x9cy\x85z", "redxy\nz"],
  ["a reset", "\x1bcx", "x"],
  ["a character set", "\x1b(0lqk", "lqk"],
  ["half a sequence", "a\x1b", "a"],
  ["half an OSC", "a\x1b]0;title", "a]0;title"],
  ["a sequence that appears when another is taken out", "\x1b\x1b[31m[31mx", "[31mx"],
  ["a lone carriage return", "safe\rrm -rf", "saferm -rf"],
  ["Windows line ends", "a\r\nb", "a\nb"],
  ["backspaces and NUL", "ab\b\b\0c\x7f", "abc"],
  ["bidi controls", "\u202eevil\u202c \u2066x\u2069\u200f\u061c", "evil x"],
  ["invisible characters", "a\u200bb\ufeffc\u2060d\u00ade\u{e0041}f", "abcdef"],
  ["line and paragraph separators", "a\u2028b\u2029c", "a\nb\nc"],
  ["joiners of scripts and emoji", "👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"],
  ["newlines and tabs", "a\n\tb", "a\n\tb"],
  ["half a character", "a\ud800b\udc00", "a\ufffdb\ufffd"],
];
for (const [what, text, plain] of hostile) {
  test(`plainText makes ${what} safe`, () => {
    assert.equal(plainText(text), plain);
  });
}

const lines: [text: string, max: number, line: string][] = [
  ["one\ntwo\t three ", 80, "one two three"],
  ["", 80, ""],
  [" \n ", 80, ""],
  ["abcdef", 6, "abcdef"],
  ["abcdefg", 6, "abcde…"],
  ["ab cdefg", 4, "ab…"],
  ["👩👩👩👩", 4, "👩👩👩👩"],
  ["👩👩👩👩👩", 4, "👩👩👩…"],
  ["\x1b[31mred\x1b[0m", 3, "red"],
  ["x".repeat(1_000_000), 5, "xxxx…"],
  ["abc", 0, "…"],
];
for (const [text, max, line] of lines) {
  const shown = JSON.stringify(line);
  test(`plainLine shows ${JSON.stringify(text.slice(0, 20))} in ${max} as ${shown}`, () => {
    assert.equal(plainLine(text, max), line);
  });
}

/** Every code point that a terminal could take as more than a letter. */
export const unprintable = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\x1b", "[", "]", "m", "\x07", "\x9b", "\x9c", "\n", "\r", "\u202e", "\ud800", "P", "\\", "0"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
  maxLength: 200,
});

test("plainText and plainLine keep no control character of any text", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, max) => {
      assert.doesNotMatch(plainText(text).replaceAll(/[\n\t]/g, ""), unprintable);
      assert.doesNotMatch(plainLine(text, max), unprintable);
      assert.ok(Array.from(plainLine(text, max)).length <= max);
      assert.ok(plainText(text).isWellFormed() && plainLine(text, max).isWellFormed());
    }),
    { numRuns: 5000 },
  );
});

test("cleaning a plain text twice changes nothing more", () => {
  fc.assert(fc.property(anyText, (text) => assert.equal(plainText(plainText(text)), plainText(text))));
});

test("a hostile text of a megabyte is cleaned in linear time", () => {
  for (const piece of ["\x1b]", "\x9d", "\x1b[", "\x1b[0", "\x90x", "\x1b ", "\r"]) {
    const clean = plainText(piece.repeat(500_000));
    assert.doesNotMatch(clean.slice(0, 1000), unprintable);
  }
});

test("visibleText writes out each character that is drawn as nothing or a blank", () => {
  const hidden = [
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u180b",
    "\u180f",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\uffa0",
    "\u{e0100}",
    "\u{1d173}",
    "\u034f",
  ];
  for (const each of hidden) {
    const written = Array.from({ length: each.length }, (_, at) => `\\u${each.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
    assert.equal(visibleText(`rm a${each}b`), `rm a${written}b`);
  }
  assert.equal(visibleText("naïve 日本語\u3000한글 é"), "naïve 日本語\u3000한글 é");
});
