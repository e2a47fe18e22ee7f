import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readVerify, verifyCommands, verifyProblem, writeVerify } from "../../../src/domain/verification/verify-command.ts";

test("a command can stand alone, with a name, or as a name", () => {
  assert.deepEqual(readVerify(" npm test "), { name: null, command: "npm test" });
  assert.deepEqual(readVerify("CI=1 npm test"), { name: null, command: "CI=1 npm test" });
  assert.deepEqual(readVerify("@unit npm test -- --ci"), { name: "unit", command: "npm test -- --ci" });
  assert.deepEqual(readVerify("@unit"), { name: "unit", command: null });
  assert.deepEqual(readVerify("@unit\nset -e\nnpm test"), { name: "unit", command: "set -e\nnpm test" });
});

test("what is no command and no name is refused with a sentence", () => {
  const refused: [text: string, problem: RegExp][] = [
    ["  ", /is empty/],
    ["@", /a name follows the @/],
    ["@ npm test", /a name follows the @/],
    ["@a/b npm test", /other characters/],
    [`@${"a".repeat(64)}`, /other characters/],
    ["@none npm test", /a meaning of its own/],
    ["@default npm test", /a meaning of its own/],
  ];
  for (const [text, problem] of refused) assert.match(verifyProblem(text) ?? "", problem, text);
  for (const text of ["npm test", "@test", "@none", "@default", "@unit npm test", "echo ')'"])
    assert.equal(verifyProblem(text), null, text);
});

test("each command of a task has a name of its own", () => {
  const long = `echo ${"x".repeat(100)}`;
  const commands = verifyCommands(["npm test", "@npm npm test", "npm  test", `${long}1`, `${long}2`]);
  assert.deepEqual(
    commands.map(({ name }) => name.slice(0, 12)),
    ["npm test", "npm", "npm test 2", "echo xxxxxxx", "echo xxxxxxx"],
  );
  assert.equal(new Set(commands.map(({ name }) => name)).size, 5);
  assert.equal(commands[3]?.command, `${long}1`);
});

test("a command that was written is read again as it was", () => {
  const name = fc.option(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/).filter((each) => each !== "none" && each !== "default"));
  const command = fc.string({ minLength: 1 }).filter((each) => each.trim() === each && each !== "" && !each.startsWith("@"));
  fc.assert(
    fc.property(name, command, (given, each) => {
      const text = writeVerify({ name: given, command: each });
      assert.equal(verifyProblem(text), null);
      assert.deepEqual(readVerify(text), { name: given, command: each });
    }),
  );
});
