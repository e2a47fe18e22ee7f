import assert from "node:assert/strict";
import { test } from "node:test";
import { packageVersion } from "../../../src/cli/commandline/package-version.ts";
import { headerProxy } from "../../../testing/header-proxy.ts";
import { withServer } from "../setup.ts";

/** The answer of a server that does not know these fields yet, at any depth. */
function without(fields: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => without(fields, each));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !fields.includes(name));
  return Object.fromEntries(kept.map(([name, each]) => [name, without(fields, each)]));
}

async function olderServer(t: Parameters<typeof withServer>[0]) {
  const { call, door } = await withServer(t);
  const server: { lacks: readonly string[]; version: string | null } = { lacks: [], version: null };
  const { port } = await headerProxy(t, door.port, door.token, (answer) => {
    const fitting = without(server.lacks, answer) as Record<string, unknown>;
    return server.version === null || fitting["version"] === undefined ? fitting : { ...fitting, version: server.version };
  });
  const env = { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${port}`, CLAUDE_WORKER_TOKEN: door.token };
  return { server, call: (words: readonly string[]) => call(words, { env, columns: 100 }) };
}

test("an answer without a field of this version is an error that names both versions", async (t) => {
  const { server, call } = await olderServer(t);
  assert.equal((await call(["run", "x", "--trust"])).code, 0);
  server.lacks = ["attention"];
  server.version = "0.0.9";
  const { code, stderr } = await call(["list"]);
  const text = stderr.replaceAll(/\s+/g, " ");
  assert.equal(code, 1, text);
  assert.match(
    text,
    new RegExp(`The server runs version 0\\.0\\.9, this is ${packageVersion().replaceAll(".", "\\.")}, and .*restart the server`),
  );
  assert.doesNotMatch(text, /TypeError|Cannot read/);
  const json = await call(["show", "1", "--json", "--debug"]);
  assert.equal(json.code, 0, "what is passed on as it is needs no field");
  server.version = packageVersion();
  assert.match(
    (await call(["list"])).stderr.replaceAll(/\s+/g, " "),
    /could not be read\. If Claude Worker was updated while the server ran/,
  );
});

test("no missing field of an answer causes an internal error", async (t) => {
  const { server, call } = await olderServer(t);
  assert.equal((await call(["run", "x", "--trust"])).code, 0);
  const fields = ["account", "attention", "counts", "holds", "problems", "settings", "tasks", "totals", "waiting_for", "workers"];
  const reading = [["list"], ["show", "1"], ["attempts", "1"], ["server", "status"], ["usage"], ["doctor"]];
  for (const lacks of fields) {
    server.lacks = [lacks];
    for (const words of reading) {
      const { stderr, stdout } = await call(words);
      assert.doesNotMatch(
        stdout + stderr,
        /TypeError|Cannot read|is not (iterable|a function)|went wrong inside/,
        `${words.join(" ")} without ${lacks}`,
      );
    }
  }
});
