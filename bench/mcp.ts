/**
 * How fast an agent is served over `claude-worker mcp`: until it may ask, per question, and what
 * waiting costs.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { inTurns, median, percentile, timed } from "./measure.ts";
import { cpuMs, run } from "./processes.ts";
import { cliWords, inWorld, withFakeAgent } from "./world.ts";
import type { Server } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "mcp: ready", run: ready },
  { name: "mcp: calls", run: calls },
  { name: "mcp: waits", run: waits },
];

async function ready({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ env, place, server }) => {
    const own = await server("data", withFakeAgent);
    const { node, mcp } = await inTurns(quick ? 5 : 20, {
      node: async () => (await run(process.execPath, ["-e", "0"], { env, cwd: place.work })).ms,
      mcp: async () => {
        let session: Session | null = null;
        const ms = await timed(async () => (session = await Session.open(own, place.work)));
        await (session as Session | null)?.end();
        return ms;
      },
    });
    const note = `${median(mcp).toFixed(1)} ms ÷ ${median(node).toFixed(1)} ms, medians of ${node.length}`;
    return [atMost("`claude-worker mcp` ready ÷ `node -e 0`", median(mcp) / median(node), "×", 2, note)];
  });
}

async function calls({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ place, server }) => {
    const own = await server("data", withFakeAgent);
    const { id } = await own.client.submitTask({ prompt: "steps 3", working_directory: place.work });
    await own.client.wait([id]);
    const session = await Session.open(own, place.work);
    const times: number[] = [];
    for (let count = quick ? 100 : 1000; count > 0; count -= 1) times.push(await timed(() => session.call("get_task", { id })));
    await session.end();
    return [atMost("MCP `get_task` over stdio, p50", percentile(times, 50), "ms", 3, `p99 ${percentile(times, 99).toFixed(2)} ms`)];
  });
}

/** A hundred calls of one agent wait for a task that says nothing. */
async function waits({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ place, server }) => {
    const own = await server("data", withFakeAgent);
    const { id } = await own.client.submitTask({ prompt: "hang", working_directory: place.work });
    while ((await own.client.getTask({ id })).status !== "running") await delay(20);
    const session = await Session.open(own, place.work);
    const answers = Array.from({ length: 100 }, () => session.call("wait_for_tasks", { ids: [id], timeout_s: 50 }));
    await delay(5000);
    const overMs = quick ? 5000 : 30_000;
    const used = (): number => cpuMs(own.pid) + cpuMs(session.pid);
    const before = used();
    await delay(overMs);
    const percent = ((used() - before) / overMs) * 100;
    await own.client.cancelTask({ id });
    await Promise.all(answers);
    await session.end();
    await own.quiet(0);
    return [atMost("100 MCP calls wait: CPU of server and pipe", percent, "%", 0.1, `over ${overMs / 1000} s`)];
  });
}

interface Answer {
  readonly id?: number;
  readonly error?: unknown;
  readonly result?: { readonly isError?: boolean };
}

/** One `claude-worker mcp`, spoken to line by line as an MCP client does. */
class Session {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answered = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  /** Resolves when the session is agreed on: the first call may follow. */
  static async open(server: Server, cwd: string): Promise<Session> {
    const session = new Session(server, cwd);
    const clientInfo = { name: "bench", version: "1" };
    await session.#ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    session.#send({ method: "notifications/initialized" });
    return session;
  }

  private constructor({ env }: Server, cwd: string) {
    this.#child = spawn(process.execPath, cliWords("mcp"), { env: { ...env }, cwd, stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as Answer;
      if (message.id === undefined) return;
      this.#answered.get(message.id)?.(message);
      this.#answered.delete(message.id);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async call(name: string, input: object): Promise<void> {
    const { error, result } = await this.#ask("tools/call", { name, arguments: input });
    if (error !== undefined || result?.isError === true) throw new Error(`${name} failed: ${JSON.stringify(error ?? result)}`);
  }

  /** Closes its input and waits for its end. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    await ended;
  }

  #ask(method: string, params: object): Promise<Answer> {
    const id = ++this.#asked;
    this.#send({ id, method, params });
    return new Promise((resolve) => this.#answered.set(id, resolve));
  }

  #send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }
}
