/**
 * The official MCP Inspector lists and calls our tools, over the standard streams and over HTTP;
 * its exit code is the verdict.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { goodTask, openMcp } from "../../testing/mcp.ts";
import type { OpenMcp } from "../../testing/mcp.ts";

const inspector = path.join(
  path.dirname(fileURLToPath(import.meta.resolve("@modelcontextprotocol/inspector/package.json"))),
  "clients/launcher/build/index.js",
);
const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const toolError = 5;
const notSignedIn = 3;

function setup(t: TestContext, mcp: OpenMcp) {
  const { corner } = mcp;
  // Its own catalog and settings stay in the corner.
  const env = { PATH: process.env["PATH"] ?? "", HOME: corner.home, MCP_CATALOG_PATH: path.join(corner.directory, "inspector.json") };
  const run = (words: readonly string[]): Promise<{ code: number | null; stdout: string; output: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [inspector, "--cli", ...words],
        { env, cwd: corner.directory, timeout: 900_000 },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, output: stdout + stderr }),
      );
      t.after(() => child.kill());
    });
  const asked = ["--format", "json", "-q"];
  const ours = Object.entries(mcp.env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  return {
    stdio: (...words: string[]) => run([process.execPath, cli, "mcp", ...ours, ...words, ...asked]),
    http: (token: string, ...words: string[]) =>
      run([
        "--transport",
        "http",
        "--server-url",
        `http://127.0.0.1:${mcp.port}/mcp`,
        "--header",
        `Authorization: Bearer ${token}`,
        ...words,
        ...asked,
      ]),
  };
}

const argumentsOf = (input: object): string[] =>
  Object.entries(input).flatMap(([name, value]) => ["--tool-arg", `${name}=${String(value)}`]);

test("the Inspector lists, calls and reads over the standard streams", { timeout: 900_000 }, async (t) => {
  const mcp = await openMcp(t);
  const { stdio } = setup(t, mcp);
  const listed = await stdio("--method", "tools/list");
  assert.equal(listed.code, 0, listed.output);
  assert.match(listed.stdout, /"create_task"[\s\S]*"get_usage"/);
  const created = await stdio("--method", "tools/call", "--tool-name", "create_task", ...argumentsOf(goodTask(mcp.corner.work)));
  assert.equal(created.code, 0, created.output);
  assert.equal((await mcp.api.getTask({ id: 1 })).status, "pending");
  const refused = await stdio("--method", "tools/call", "--tool-name", "get_task", "--tool-arg", "id=4711");
  assert.equal(refused.code, toolError, refused.output);
  assert.match(refused.output, /There is no task 4711/);
  const read = await stdio("--method", "resources/read", "--uri", "worker://tasks/1");
  assert.equal(read.code, 0, read.output);
  assert.equal((await stdio("--method", "prompts/list")).code, 0);
});

test("the Inspector finds no problem in the schemas of the tools", { timeout: 900_000 }, async (t) => {
  const mcp = await openMcp(t);
  const strict = await setup(t, mcp).stdio("--method", "tools/list", "--strict");
  assert.equal(strict.code, 0, strict.output);
});

test("the Inspector can call over HTTP only with a token", { timeout: 900_000 }, async (t) => {
  const mcp = await openMcp(t);
  const { http } = setup(t, mcp);
  const called = await http(mcp.token, "--method", "tools/call", "--tool-name", "list_tasks");
  assert.equal(called.code, 0, called.output);
  const away = await http("wrong-token-wrong-token-wrong-token-wrong", "--method", "tools/list");
  assert.equal(away.code, notSignedIn, away.output);
});
