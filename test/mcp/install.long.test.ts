/**
 * How Claude Worker comes into Claude Code: by `mcp install`, and as a plugin. With the real Claude
 * Code.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { claudeBinary, startClaude } from "../../testing/claude-code.ts";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const plugin = path.join(root, "plugin", "worker");

/** A PATH on which `claude` and `claude-worker` are found. */
async function setup(t: TestContext): Promise<TestWorker & { path: string }> {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  const folder = path.join(w.place.directory, "bin");
  mkdirSync(folder);
  symlinkSync(claudeBinary, path.join(folder, "claude"));
  symlinkSync(path.join(root, "bin", "claude-worker"), path.join(folder, "claude-worker"));
  return { ...w, path: `${folder}:${w.env["PATH"] ?? ""}` };
}

test("mcp install registers the server in the user's scope, and uninstall removes it", { timeout: 900_000 }, async (t) => {
  const w = await setup(t);
  const known = (): Record<string, { command: string; args: string[] }> => {
    const state = JSON.parse(readFileSync(path.join(w.place.home, ".claude.json"), "utf8")) as { mcpServers?: ReturnType<typeof known> };
    return state.mcpServers ?? {};
  };
  const installed = await w.cli(["mcp", "install"], { env: { PATH: w.path } });
  assert.equal(installed.code, 0, installed.stderr);
  assert.match(installed.stdout, /^Done: claude mcp add --scope user worker -- \S+ mcp\n/);
  assert.equal(known()["worker"]?.args.at(-1), "mcp");
  assert.ok(existsSync(known()["worker"]?.command ?? ""), "the command that Claude Code starts is there");
  const again = await w.cli(["mcp", "install"], { env: { PATH: w.path } });
  assert.equal(again.code, 1);
  assert.match(again.stderr, /mcp uninstall/);
  assert.equal((await w.cli(["mcp", "uninstall"], { env: { PATH: w.path } })).code, 0);
  assert.equal(known()["worker"], undefined);
  assert.equal((await w.cli(["mcp", "uninstall"], { env: { PATH: w.path } })).code, 1);
});

test("a project's MCP file names the command only, without secrets or local paths", { timeout: 900_000 }, async (t) => {
  const w = await setup(t);
  await w.start();
  const { code, stderr } = await w.cli(["mcp", "install", "--scope", "project", "--read-only"], { env: { PATH: w.path } });
  assert.equal(code, 0, stderr);
  const text = readFileSync(path.join(w.place.work, ".mcp.json"), "utf8");
  const { worker: entry } = (JSON.parse(text) as { mcpServers: Record<string, { command: string; args: string[]; env?: object }> })
    .mcpServers;
  assert.deepEqual([entry?.command, entry?.args, entry?.env ?? {}], ["claude-worker", ["mcp", "--read-only"], {}]);
  assert.ok(!text.includes(readFileSync(path.join(w.place.dataHome, "token"), "utf8").trim()));
});

test("mcp install --print shows what it would do and does nothing", async (t) => {
  const w = await setup(t);
  const printed = await w.cli(["mcp", "install", "--print"], { env: { PATH: w.path } });
  assert.equal(printed.code, 0);
  assert.match(printed.stdout, /^claude mcp add --scope user worker -- \S+ mcp\n$/);
  assert.ok(!readFileSync(path.join(w.place.home, ".claude.json"), "utf8").includes("mcpServers"));
  const without = await w.cli(["mcp", "install"], { env: { PATH: "/nonexistent" } });
  assert.equal(without.code, 0, without.stderr);
  assert.ok(readFileSync(path.join(w.place.home, ".claude.json"), "utf8").includes("mcpServers"));
});

test("the plugin is valid, and Claude Code loads its server, skill and commands", { timeout: 900_000 }, async (t) => {
  const w = await setup(t);
  const env = { ...w.env, PATH: w.path };
  const verdict = await new Promise<string>((resolve) => {
    execFile(claudeBinary, ["plugin", "validate", plugin], { env, cwd: w.place.work }, (error, stdout, stderr) =>
      resolve(`${error?.code ?? 0}\n${stdout}${stderr}`),
    );
  });
  assert.match(verdict, /^0\n[\s\S]*Validation passed/);
  // Claude Code connects in the background: its session ends when the plugin's server has started
  // ours.
  const socket = path.join(w.place.dataHome, "run", "server.sock");
  w.model.play({ "say hello": [step.bash(`until test -S ${socket}; do sleep 0.1; done`), step.text("hello")] });
  const run = startClaude("say hello", { env, cwd: w.place.work, words: ["--plugin-dir", plugin, "--allowedTools", "Bash"] });
  const { messages } = await run.ended;
  const init = JSON.stringify(messages.find(({ type, subtype }) => type === "system" && subtype === "init"));
  for (const part of ["plugin:worker:worker", "worker:delegate", "worker:status"]) assert.ok(init.includes(part), `${part}: ${init}`);
  assert.ok(existsSync(socket));
});
