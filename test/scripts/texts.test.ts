/** The rules for texts that a machine can check (`npm run texts`). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unexplainedWaits } from "../../scripts/texts/waits.ts";
import { findingsInComment, findingsInName, findingsInProse } from "../../scripts/texts/rules.ts";

test("the check of texts names each word of the dialect and the word to write instead", () => {
  for (const [text, finding] of [
    ["Mended: the hold", '"Mended": write fix'],
    ["Ask whoever runs it.", '"whoever": write the caller, the user, the process …'],
    ["Running tasks go on.", '"go on": write continue'],
    ["That is no text.", '"is no": write "is not an X"'],
    ["Two faults were found.", '"faults": write problem, error'],
  ] as const)
    assert.deepEqual(findingsInProse(text), [finding], text);
  assert.equal(findingsInProse("Somebody was told.").length, 2);
});

test("the check of texts accepts plain English and names in backticks", () => {
  for (const text of [
    "Running tasks continue.",
    "There is no server.",
    "The socket is no longer there.",
    "Goes on the list.",
    "A `session_mended` event, or `fault` and `told`.",
    "The default is recommended and can be amended.",
  ])
    assert.deepEqual(findingsInProse(text), [], text);
});

test("the check of texts measures each line of a comment from its column", () => {
  const wide = `/**\n   * ${"x".repeat(94)}\n   * ${"x".repeat(96)}\n   */`;
  const [finding, ...others] = findingsInComment(wide, 2, true);
  assert.deepEqual(others, []);
  assert.equal(wide.slice(finding?.offset).split("\n")[0], `   * ${"x".repeat(96)}`);
  assert.match(finding?.sentence ?? "", /at most 100 columns, this one 101$/);
  assert.equal(findingsInComment(`// ${"x".repeat(96)}`, 2, true).length, 1);
  assert.deepEqual(findingsInComment(`// ${"x".repeat(95)}`, 2, true), []);
});

test("the check of texts judges words of a comment only where it is asked to", () => {
  assert.equal(findingsInComment("// Nobody knows.", 0, true).length, 1);
  assert.deepEqual(findingsInComment("// Nobody knows.", 0, false), []);
});

test("the check of texts refuses a test's name of more than 80 characters", () => {
  assert.deepEqual(findingsInName("x".repeat(80)), []);
  assert.deepEqual(findingsInName("x".repeat(81)), ["a test's name has at most 80 characters, this one 81"]);
});

test("the check of texts asks why a test waits for a time", () => {
  const source = [
    'import { setTimeout as delay } from "node:timers/promises";',
    "await delay(100); // The suite asks for a slow tool.",
    "await delay(100);",
    "// Nothing may be sent meanwhile.",
    "await delay(100);",
    "setTimeout(() => stop.abort(), 20);",
    "socket.setTimeout(20);",
    "later(20);",
  ];
  const lines = (text: string): number[] =>
    unexplainedWaits("a.test.ts", text).map(({ offset }) => text.slice(0, offset).split("\n").length);
  assert.deepEqual(lines(source.join("\n")), [3, 6]);
  assert.match(unexplainedWaits("a.test.ts", source.join("\n"))[0]?.sentence ?? "", /wait for a condition .* or say in a comment/);
  assert.deepEqual(unexplainedWaits("a.test.ts", 'import { setImmediate as delay } from "node:timers/promises";\nawait delay();'), []);
});
