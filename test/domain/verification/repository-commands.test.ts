import assert from "node:assert/strict";
import { test } from "node:test";
import { repositoryCommands } from "../../../src/domain/verification/repository-commands.ts";

test("a repository names commands, and those that run by default", () => {
  assert.deepEqual(repositoryCommands({ verify: { test: "npm test" }, verify_default: ["test"] }), {
    commands: { test: "npm test" },
    defaults: ["test"],
    setup: null,
  });
  assert.deepEqual(repositoryCommands({}), { commands: {}, defaults: [], setup: null });
  const cache = { key: ["package-lock.json"], paths: ["node_modules", "web/node_modules"] };
  assert.deepEqual(repositoryCommands({ setup: " npm ci ", setup_cache: cache }), {
    commands: {},
    defaults: [],
    setup: { command: "npm ci", cache },
  });
});

test("a file that says something else is refused with a sentence", () => {
  const wrong: [json: unknown, problem: RegExp][] = [
    [[], /is not a JSON object/],
    [{ verfy: {} }, /unknown field "verfy": did you mean "verify"\?/],
    [{ verify: ["npm test"] }, /not an object/],
    [{ verify: { "a b": "x" } }, /has the name "a b"/],
    [{ verify: { none: "x" } }, /has the name "none"/],
    [{ verify: { test: "" } }, /no command for "test"/],
    [{ verify: { test: 1 } }, /no command for "test"/],
    [{ verify: { test: "x".repeat(2_001) } }, /too long/],
    [{ verify: { test: "a\0b" } }, /NUL/],
    [{ verify: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`t${n}`, "x"])) }, /more than 20/],
    [{ verify: { test: "x" }, verify_default: "test" }, /not a list/],
    [{ verify: { test: "x" }, verify_default: ["lint"] }, /names "lint" in "verify_default"/],
    [{ verify_default: [1] }, /names 1 in/],
    [{ setup: ["npm ci"] }, /has a "setup" that is not a command/],
    [{ setup: " " }, /has a "setup" that is not a command/],
    [{ setup: "a\0b" }, /NUL/],
    [{ setup_cache: { key: ["a"], paths: ["b"] } }, /has a "setup_cache" and no "setup"/],
    [{ setup: "x", setup_cache: { key: ["a"], path: ["b"] } }, /unknown field "path" in "setup_cache": did you mean "paths"\?/],
    [{ setup: "x", setup_cache: { key: ["a"] } }, /has a "paths" in "setup_cache" that is not a list of paths/],
    [{ setup: "x", setup_cache: { key: [], paths: ["b"] } }, /has a "key" in "setup_cache" that is not a list of paths/],
    ...["../x", "/etc", "a//b", "./a", "a/", ".git/config", "a/.GIT/b", "a\0"].map((wrongPath): [object, RegExp] => [
      { setup: "x", setup_cache: { key: ["a"], paths: [wrongPath] } },
      /paths lie below the top of the repository, and not in \.git$/,
    ]),
  ];
  for (const [json, problem] of wrong) {
    const found = repositoryCommands(json);
    assert.match("problem" in found ? found.problem : "", problem, JSON.stringify(json)?.slice(0, 80));
  }
});
