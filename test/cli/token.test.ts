/** `token …` and `usage`: access for programs, and what was spent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "./setup.ts";

test("a token is made, listed and removed, and its secret is the only thing on a pipe", async (t) => {
  const { call } = await withServer(t);
  const made = await call(["token", "create", "ci", "--expires", "90d"]);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  assert.match(made.stdout, /^cw_[\w-]{43}\n$/);
  const onTerminal = await call(["token", "create", "prom", "--scope", "read"], { columns: 100, env: { NO_COLOR: "1" } });
  assert.match(onTerminal.stderr, /not shown again/);
  const list = await call(["token", "list"]);
  assert.match(list.stdout, /^1\tci\tsubmit\tcw_\S+\t\S+Z\t\S+Z\t\n2\tprom\tread\tcw_\S+\t\S+Z\t\t\n$/);
  assert.ok(!list.stdout.includes(made.stdout.trim()));
  assert.match((await call(["token", "list"], { columns: 100, env: { NO_COLOR: "1" } })).stdout, /ID +SCOPE +TOKEN +USED +EXPIRES +NAME/);
  assert.equal((await call(["token", "remove", "ci"])).stdout, "Removed: ci\n");
  assert.equal((await call(["token", "remove", "2", "--json"])).code, 0);
  assert.deepEqual((await call(["token", "list", "--json"])).json(), { tokens: [] });
});

test("a wrong token command says what to do", async (t) => {
  const { call } = await withServer(t);
  const unknown = await call(["token", "remove", "nobody"]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /There is no token "nobody"\. See: claude-worker token list/);
  const scope = await call(["token", "create", "x", "--scope", "root"]);
  assert.equal(scope.code, 2);
  assert.match(scope.stderr, /read, submit, admin/);
  assert.equal((await call(["token", "create", "x", "--expires", "90"])).code, 2);
  assert.equal((await call(["token", "create"])).code, 2);
  const said = async (name: string): Promise<string> => (await call(["token", "create", name])).stderr;
  assert.match(await said(""), /^Error: <name>: a token's name has 1-63 letters/);
  // `token remove 7` takes an id or a name.
  assert.match(await said("7"), /^Error: <name>: a number is not possible as a name/);
});

test("usage is a table with a total on a terminal and tab-separated lines elsewhere", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const spent = {
    input_tokens: 20,
    output_tokens: 300,
    cache_read_input_tokens: 4000,
    cache_creation_input_tokens: 50,
    cost_usd: 0.125,
  };
  await api.tell(1, "result", { usage: { opus: spent } });
  assert.match((await call(["usage"])).stdout, /^\d{4}-\d\d-\d\d\t20\t300\t4000\t50\t0\.1250\n$/);
  const table = (await call(["usage", "--by", "model"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
  assert.match(table, /MODEL +INPUT +OUTPUT/);
  assert.match(table, /total +20 +300 +4000 +50 +0\.1250/);
  assert.equal((await call(["usage", "--by", "hour"])).code, 2);
  assert.equal((await call(["usage", "--since", "today"])).code, 2);
});
