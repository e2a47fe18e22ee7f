import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { branchOf, repositoryName, slugOf } from "../../../src/domain/workspace/names.ts";

test("a slug is short, plain and never empty", () => {
  const slugs: [string, string][] = [
    ["Port the importer to the new API", "port-the-importer-to-the-new-api"],
    ["Zürich & Ærø: ½ done!", "zurich-r-1-2-done"],
    ["修复测试", "task"],
    ["--help\n../../etc", "help-etc"],
    ["x".repeat(60), "x".repeat(40)],
    ["one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight"],
  ];
  for (const [text, slug] of slugs) assert.equal(slugOf(text), slug);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slugOf(text)) && slugOf(text).length <= 40),
  );
  assert.equal(branchOf(42, "port-it"), "cw/42-port-it");
});

test("a repository is called as its directory is", () => {
  const names: [string, string][] = [
    ["/home/me/ledger/.git", "ledger"],
    ["/srv/git/ledger.git", "ledger"],
    ["/home/me/my project/.git", "my-project"],
    ["/.git", "repository"],
    ["/home/me/..hidden/.git", "hidden"],
  ];
  for (const [repository, name] of names) assert.equal(repositoryName(repository), name);
});
