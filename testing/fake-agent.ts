/**
 * An agent without Claude Code, for volume: a runner loads it instead (`RunnerBoot.agent`,
 * `CLAUDE_WORKER_AGENT_MODULE`). It speaks in Claude Code's messages and keeps a transcript of its
 * own, so that a resumed attempt continues after its last finished step. Words in the prompt drive
 * it: `steps N` tool steps, `delay MS` before each, `append FILE` a line per step there (with
 * `signed` it names the runner too), `size BYTES` of text in each step, `spawn COMMAND` in the
 * first step (with `until FILE` each step waits for that file), `fail`, `limit SECONDS` (a usage
 * limit in the first attempt), `throw`, `exit` (the runner dies), `hang` (it ends only when it is
 * stopped), `linger MS` after the result, `asks` (for permission before each step), `from N` (the
 * number of the first step). A message with `more N` adds steps.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { markerName } from "../src/processes/sweep.ts";
import type { Agent, AgentOptions, AgentWork, Ask, CreateAgent, Emit } from "../src/agent/agent.ts";
import { until } from "./wait.ts";
import type { SentMessage } from "../src/domain/messages/message.ts";

export const createAgent: CreateAgent = (options) => new FakeAgent(options);

/** What the session keeps. */
interface Kept {
  /** Finished steps. */
  readonly done: number;
  /** Steps that messages have added. */
  readonly more: number;
  /** Keys of the messages that it has. */
  readonly keys: readonly string[];
}

const nothing: Kept = { done: 0, more: 0, keys: [] };

class FakeAgent implements Agent {
  readonly #env: AgentOptions["env"];
  readonly #onSpawned: AgentOptions["onSpawned"];
  readonly #stopped = new AbortController();
  readonly #inbox: SentMessage[] = [];
  #emit: Emit = () => {};
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

  say(message: SentMessage): void {
    this.#inbox.push(message);
  }

  unsay(key: string, by: string): void {
    const at = this.#inbox.findIndex((message) => message.key === key);
    if (at === -1) return;
    this.#inbox.splice(at, 1);
    this.#emit({ type: "worker", subtype: "message_taken_back", key, by });
  }

  async run(work: AgentWork, emit: Emit, ask: Ask): Promise<string | null> {
    this.#emit = emit;
    try {
      return await this.#play(work, emit, ask);
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

  async #play(work: AgentWork, emit: Emit, ask: Ask): Promise<string | null> {
    const orders = ordersIn(work.messages?.findLast(({ text }) => /\bsteps \d/.test(text))?.text ?? work.spec.prompt);
    const { signal } = this.#stopped;
    if (this.isWarmFor(work)) emit({ type: "worker", subtype: "session", sessionId: work.sessionId });
    const file = this.#transcript(work);
    let kept = work.resume && existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Kept) : nothing;
    const keep = (change: Partial<Kept>): void => {
      kept = { ...kept, ...change };
      // Whole or not at all: a kill between the two halves of a write would forget every step.
      writeFileSync(`${file}.new`, JSON.stringify(kept));
      renameSync(`${file}.new`, file);
    };
    const heard = new Set<string>();
    const hear = (messages: readonly SentMessage[]): void => {
      for (const { key, text } of messages) {
        if (!kept.keys.includes(key)) keep({ keys: [...kept.keys, key], more: kept.more + ordersIn(text).number("more", 0) });
        emit({ type: "worker", subtype: "message_delivered", key });
        heard.add(key);
      }
    };
    hear(work.messages ?? []);
    const cwd = work.spec.workingDirectory;
    const { sessionId: session_id } = work;
    emit({ type: "system", subtype: "init", session_id, model: "fake", cwd, permissionMode: work.spec.permissionMode, tools: [] });
    const first = orders.number("from", 1);
    const isDone = (call: string | null): boolean => Number(call?.slice("toolu_".length)) < first + kept.done;
    for (const { key, toolUseId } of work.questions ?? [])
      if (isDone(toolUseId)) emit({ type: "worker", subtype: "question_settled", key });
    for (;;) {
      hear(this.#inbox.splice(0));
      if (kept.done >= orders.number("steps", 0) + kept.more) break;
      const number = first + kept.done;
      const id = `toolu_${number}`;
      const input = { command: `step ${number}` };
      emit(assistant(work, { type: "tool_use", id, name: "Bash", input }));
      // The prompt says how long a step takes.
      if (orders.number("delay", 0) > 0) await delay(orders.number("delay", 0), undefined, { signal });
      signal.throwIfAborted();
      const denied = orders.has("asks") ? await this.#denial(ask, id, input) : null;
      signal.throwIfAborted();
      if (kept.done === 0) this.#spawn(orders.text("spawn"), cwd);
      const awaited = orders.text("until");
      if (awaited !== null) await until(awaited, () => existsSync(path.resolve(cwd, awaited)) || signal.aborted);
      signal.throwIfAborted();
      const marks = orders.text("append");
      if (marks !== null && denied === null)
        appendFileSync(path.resolve(cwd, marks), `${number}${orders.has("signed") ? ` ${process.env[markerName]}` : ""}\n`);
      const content = denied ?? "x".repeat(orders.number("size", 2));
      keep({ done: kept.done + 1 });
      const result = { type: "tool_result", tool_use_id: id, content, ...(denied === null ? {} : { is_error: true }) };
      emit({ type: "user", session_id, parent_tool_use_id: null, message: { role: "user", content: [result] } });
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
        num_turns: kept.done + 1,
      }),
    );
    for (const key of heard) emit({ type: "worker", subtype: "message_done", key });
    // The prompt says how long.
    if (orders.has("linger")) await delay(orders.number("linger", 0), undefined, { signal });
    return null;
  }

  /** Asks whether a step may run. @returns why not; null: it may. */
  async #denial(ask: Ask, toolUseId: string, input: Readonly<Record<string, string>>): Promise<string | null> {
    const inputHash = createHash("sha256").update(JSON.stringify(input)).digest("hex");
    const question = { kind: "permission", tool: "Bash", toolUseId, agentId: null, input, inputHash, rule: null } as const;
    const answer = await ask(question, this.#stopped.signal);
    if (answer === null) throw new Error("the question was withdrawn");
    return answer.decision === "deny" ? `The user denied this call: ${answer.message}` : null;
  }

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
