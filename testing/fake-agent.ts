/**
 * An agent without Claude Code, for volume: a runner loads it instead (`RunnerBoot.agent`,
 * `CLAUDE_WORKER_AGENT_MODULE`). It speaks in Claude Code's messages and keeps a transcript of its
 * own, so that a resumed attempt continues after its last finished step. Words in the prompt drive
 * it: `steps N` tool steps, `delay MS` before each, `append FILE` a line per step there (with
 * `signed` it names the runner too), `size BYTES` of text in each step, `spawn COMMAND` in the
 * first step, `fail`, `limit SECONDS` (a usage limit in the first attempt), `throw`, `exit` (the
 * runner dies), `hang` (it ends only when it is stopped), `linger MS` after the result.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { markerName } from "../src/processes/sweep.ts";
import type { Agent, AgentOptions, AgentWork, CreateAgent, Emit } from "../src/agent/agent.ts";

export const createAgent: CreateAgent = (options) => new FakeAgent(options);

class FakeAgent implements Agent {
  readonly #env: AgentOptions["env"];
  readonly #onSpawned: AgentOptions["onSpawned"];
  readonly #stopped = new AbortController();
  #parked = false;
  #interrupted = false;
  readonly lost = new Promise<void>(() => {});
  readonly reaped = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#env = options.env;
    this.#onSpawned = options.onSpawned;
  }

  park(): Promise<void> {
    this.#parked = true;
    return Promise.resolve();
  }

  isWarmFor(work: AgentWork): boolean {
    return this.#parked && !work.resume;
  }

  async run(work: AgentWork, emit: Emit): Promise<string | null> {
    try {
      return await this.#play(work, emit);
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error;
      if (!this.#interrupted) return "the fake agent was killed";
      emit(resultOf(work, { subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_tools" }));
      return null;
    }
  }

  interrupt(): Promise<void> {
    this.#interrupted = true;
    this.#stopped.abort();
    return Promise.resolve();
  }

  kill(): void {
    this.#stopped.abort();
  }

  /** Records in the home that the agent was released. */
  leave(): void {
    if (!this.#parked || this.#env["HOME"] === undefined) return;
    this.#parked = false;
    mkdirSync(path.join(this.#env["HOME"], ".fake-agent"), { recursive: true });
    writeFileSync(path.join(this.#env["HOME"], ".fake-agent", "left"), "");
  }

  async #play(work: AgentWork, emit: Emit): Promise<string | null> {
    const orders = ordersIn(work.messages?.at(-1)?.text ?? work.spec.prompt);
    for (const { key } of work.messages ?? []) emit({ type: "worker", subtype: "message_delivered", key });
    const { signal } = this.#stopped;
    if (this.isWarmFor(work)) emit({ type: "worker", subtype: "session", sessionId: work.sessionId });
    const transcript = this.#transcript(work);
    const first = work.resume && existsSync(transcript) ? Number(readFileSync(transcript, "utf8")) : 0;
    const cwd = work.spec.workingDirectory;
    emit({
      type: "system",
      subtype: "init",
      session_id: work.sessionId,
      model: "fake",
      cwd,
      permissionMode: work.spec.permissionMode,
      tools: [],
    });
    for (let step = first; step < orders.number("steps", 0); step += 1) {
      const id = `toolu_${step + 1}`;
      emit(assistant(work, { type: "tool_use", id, name: "Bash", input: { command: `step ${step + 1}` } }));
      // The prompt says how long a step takes.
      if (orders.number("delay", 0) > 0) await delay(orders.number("delay", 0), undefined, { signal });
      signal.throwIfAborted();
      if (step === 0) this.#spawn(orders.text("spawn"), cwd);
      const file = orders.text("append");
      if (file !== null)
        appendFileSync(path.resolve(cwd, file), `${step + 1}${orders.has("signed") ? ` ${process.env[markerName]}` : ""}\n`);
      const content = "x".repeat(orders.number("size", 2));
      // Whole or not at all: a kill between the two halves of a write would forget every step.
      writeFileSync(`${transcript}.new`, String(step + 1));
      renameSync(`${transcript}.new`, transcript);
      emit({
        type: "user",
        session_id: work.sessionId,
        parent_tool_use_id: null,
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] },
      });
    }
    if (orders.has("hang")) await delay(2 ** 30, undefined, { signal }); // Until it is stopped.
    if (orders.has("throw")) throw new Error("the fake agent throws");
    if (orders.has("exit")) process.kill(process.pid, "SIGKILL");
    if (orders.has("limit") && !work.resume) return limited(work, emit, orders.number("limit", 60));
    const failed = orders.has("fail");
    emit(assistant(work, { type: "text", text: failed ? "It did not work." : "All steps are done." }));
    emit(
      resultOf(work, {
        subtype: failed ? "error_during_execution" : "success",
        is_error: failed,
        result: "All steps are done.",
        num_turns: orders.number("steps", 0) + 1,
      }),
    );
    // The prompt says how long.
    if (orders.has("linger")) await delay(orders.number("linger", 0), undefined, { signal });
    return null;
  }

  /** How many steps of the session are finished. */
  #transcript(work: AgentWork): string {
    const directory = path.join(this.#env["HOME"] ?? work.spec.workingDirectory, ".fake-agent");
    mkdirSync(directory, { recursive: true });
    return path.join(directory, work.sessionId);
  }

  #spawn(command: string | null, cwd: string): void {
    if (command === null) return;
    spawn("/bin/sh", ["-c", command], { cwd, env: { ...this.#env }, stdio: "ignore", detached: true }).unref();
    this.#onSpawned();
  }
}

function limited(work: AgentWork, emit: Emit, seconds: number): null {
  const resetsAt = Math.floor(Date.now() / 1000) + seconds;
  emit({ type: "rate_limit_event", rate_limit_info: { status: "rejected", resetsAt, rateLimitType: "five_hour" } });
  emit(
    resultOf(work, {
      subtype: "success",
      is_error: true,
      terminal_reason: "api_error",
      api_error_status: 429,
      result: "You've hit your limit",
    }),
  );
  return null;
}

function assistant(work: AgentWork, block: Record<string, unknown>): { type: string; [field: string]: unknown } {
  return {
    type: "assistant",
    session_id: work.sessionId,
    parent_tool_use_id: null,
    message: { role: "assistant", model: "fake", content: [block] },
  };
}

function resultOf(work: AgentWork, fields: Record<string, unknown>): { type: string; [field: string]: unknown } {
  const usage = { inputTokens: 100, outputTokens: 10, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: 0.001 };
  return {
    type: "result",
    session_id: work.sessionId,
    num_turns: 1,
    duration_ms: 1,
    total_cost_usd: 0.001,
    modelUsage: { fake: usage },
    permission_denials: [],
    terminal_reason: "completed",
    ...fields,
  };
}

/**
 * The words of a prompt: a bare one, or one with a value behind it (in quotes where it holds
 * blanks).
 */
function ordersIn(prompt: string) {
  const words = [...prompt.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
  const text = (word: string): string | null => {
    const at = words.indexOf(word);
    return at === -1 ? null : (words[at + 1] ?? null);
  };
  return {
    has: (word: string) => words.includes(word),
    text,
    number: (word: string, otherwise: number) => Number(text(word) ?? otherwise),
  };
}
