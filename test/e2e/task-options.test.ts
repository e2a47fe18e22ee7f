/** Options of a task through the whole of it: command line, server, store, runner, Claude Code. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

/** One pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("options of Claude Code outlive a kill of server, runner and Claude Code", async (t) => {
  const steps = [step.bash("touch begun; until [ -e go ]; do sleep 0.1; done"), step.bash("echo $WORD >../added/word"), step.text("done")];
  const w = await worker(t, { "do it all": steps });
  await w.start();
  const added = w.place.workdir("added");
  w.place.file("work/.claude/agents/careful.md", "---\nname: careful\ndescription: x\n---\nYou are the careful one.\n");
  const file = (name: string, content: string | Buffer): string => {
    const at = path.join(w.place.directory, name);
    writeFileSync(at, content);
    return at;
  };
  const image = file("dot.png", Buffer.from(dot, "base64"));
  const settings = file("settings.json", JSON.stringify({ env: { WORD: "from-settings" } }));
  const servers = '{"mcpServers": {"own": {"command": "/nowhere/own"}}}';
  const files = ["-f", image, "--settings", settings, "--mcp-config", servers, "--add-dir", added];
  const words = [...files, "--effort", "low", "--agent", "careful", "--fallback-model", "claude-sonnet-5", "--allow", "Bash"];
  const run = await w.cli(["run", "do it all", ...words], { cwd: w.place.work });
  assert.equal(run.code, 0, run.stderr);
  const id = Number(run.stdout);
  await until("the first step", () => existsSync(path.join(w.place.work, "begun")));
  const { pid } = await w.client.server();
  const [attempt] = (await w.client.listAttempts({ id })).attempts;
  assert.ok(attempt?.pid);
  process.kill(pid, "SIGKILL");
  process.kill(attempt.pid, "SIGKILL");
  w.place.file("work/go", "");
  await w.start();
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 2);
  assert.equal(readFileSync(path.join(added, "word"), "utf8"), "from-settings\n");
  assert.deepEqual(
    task.attention.map(({ kind }) => kind),
    ["failed_mcp_server"],
    "the MCP server was asked for",
  );
  const { body } = w.model.requests().at(-1) ?? assert.fail("no request");
  assert.match(JSON.stringify(body["system"]), /You are the careful one/);
  assert.match(JSON.stringify(body["output_config"]), /"effort":"low"/);
  assert.match(JSON.stringify(body.messages), /"media_type":"image\/png"/);
  const { stdout } = await w.cli(["show", String(id)]);
  for (const fact of [
    /Effort +low/,
    /Agent +careful/,
    /Fallback +claude-sonnet-5/,
    /Images +dot\.png \(1 KB\)/,
    /MCP servers +own/,
    /Settings +env/,
  ])
    assert.match(stdout, fact);
});
