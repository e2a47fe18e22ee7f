/**
 * The real Claude Code as the client, with a scripted model; what it delegates is worked on by the
 * real Claude Code too.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { startClaude } from "../../testing/claude-code.ts";
import type { ClaudeRun } from "../../testing/claude-code.ts";
import { eventually } from "../../testing/eventually.ts";
import { goodTask } from "../../testing/mcp.ts";
import { step } from "../../testing/model.ts";
import type { Move } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { dataOf } from "../../testing/events.ts";

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));
const slow = { timeout: 900_000 };

interface Delegation extends TestWorker {
  /** `claude -p` with our server as its only one. */
  claude(prompt: string, server: object): ClaudeRun;
  readonly overPipe: object;
  overHttp(): Promise<object>;
}

async function setup(t: TestContext): Promise<Delegation> {
  const w = await worker(t);
  const ours = Object.fromEntries(
    Object.entries(w.env).filter(([name]) => name.startsWith("CLAUDE_WORKER_") || name === "XDG_CONFIG_HOME"),
  );
  return {
    ...w,
    overPipe: { command: process.execPath, args: [bin, "mcp"], env: ours },
    overHttp: async () => {
      const { url, home } = await w.client.server();
      const token = readFileSync(path.join(home, "token"), "utf8").trim();
      return { type: "http", url: `${url ?? ""}/mcp`, headers: { Authorization: `Bearer ${token}` } };
    },
    claude: (prompt, server) => {
      const config = w.place.file("mcp.json", JSON.stringify({ mcpServers: { worker: server } }));
      const allowed = ["create_task", "wait_for_tasks", "get_task"].map((name) => `mcp__worker__${name}`).join(",");
      const run = startClaude(prompt, {
        env: w.env,
        cwd: w.place.work,
        words: ["--mcp-config", config, "--strict-mcp-config", "--allowedTools", allowed],
      });
      t.after(() => run.kill());
      return run;
    },
  };
}

const delegate = (w: TestWorker, more: Record<string, unknown> = {}): Move =>
  step.tool("mcp__worker__create_task", goodTask(w.place.work, more));
const wait = (id = 1): Move => step.tool("mcp__worker__wait_for_tasks", { ids: [id] });

/** What Claude Code's model was given as results of its tools. */
function toolResults(messages: readonly Record<string, unknown>[]): string[] {
  return messages.filter(({ type }) => type === "user").map((message) => JSON.stringify(message["message"]));
}

for (const how of ["overPipe", "overHttp"] as const) {
  test(`Claude Code creates a task, waits for it and reads its result (${how})`, slow, async (t) => {
    const w = await setup(t);
    const file = path.join(w.place.work, "hello.txt");
    w.model.play({
      "Write the greeting": [step.write(file, "hello\n"), step.text("The greeting is written.")],
      "delegate it": [
        delegate(w, { idempotency_key: "greeting" }),
        wait(),
        step.tool("mcp__worker__get_task", { id: 1 }),
        step.text("It is done."),
      ],
    });
    if (how === "overHttp") await w.start();
    const { code, messages, stderr } = await w.claude("Please delegate it", how === "overPipe" ? w.overPipe : await w.overHttp()).ended;
    assert.equal(code, 0, stderr);
    const [created, waited, read] = toolResults(messages);
    assert.match(created ?? "", /safe in the queue/);
    assert.match(waited ?? "", /completed[\s\S]*The greeting is written/);
    assert.match(read ?? "", /<agent-output-[\s\S]*The greeting is written/);
    assert.equal(readFileSync(file, "utf8"), "hello\n");
    const [submitted] = (await w.client.taskEvents({ id: 1, limit: 1 })).events;
    const asked = dataOf(submitted, "submitted");
    assert.match(asked.client ?? "", /^claude-code \d/);
    assert.match(asked.tool_use_id ?? "", /^toolu_/);
  });
}

test("an MCP client that is killed while it waits leaves the task running", slow, async (t) => {
  const w = await setup(t);
  w.model.play({
    "Write the greeting": [step.text("done after all", 4000)],
    "delegate it": [delegate(w), wait(), step.text("never")],
  });
  await w.start();
  const run = w.claude("Please delegate it", w.overPipe);
  await eventually(async () => (await w.client.listTasks()).tasks.some(({ status }) => status === "running"), 60_000);
  run.kill("SIGKILL");
  await run.ended;
  assert.equal((await w.ended(1)).status, "completed");
});

test("a server that is killed during a wait costs at most one repeated call", slow, async (t) => {
  const w = await setup(t);
  w.model.play({
    "Write the greeting": [step.text("done after all", 6000)],
    "delegate it": [delegate(w), wait(), wait(), step.text("It is done.")],
  });
  const { pid } = await w.start();
  const run = w.claude("Please delegate it", w.overPipe);
  await eventually(async () => (await w.client.listTasks()).tasks.some(({ status }) => status === "running"), 60_000);
  process.kill(pid, "SIGKILL");
  const { code, messages } = await run.ended;
  assert.equal(code, 0);
  const [, ...waits] = toolResults(messages);
  assert.ok(
    waits.slice(0, 2).some((text) => text.includes("done after all")),
    waits.join("\n"),
  );
  assert.equal((await w.ended(1)).status, "completed");
  assert.equal((await w.client.listTasks()).tasks.length, 1, "nothing was created twice");
});

test("a task that submits from inside itself is the parent of what it submits", slow, async (t) => {
  const w = await setup(t);
  const command = `${process.execPath} ${bin} run --json --system "$SYSTEM" "$PROMPT"`;
  const { prompt, system_prompt } = goodTask(w.place.work) as { prompt: string; system_prompt: string };
  const script = w.place.file("work/submit.sh", `SYSTEM='${system_prompt}'\nPROMPT='${prompt.replaceAll("`", "")}'\n${command}\n`);
  w.model.play({
    "submit another": [step.bash(`sh ${script}`), step.text("submitted")],
    "Write the greeting": [step.text("written")],
  });
  await w.start();
  const parent = await w.submit("Please submit another", { allow: ["Bash"] });
  assert.equal((await w.ended(parent.id)).status, "completed");
  const child = await w.client.getTask({ id: 2 });
  assert.deepEqual([child.parent_id, child.depth], [parent.id, 1]);
  const [submitted] = (await w.client.taskEvents({ id: 2, limit: 1 })).events;
  const asked = dataOf(submitted, "submitted");
  assert.deepEqual([asked.by, asked.from_task], [`task:${parent.id}`, parent.id]);
});
