import assert from "node:assert/strict";
import { test } from "node:test";
import { secretsInOptions } from "../../../src/domain/task/option-secrets.ts";

test("secrets are found in environments, headers, addresses and arguments", () => {
  const mcpConfig = {
    mcpServers: {
      a: {
        command: "x",
        args: ["--verbose", "--api-key", "arg-one-11", "--token=arg-two-22", "plain-words"],
        env: { LOG: "verbose-level", DB_PASSWORD: "env-33-word" },
      },
      b: {
        type: "http",
        url: "https://me:url-44-word@host/path",
        headers: { Authorization: "Bearer head-55-word", "X-Api-Key": "${FILLED}", Accept: "application/json" },
      },
    },
  };
  const settings = { apiKeyHelper: "/bin/helper-of-mine", env: { GH_TOKEN: "set-66-word" }, model: "some-model" };
  const found = secretsInOptions({ settings, mcpConfig }, { FILLED: "fill-77-word" });
  for (const secret of ["arg-one-11", "arg-two-22", "env-33-word", "url-44-word", "head-55-word", "fill-77-word", "set-66-word"])
    assert.ok(found.includes(secret), secret);
  for (const plain of ["plain-words", "verbose-level", "application/json", "/bin/helper-of-mine", "some-model"])
    assert.ok(!found.includes(plain), plain);
  assert.deepEqual(secretsInOptions({ settings: null, mcpConfig: null }, { A_TOKEN: "not-of-the-task" }), []);
});
