import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { sandboxOrder } from "../../../src/config/sandbox-order.ts";
import { pathsFrom } from "../../../src/config/paths.ts";
import { gitRepository } from "../../../testing/git-repository.ts";
import { claudeSandbox, hostProblem, runtimeSandbox, stricterSandbox, withEntry } from "../../../src/domain/task/sandbox.ts";

test("hosts are domains, also with a star in front", () => {
  for (const host of ["packages.example.org", "*.example.org", "localhost", "api.example.com:443", "10.0.0.1"])
    assert.equal(hostProblem(host), null, host);
  for (const host of ["*", "https://x.example", "x.example/path", "*.org", "a b", "", "-x", "x..y", "*.*.x"])
    assert.notEqual(hostProblem(host), null, host);
});

test("the stricter sandbox counts", () => {
  assert.deepEqual(
    (["off", "auto", "on"] as const).map((one) => (["off", "auto", "on"] as const).map((other) => stricterSandbox(one, other))),
    [
      ["off", "auto", "on"],
      ["auto", "auto", "on"],
      ["on", "on", "on"],
    ],
  );
});

test("a sandboxed task sees its own worktree, and nothing else of ours", () => {
  const paths = pathsFrom({ HOME: "/home/me" });
  const directory = "/home/me/.claude-worker/workspaces/app-1a/7-x";
  const task = { id: 7, sandbox: "on", sandboxAllowHosts: ["x.example"] } as const;
  const order = sandboxOrder({ paths, task, directory, repository: "/home/me/app/.git", isWorktree: true }, "/home/me");
  for (const place of ["/home/me/.claude-worker", "/home/me/.ssh", "/home/me/.claude.json", "/home/me/.claude/.credentials.json"])
    assert.ok(order.denyRead.includes(place), place);
  assert.deepEqual(order.allowRead, [directory, "/home/me/.claude-worker/tmp/7"]);
  const shared = ["objects", "refs", "logs", "lfs", "rr-cache"].map((name) => `/home/me/app/.git/${name}`);
  assert.deepEqual(order.allowWrite, [directory, "/home/me/.claude-worker/tmp/7", ...shared]);
  const entry = "/home/me/app/.git/worktrees/7-x";
  const made = withEntry(order, entry);
  assert.deepEqual(made.allowWrite, [...order.allowWrite, entry]);
  assert.deepEqual(made.denyWrite, [`${entry}/commondir`, `${entry}/gitdir`, `${entry}/config.worktree`]);
  for (const name of ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "AWS_SECRET_ACCESS_KEY", "ANTHROPIC_CUSTOM_HEADERS"])
    assert.ok(order.secretNames.includes(name), name);
  assert.ok(!order.secretNames.includes("PATH"));
  assert.partialDeepStrictEqual(claudeSandbox(order), {
    enabled: true,
    failIfUnavailable: true,
    allowUnsandboxedCommands: false,
    network: { allowedDomains: ["x.example"], strictAllowlist: true },
  });
  assert.deepEqual(runtimeSandbox(order, "rg")["filesystem"], claudeSandbox(order)["filesystem"], "both have the same walls");
});

test("in a checkout nothing is written by which git finds programs of others", (t) => {
  const repository = gitRepository(t);
  const paths = pathsFrom({ HOME: repository.place.home });
  const git = repository.file(".git");
  const places = ["modules/a/b", "modules/a/b/modules/c"].map((below) => path.join(git, below));
  for (const place of places) {
    mkdirSync(path.join(place, "hooks"), { recursive: true });
    for (const name of ["HEAD", "config"]) writeFileSync(path.join(place, name), "x\n");
  }
  repository.git("worktree", "add", "-q", "../mine");
  const of = { paths, task: { id: 7, sandbox: "on", sandboxAllowHosts: [] }, repository: null, isWorktree: false } as const;
  const { allowWrite, denyWrite } = sandboxOrder({ ...of, directory: repository.file("deep") });
  assert.ok(allowWrite.includes(git));
  const own = ["hooks", "config", "config.worktree", "worktrees"].map((name) => path.join(git, name));
  assert.deepEqual(denyWrite, [...own, ...places.flatMap((place) => [path.join(place, "config"), path.join(place, "hooks")])]);
  const mine = path.join(path.dirname(repository.top), "mine");
  const linked = sandboxOrder({ ...of, directory: mine });
  assert.ok(!linked.allowWrite.includes(git), "a worktree of a person's");
  assert.deepEqual(linked.worktree, { path: mine, repository: git });
});
