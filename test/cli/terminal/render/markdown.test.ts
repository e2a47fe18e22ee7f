import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { painter } from "../../../../src/cli/terminal/render/colour.ts";
import { markdownLines } from "../../../../src/cli/terminal/render/markdown/render.ts";
import { paintedWidth } from "../../../../src/cli/terminal/render/text-width.ts";
import { plainText } from "../../../../src/domain/text/plain-text.ts";
import { patch, withServer } from "../../setup.ts";
import { assertLinear } from "../../../../testing/cpu-cost.ts";

const plain = painter({ colour: false });
const shown = (text: string, width = 40): string[] => markdownLines(text, width, plain);

test("markdown of headings, emphasis, code and links is drawn on a terminal", () => {
  assert.deepEqual(shown("# Title #\nSome **bold**, *soft* and `a  b` text with snake_case_words and 2 * 3 * 4.\n\n---"), [
    "Title",
    "Some bold, soft and `a b` text with",
    "snake_case_words and 2 * 3 * 4.",
    "",
    "─".repeat(40),
  ]);
  assert.deepEqual(shown("See [the page](https://example.com/x) and [](https://a.b) \\*not\\* **open"), [
    "See the page (https://example.com/x) and",
    "https://a.b *not* **open",
  ]);
  const colours = markdownLines("**b** `c` *i*", 40, painter({ colour: true }));
  assert.deepEqual(colours, ["\x1b[1mb\x1b[22m \x1b[36mc\x1b[39m \x1b[3mi\x1b[23m"]);
});

test("lists in markdown hang under their text, with code and tables inside", () => {
  const text =
    "1. a first item that is longer than a line of it\n   - inner\n     text\n10. ten\n\n    ```sh\n    npm test -- --grep a-very-long-name-of-a-test\n    ```\n- [x] done\n- [ ] open\nlazy";
  assert.deepEqual(shown(text, 30), [
    "1. a first item that is longer",
    "   than a line of it",
    "   • inner text",
    "10. ten",
    "",
    "      npm test -- --grep a-very-long-name-of-a-test",
    "☑ done",
    "☐ open lazy",
  ]);
});

test("a table fits the terminal, and one that cannot is shown as it was written", () => {
  const table = "| file | what it says |\n|---|:-:|\n| a.ts | one two three four five |\n| `b\\|c` | x |";
  assert.deepEqual(shown(table, 24), [
    "file   what it says",
    "─────  ─────────────────",
    "a.ts   one two three",
    "       four five",
    "`b|c`  x",
  ]);
  assert.deepEqual(shown("|a|b|c|d|\n|-|-|-|-|\n|1|2|3|4|", 20), ["|a|b|c|d|", "|-|-|-|-|", "|1|2|3|4|"]);
});

test("quotes in markdown have a bar, and other text stays as it is", () => {
  assert.deepEqual(shown("> quoted text that is longer than the width\n> - a\n\n<b>html</b> & 1 < 2 #no -no"), [
    "│ quoted text that is longer than the",
    "│ width",
    "│ • a",
    "",
    "<b>html</b> & 1 < 2 #no -no",
  ]);
});

test("markdown of any text controls a terminal by colours only and loses no word", () => {
  const unit = fc.constantFrom(
    "a",
    "b",
    " ",
    "\n",
    "*",
    "**",
    "_",
    "`",
    "#",
    "- ",
    "1. ",
    "> ",
    "|",
    "---",
    "[",
    "](",
    ")",
    "\\",
    "\x1b[2J",
    "\x07",
    "日",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 120 }), fc.boolean(), (text, colour) => {
      const lines = markdownLines(plainText(text), 40, painter({ colour }));
      const all = lines.join("\n").replaceAll(/\x1b\[(?:1|2|3|4|22|23|24|36|39)m/g, "");
      assert.doesNotMatch(all, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      for (const letter of ["a", "b", "日"])
        assert.equal(all.split(letter).length, plainText(text).split(letter).length, JSON.stringify([text, lines]));
    }),
    { numRuns: 500 },
  );
});

test("drawing markdown takes no more than linear time", () => {
  const hostile = ["*a", "`", "``` ", "[", "[a](", "> ", "- ", "  - ", "|", "| a ", "**", "_a_ ", "\\", "|-", "a`b``c```"].flatMap(
    (part) => [part, `${part}\n`],
  );
  for (const part of hostile) assertLinear(part.repeat(3000), (text) => markdownLines(text, 80, plain));
});

test("show begins with the result, which only a terminal gets drawn", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "p ".repeat(300)]);
  await api.finish(1);
  await patch(api, 1, { result: "# Done\n\nI **fixed** it \x1b]0;x\x07in `a.ts`." });
  for (const columns of [40, 80, 200]) {
    const { stdout } = await call(["show"], { columns, env: { NO_COLOR: "1" } });
    const order = [
      "Task 1  ✔ completed",
      "Result\n  Done\n\n  I fixed it in `a.ts`.",
      "Prompt\n",
      "Directory",
      "Next\n  claude-worker logs 1",
    ].map((part) => stdout.indexOf(part));
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      order,
      stdout,
    );
    assert.ok(!order.includes(-1), stdout);
    for (const line of stdout.split("\n")) assert.ok(paintedWidth(line) <= columns || /\/|^ *claude-worker /.test(line), line);
  }
  assert.match((await call(["show"])).stdout, /Result\n {2}# Done\n\n {2}I \*\*fixed\*\* it in `a\.ts`\./);
  assert.match((await call(["show", "--raw"], { columns: 80 })).stdout, /I \*\*fixed\*\* it \\u001b\]0;x\\u0007in/);
});
