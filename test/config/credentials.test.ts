import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialsIn, credentialVariable } from "../../src/config/credentials.ts";
import { scratch } from "../../testing/scratch.ts";

test("a variable with credentials is named, and an empty one does not count", () => {
  assert.equal(credentialVariable({ ANTHROPIC_API_KEY: "k" }), "ANTHROPIC_API_KEY is set");
  assert.equal(credentialVariable({ ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "t" }), "CLAUDE_CODE_OAUTH_TOKEN is set");
  assert.equal(credentialVariable({ ANTHROPIC_API_KEY: "", ANTHROPIC_MODEL: "m" }), null);
});

test("a cloud that is switched on goes before a key", () => {
  const key = { ANTHROPIC_API_KEY: "k" };
  assert.equal(credentialVariable({ ...key, CLAUDE_CODE_USE_VERTEX: "1" }), "Google Vertex AI (CLAUDE_CODE_USE_VERTEX)");
  assert.equal(credentialVariable({ ...key, CLAUDE_CODE_USE_VERTEX: "0" }), "ANTHROPIC_API_KEY is set");
});

test("credentials are found in the files of Claude Code, and never shown", (t) => {
  const { home, file } = scratch(t);
  const found = (): string | null => credentialsIn({ HOME: home });
  assert.equal(found(), null);
  file("home/.claude.json", '{"primaryApiKey":"secret-1"}');
  assert.equal(found(), `an API key (${home}/.claude.json)`);
  file("home/.claude/settings.json", '{"env":{"ANTHROPIC_AUTH_TOKEN":"secret-2"}}');
  assert.equal(found(), `ANTHROPIC_AUTH_TOKEN is set (${home}/.claude/settings.json)`);
  file("home/.claude/settings.json", '{"apiKeyHelper":"/bin/secret-3"}');
  assert.equal(found(), `apiKeyHelper (${home}/.claude/settings.json)`);
  file("home/.claude/settings.json", "{");
  file("home/.claude/.credentials.json", "secret-4");
  assert.equal(found(), `signed in (${home}/.claude/.credentials.json)`);
  assert.equal(credentialsIn({ HOME: home, ANTHROPIC_API_KEY: "secret-5" }), "ANTHROPIC_API_KEY is set");
});

test("CLAUDE_CONFIG_DIR stands in for the home where credentials are looked for", (t) => {
  const { directory, home, file } = scratch(t);
  file("home/.claude.json", '{"primaryApiKey":"k"}');
  const other = { HOME: home, CLAUDE_CONFIG_DIR: `${directory}/other` };
  assert.equal(credentialsIn(other), null);
  file("other/.claude.json", '{"primaryApiKey":"k"}');
  assert.equal(credentialsIn(other), `an API key (${directory}/other/.claude.json)`);
});
