import assert from "node:assert/strict";
import { test } from "node:test";
import { sandboxOrder } from "../../../src/config/sandbox-order.ts";
import { pathsFrom } from "../../../src/config/paths.ts";
import { claudeSandbox, hostProblem, runtimeSandbox, stricterSandbox } from "../../../src/domain/task/sandbox.ts";

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
  const order = sandboxOrder({ paths, task, directory, repository: "/home/me/app/.git" }, "/home/me");
  for (const place of ["/home/me/.claude-worker", "/home/me/.ssh", "/home/me/.claude.json", "/home/me/.claude/.credentials.json"])
    assert.ok(order.denyRead.includes(place), place);
  assert.deepEqual(order.allowRead, [directory, "/home/me/.claude-worker/tmp/7"]);
  assert.deepEqual(order.allowWrite, [directory, "/home/me/.claude-worker/tmp/7", "/home/me/app/.git"]);
  assert.deepEqual(order.denyWrite, ["/home/me/app/.git/hooks", "/home/me/app/.git/config"]);
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
