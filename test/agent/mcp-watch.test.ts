/** src/agent/mcp-watch.ts: which MCP servers are said not to have started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { McpWatch } from "../../src/agent/mcp-watch.ts";

interface Server {
  readonly name: string;
  readonly status: string;
  readonly error?: string;
  readonly source?: string;
}

const init = (...servers: Server[]) => ({ type: "system", subtype: "init", mcp_servers: servers });
const assistant = { type: "assistant" };
const failed = (name: string, error?: string): Server => ({ name, status: "failed", ...(error === undefined ? {} : { error }) });
const pending = (name: string): Server => ({ name, status: "pending" });

/** @param ask what Claude Code answers when it is asked for its servers. */
function setup(ask?: () => Promise<readonly Server[]>) {
  const told: string[] = [];
  const watch = new McpWatch(ask === undefined ? {} : { mcpServerStatus: ask }, ({ servers }) =>
    told.push(...servers.map(({ name, reason }) => `${name}: ${String(reason)}`)),
  );
  return {
    watch,
    told,
    hear: async (message: Parameters<McpWatch["take"]>[0]): Promise<void> => {
      watch.take(message);
      await nextTurn();
    },
  };
}

test("an MCP server that failed is reported once with its reason", async () => {
  const { told, hear } = setup(() => Promise.resolve([failed("db", "ENOENT"), { name: "docs", status: "connected" }]));
  await hear(init(failed("db"), { name: "docs", status: "connected" }));
  await hear(init(failed("db")));
  assert.deepEqual(told, ["db: ENOENT"]);
});

test("a program that is missing is named, where Claude Code names the transport", async () => {
  const error = 'Executable not found in $PATH: "stdio"';
  const { told, hear } = setup(() => Promise.resolve([{ ...failed("db", error), config: { type: "stdio", command: "db-mcp" } }]));
  await hear(init(failed("db")));
  assert.deepEqual(told, ['db: Executable not found in $PATH: "db-mcp"']);
});

test("a slow MCP server is asked for until its state is known", async () => {
  let servers: Server[] = [pending("db")];
  let asked = 0;
  const { told, hear } = setup(() => Promise.resolve(((asked += 1), servers)));
  await hear(init(pending("db")));
  await hear(assistant);
  assert.deepEqual([told, asked], [[], 2]);
  servers = [failed("db", "timed out")];
  await hear(assistant);
  await hear(assistant);
  assert.deepEqual([told, asked], [["db: timed out"], 3]);
});

test("an MCP server's state has no reason where Claude Code does not answer", async () => {
  for (const ask of [undefined, () => Promise.reject(new Error("closed"))]) {
    const { told, hear } = setup(ask);
    await hear(init(failed("db")));
    assert.deepEqual(told, ["db: null"]);
  }
  const { watch, told, hear } = setup(() => new Promise(() => {}));
  await hear(init(failed("db")));
  watch.stop();
  await hear(init(failed("docs")));
  assert.deepEqual(told, ["db: null"]);
});

test("a session whose MCP servers all started is not asked", async () => {
  let asked = 0;
  const { told, hear } = setup(() => Promise.resolve(((asked += 1), [])));
  await hear(init({ name: "db", status: "connected" }, { ...failed("mail"), source: "claudeai" }, { name: "x", status: "needs-auth" }));
  await hear(assistant);
  assert.deepEqual([told, asked], [[], 0]);
});
