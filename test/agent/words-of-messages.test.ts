import assert from "node:assert/strict";
import { test } from "node:test";
import { usableCommands, withoutDeadCommand } from "../../src/agent/say-messages.ts";

const commands = usableCommands([{ name: "context" }, { name: "compact", aliases: ["shorten"] }, { name: "clear", aliases: ["reset"] }]);

test("words that begin with a command that works are said as they are", () => {
  for (const words of ["/context", "/compact all of it", "/shorten", "/mcp__crm__find 3", "/etc/hosts is wrong", "see /login", "plain"])
    assert.equal(withoutDeadCommand(words, commands), words);
});

test("words that Claude Code would answer itself, or that leave it, are a text", () => {
  for (const words of ["/login returns 500", "/exit", "/clear out the cache", "/reset", "/unknown\nmore"]) {
    const said = withoutDeadCommand(words, commands);
    assert.notEqual(said, words);
    assert.ok(!said.startsWith("/") && said.endsWith(words), said);
  }
});

test("words are said as they are where Claude Code has named no commands", () => {
  assert.equal(withoutDeadCommand("/login", null), "/login");
});
