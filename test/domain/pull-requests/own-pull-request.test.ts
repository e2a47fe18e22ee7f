import assert from "node:assert/strict";
import { test } from "node:test";
import { ownerOf, ownPullRequest } from "../../../src/domain/pull-requests/own-pull-request.ts";

const url = "https://github.com/octo/hello/pull/";
const fork = (number: number, login: string): object => ({
  number,
  url: `${url}${number}`,
  isCrossRepository: true,
  headRepositoryOwner: { login },
});

test("a pull request from a fork of others is not ours, whatever its branch is called", () => {
  const own = { number: 7, url: `${url}7`, isCrossRepository: false, headRepositoryOwner: { login: "octo" } };
  assert.deepEqual(ownPullRequest([fork(9, "mallory"), own], "octo"), { number: 7, url: `${url}7` });
  assert.equal(ownPullRequest([fork(9, "mallory"), { ...fork(8, "x"), headRepositoryOwner: null }], "octo"), null);
  assert.equal(ownPullRequest([fork(9, "Me")], "me")?.number, 9, "the branch was pushed to this fork");
  assert.equal(ownPullRequest([fork(9, "me")], null), null);
  for (const odd of [null, 1, "x", {}, { number: "7", url: 1 }]) assert.equal(ownPullRequest([odd], "octo"), null);
});

test("the owner is read from each form of an address", () => {
  for (const address of ["git@github.com:octo/hello.git", "https://github.com/octo/hello", "ssh://git@github.com/octo/hello.git/"])
    assert.equal(ownerOf(address), "octo", address);
  for (const address of ["", "octo", "/", "../x"]) assert.equal(ownerOf(address), null, address);
});
