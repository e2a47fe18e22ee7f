import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { textWidth } from "../../../../src/cli/terminal/render/text-width.ts";
import { prose, wrap } from "../../../../src/cli/terminal/render/wrap.ts";
import { outputTo } from "../../../../src/cli/terminal/io.ts";

test("a command between backticks is never broken, and gets its colour", () => {
  assert.deepEqual(wrap("Run `claude-worker claude` and sign in", 22), ["Run", "`claude-worker claude`", "and sign in"]);
  const bold = "\x1b[1mclaude-worker server restart\x1b[22m";
  assert.deepEqual(wrap(`it helps: ${bold}`, 20), ["it helps:", bold]);
});

test("a text is broken at words, with a hanging indent", () => {
  assert.deepEqual(wrap("one two three four five six", 20, { first: "- ", rest: "  " }), ["- one two three four", "  five six"]);
  assert.deepEqual(wrap("first\n  indented line that is too long here", 24), ["first", "  indented line that is", "  too long here"]);
  assert.deepEqual(wrap("  2  pending  a", 20), ["  2  pending  a"], "columns stay");
  assert.equal(prose({ isTTY: false, columns: 20 }, "a line that is longer than the width"), "a line that is longer than the width");
});

test("a command to copy gets a line of its own", () => {
  const command = 'claude-worker run "Fix the test, please" --allow "Bash(npm test)" --dir /a/b.c';
  const cases: [string, string][] = [
    [`Not trusted. If you trust it: ${command}`, command],
    [`It is not there. See: claude-worker trust list, and then try it once more`, "claude-worker trust list,"],
    [`Change it with "claude-worker config set workers 8" before the start`, '"claude-worker config set workers 8"'],
    ["Run claude-worker server restart to start the server again", "claude-worker server restart"],
    ["It goes on: claude-worker server start && claude-worker watch 42", "claude-worker server start && claude-worker watch 42"],
  ];
  for (const [text, unbroken] of cases)
    for (let width = 20; width < 120; width += 1) {
      const lines = wrap(text, width, { rest: "  " });
      assert.ok(
        lines.some((line) => line.includes(unbroken)),
        `${width}: ${lines.join("\n")}`,
      );
      assert.ok(
        lines.every((line) => line.length <= width || line.trim() === unbroken),
        `${width}: ${lines.join("\n")}`,
      );
    }
});

test("a dot between commands goes where the line ends", () => {
  const text = "Next: claude-worker watch 1 · claude-worker show 1 · claude-worker cancel 1";
  assert.deepEqual(wrap(text, 52), ["Next: claude-worker watch 1 · claude-worker show 1", "claude-worker cancel 1"]);
  assert.deepEqual(wrap(text, 100), [text]);
});

test("only a word that is wider than the terminal makes a line wider", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b ", "日", "本。", " ", '"', "é", "🚀 ", "· "), maxLength: 80 }),
      fc.integer({ min: 20, max: 60 }),
      (text, width) => {
        const lines = wrap(text, width);
        const longest = Math.max(0, ...text.split(/\s+/).map((word) => textWidth(word)));
        for (const line of lines) assert.ok(textWidth(line) <= Math.max(width, longest), JSON.stringify(lines));
        const kept = (all: string): string => all.replaceAll(/[\s·]/g, "");
        assert.equal(kept(lines.join("")), kept(text));
      },
    ),
  );
});

test("a terminal that does not know its size counts as 80 columns and 24 rows", () => {
  for (const size of [{ columns: 0, rows: 0 }, { columns: Number.NaN, rows: -1 }, {}]) {
    const { columns, rows } = outputTo(Object.assign(new PassThrough(), { isTTY: true, ...size }), {});
    assert.deepEqual([columns, rows], [80, 24], JSON.stringify(size));
  }
  const { columns, rows } = outputTo(Object.assign(new PassThrough(), { isTTY: true, columns: 30, rows: 9 }), {});
  assert.deepEqual([columns, rows], [30, 9]);
});
