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
