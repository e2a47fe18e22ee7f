/** What a completed task must not hide, with the real Claude Code. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fault, step } from "../../testing/script.ts";
import type { Move } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

/** A directory of its own with these settings of Claude Code. */
function directoryWith(w: TestWorker, name: string, settings: object): string {
  const directory = path.join(w.place.work, name);
  mkdirSync(path.join(directory, ".claude"), { recursive: true });
  writeFileSync(path.join(directory, ".claude", "settings.json"), JSON.stringify(settings));
  return directory;
}

const textAndCall = (text: string): Move => ({
  kind: "tools",
  text,
  tools: [{ tool: "Bash", input: { command: "true", description: "true" } }],
});

test("a Stop hook that Claude Code overrides is named", async (t) => {
  const w = await worker(t, { "do it": [step.bash("true"), step.text("All is done.")] });
  await w.start();
  const command = "echo the tests are red >&2; exit 2";
  const directory = directoryWith(w, "blocked", { hooks: { Stop: [{ hooks: [{ type: "command", command }] }] } });
  const { id } = await w.submit("do it", { working_directory: directory, allow: ["Bash"] });
  const { status, attention, result } = await w.ended(id);
  assert.deepEqual([status, result], ["completed", "All is done."]);
  assert.deepEqual(attention, [{ kind: "overridden_hook", count: 1, detail: `[${command}]: the tests are red` }]);
  assert.equal((await w.cli(["wait", "--strict", String(id)])).code, 1);
  assert.match((await w.cli(["show", String(id)])).stdout, /✔ completed ⚠ Stop hook overridden/);
  assert.match((await w.cli(["logs", String(id)])).stdout, /\[hook\] Stop did not let the turn end: .*the tests are red/);
});

test("an answer with a tool call that nothing follows is the result", async (t) => {
  const report = `All the work is done. ${"x".repeat(20_000)} The end.`;
  const w = await worker(t, { "do it": [step.bash("true"), textAndCall(report), step.text("")] });
  await w.start();
  const { id } = await w.submit("do it", { allow: ["Bash"] });
  const { status, attention, result } = await w.ended(id);
  assert.deepEqual([status, result === report, attention], ["completed", true, []]);
});

test("a command that Claude Code stops together with its sub-agent is named as cut", async (t) => {
  const server = step.tool("Bash", { command: "sleep 1000", description: "a server", run_in_background: true });
  const agent = { description: "helper", prompt: "help me", subagent_type: "general-purpose", run_in_background: false };
  const w = await worker(t, { "help me": [server, step.text("it runs")], "do it": [step.tool("Agent", agent), step.text("All is done.")] });
  await w.start();
  const { id } = await w.submit("do it", { allow: ["Bash", "Agent"], background_grace_ms: 1_000 });
  const { status, attention } = await w.ended(id);
  assert.deepEqual([status, attention], ["completed", [{ kind: "cut_background", count: 1, detail: "a server" }]]);
  assert.equal((await w.cli(["wait", "--strict", String(id)])).code, 1);
});

test("a process that a command left behind is named when it is ended with the attempt", async (t) => {
  const hold = "sleep 1000";
  // The pause lets nohup become the command whose name is looked for.
  const left = `nohup sh -c '${hold}; echo x > file' > /dev/null 2>&1 & (while ${hold}; do :; done) > /dev/null 2>&1 & sleep 0.1 & echo started`;
  const mcpServer = { command: "sh", args: ["-c", `nohup ${hold} > /dev/null 2>&1 & exit 1`] };
  const w = await worker(t, { "do it": [step.bash(left), step.text("It runs.")] });
  await w.start();
  const hook = { type: "command", command: `nohup ${hold} > /dev/null 2>&1 &` };
  const directory = directoryWith(w, "hooked", { hooks: { SessionStart: [{ hooks: [hook] }] } });
  const options = { working_directory: directory, allow: ["Bash"], mcp_config: { mcpServers: { gone: mcpServer } } };
  const { id } = await w.submit("do it", options);
  const { status, attention } = await w.ended(id);
  assert.equal(status, "completed");
  const cut = attention.find(({ kind }) => kind === "cut_background");
  assert.equal(cut?.count, 2, JSON.stringify(attention));
  assert.equal(cut?.detail, `sh -c ${hold}; echo x > file; ${left}`);
  assert.match((await w.cli(["logs", String(id)])).stdout, /sleep 1000; echo x > file/);
});

test("a sub-agent that an API error ended is named with its reason", async (t) => {
  const agent = { description: "helper", prompt: "help me", subagent_type: "general-purpose" };
  const w = await worker(t, { "help me": [fault.overloaded()], "do it": [step.tool("Agent", agent), step.text("All is done.")] });
  await w.start();
  const { id } = await w.submit("do it", { allow: ["Agent"] });
  const { status, attention } = await w.ended(id);
  assert.deepEqual([status, attention.map(({ kind, count }) => [kind, count])], ["completed", [["failed_subagent", 1]]]);
  assert.match(attention[0]?.detail ?? "", /^helper: .*529 Overloaded/);
  assert.match((await w.cli(["show", String(id)])).stdout, /✔ completed ⚠ 1 sub-agent failed/);
  assert.match((await w.cli(["logs", String(id), "--errors"])).stdout, /529 Overloaded/);
});

test("an MCP server of the project that did not start is named with its reason", async (t) => {
  const w = await worker(t, { "do it": [step.bash("true"), step.text("All is done.")] }, { env: { CLAUDE_WORKER_WARM: "1" } });
  await w.start();
  const directory = directoryWith(w, "servers", { enableAllProjectMcpServers: true });
  writeFileSync(path.join(directory, ".mcp.json"), JSON.stringify({ mcpServers: { db: { command: "/nowhere/db" } } }));
  const check = async (more: object): Promise<void> => {
    const { id } = await w.submit("do it", { working_directory: directory, allow: ["Bash"], ...more });
    const { status, attention } = await w.ended(id);
    assert.deepEqual([status, attention.map(({ kind, count }) => [kind, count])], ["completed", [["failed_mcp_server", 1]]]);
    assert.match(attention[0]?.detail ?? "", /^db: .*ENOENT/);
    assert.match((await w.cli(["show", String(id)])).stdout, /✔ completed ⚠ 1 MCP server failed/);
    assert.match((await w.cli(["logs", String(id), "--errors"])).stdout, /MCP server not started: db \(/);
  };
  await check({});
  // A limit of turns cannot come with a claim.
  await check({ max_turns: 9 });
});
