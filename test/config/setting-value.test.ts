import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedSetting, parseSetting } from "../../src/config/setting-value.ts";
import { settingDefinitions } from "../../src/config/settings.ts";

test("the names of hosts have a port at most, and no scheme or path", () => {
  const hosts = ["example.com", "box:7777", "[::1]", "[fe80::1]:80"];
  assert.deepEqual(parseSetting("allowed_hosts", hosts.join(","), "it"), hosts);
  for (const wrong of ["https://example.com", "example.com/path", "me@example.com", "x[::1]", "[::1]x", "a b", "box:123456"])
    assert.throws(() => parseSetting("allowed_hosts", wrong, "it"), /must be a list of host or host:port/, wrong);
});

test("the default of each setting is a value that the setting takes", () => {
  for (const { key, default: value } of settingDefinitions) assert.deepEqual(checkedSetting(key, value, "the table"), value, key);
});

const publicUrls: [text: string, problem: RegExp][] = [
  ["ftp://x", /begins with ftp:, which is not an address of a web page\. Give one like https:/],
  ["http://worker.example.com", /begins with http:\/\/, so others could read and change what a phone answers\. Give one like https:/],
  ["worker.example.com", /is not an address\. Give one like https:/],
  ["https://a:b@worker.example.com", /holds a user or a password, which each message would show\. Leave them out\./],
  ["https://worker.example.com/?a=1", /holds a query or a fragment, which no link can keep\. Leave out/],
  [`https://worker.example.com/${"a".repeat(300)}`, /has 327 characters, .* would be too long\. Give at most 300\./],
];
for (const [text, problem] of publicUrls)
  test(`a public address like ${text.slice(0, 40)} is refused in a sentence`, () => {
    assert.throws(() => parseSetting("public_url", text, "it"), problem);
  });

test("a public address is https, or of this machine", () => {
  for (const text of ["https://worker.example.com/a", "http://127.0.0.1:8000", "http://[::1]:1", `https://a.example/${"a".repeat(282)}`])
    assert.equal(parseSetting("public_url", text, "it"), text);
});

test("verify commands are lists of commands or names; those with names have both", () => {
  assert.deepEqual(parseSetting("verify", "npm test, @lint", "x"), ["npm test", "@lint"]);
  assert.deepEqual(parseSetting("verify_commands", "@test npm test,@f make f(a, b)", "x"), ["@test npm test", "@f make f(a, b)"]);
  assert.throws(() => parseSetting("verify", "@/", "x"), /must be a list of commands like npm test, or of names like @test/);
  for (const text of ["npm test", "@test"])
    assert.throws(() => parseSetting("verify_commands", text, "x"), /must be a list of commands with names, like @test npm test/);
});
