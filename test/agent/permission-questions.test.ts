import assert from "node:assert/strict";
import { test } from "node:test";
import { questionOfTool } from "../../src/agent/permission-questions.ts";

/** The rule that is offered when Claude Code suggests these. */
function offered(...rules: { toolName: string; ruleContent?: string }[]): string | null {
  const suggestions = [{ type: "addRules", behavior: "allow", rules }];
  return questionOfTool("Bash", { command: "true" }, { toolUseID: "toolu_1", suggestions }).rule;
}

test("the rule that Claude Code suggests is offered, but none for every command", () => {
  assert.equal(offered({ toolName: "Bash", ruleContent: "npm test:*" }), "Bash(npm test:*)");
  assert.equal(offered({ toolName: "mcp__docs__search" }), "mcp__docs__search");
  for (const ruleContent of ["*", ":*", " * ", "", "**"]) assert.equal(offered({ toolName: "Bash", ruleContent }), null, ruleContent);
  assert.equal(offered({ toolName: "Bash" }), null);
  assert.equal(offered({ toolName: "Bash", ruleContent: "a" }, { toolName: "Bash", ruleContent: "b" }), null);
});
