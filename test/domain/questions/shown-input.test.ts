import assert from "node:assert/strict";
import { test } from "node:test";
import { shownInput } from "../../../src/domain/questions/shown-input.ts";

test("all of an input is shown, with what a screen would hide", () => {
  const { parts, missing } = shownInput({ command: "ls \u202e\u200b\r\n", "na\u0007me": { deep: [1] }, flag: false });
  assert.equal(missing, null);
  assert.deepEqual(parts, [
    { name: "command", text: "ls \\u202e\\u200b\\u000d\n" },
    { name: "na\\u0007me", text: '{\n  "deep": [\n    1\n  ]\n}' },
    { name: "flag", text: "false" },
  ]);
});

test("an input that is too long is cut, and says so", () => {
  assert.equal(shownInput({ command: "x".repeat(19_993) }).missing, null);
  const { parts, missing } = shownInput({ command: "x".repeat(10_000), next: "y".repeat(10_000), last: "z" });
  assert.equal(missing, "rest");
  assert.deepEqual(
    parts.map(({ name, text }) => [name, text.length]),
    [
      ["command", 10_000],
      ["next", 9_990],
    ],
  );
  assert.equal(shownInput({ ["k".repeat(30_000)]: "" }).parts[0]?.name.length, 20_000);
});

test("an input from which a secret was taken out is not whole", () => {
  assert.equal(shownInput({ command: "curl -H 'authorization: [redacted]' x; rm y" }).missing, "secret");
  assert.equal(shownInput({ env: { "[redacted]": "1" }, "[redacted]": "" }).missing, "secret");
  assert.equal(shownInput({ "[redacted]": "" }).missing, "secret");
});
