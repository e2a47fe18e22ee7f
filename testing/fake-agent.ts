/**
 * An agent without Claude Code, for volume: a runner loads it instead (`RunnerBoot.agent`,
 * `CLAUDE_WORKER_AGENT_MODULE`). It speaks in Claude Code's messages and keeps a transcript of its
 * own, so that a resumed attempt continues after its last finished step. Words in the prompt drive
 * it: `steps N` tool steps, `delay MS` before each, `append FILE` a line per step there (with
 * `signed` it names the runner too), `size BYTES` of text in each step, `spawn COMMAND` in the
 * first step (with `until FILE` each step waits for that file), `fail` (with `unless FILE` only
 * while that file is missing), `limit SECONDS` (a usage limit in the first attempt), `throw`,
 * `exit` (the runner dies), `hang` (it ends only when it is stopped), `linger MS` after the result,
 * `asks` (for permission before each step; with `kinds A,B` the first steps ask in other ways:
 * `plan`, `form`, `helper`), `from N` (the number of the first step). A message with `more N` adds
 * steps.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { markerName } from "../src/processes/sweep.ts";
import type { Agent, AgentOptions, AgentWork, Ask, CreateAgent, Emit, JudgeRequest } from "../src/agent/agent.ts";
import { until } from "./wait.ts";
import type { SentMessage } from "../src/domain/messages/message.ts";
import type { Answer, QuestionKind } from "../src/domain/questions/question.ts";
import type { JsonObject } from "../src/domain/text/read-json.ts";

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

  /** The criteria name a file: work that has it passes. `hush` in them: it says nothing. */
  judge({ prompt, directory }: JudgeRequest, emit: Emit): Promise<string | null> {
    const [, file = "", isMute] = /^The criteria:\n(\S+)( hush)?/.exec(prompt) ?? [];
    const passed = existsSync(path.resolve(directory, file));
    const answer = { passed, reasons: [passed ? "It is there." : `more 1 wanted: ${file} is missing`] };
    appendFileSync(path.resolve(directory, ".git", "judged"), `${prompt}\n`);
    const cost = { total_cost_usd: 0.5, modelUsage: { judge: { inputTokens: 7, outputTokens: 1, costUSD: 0.5 } } };
    emit({ type: "result", subtype: "success", is_error: false, result: "", ...cost, ...(isMute ? {} : { structured_output: answer }) });
    return Promise.resolve(null);
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
      const kind = wayToAsk(orders.text("kinds")?.split(",")[kept.done]);
      const input = { command: `step ${number}`, ...kind.input };
      emit(assistant(work, { type: "tool_use", id, name: kind.tool, input }));
      // The prompt says how long a step takes.
      if (orders.number("delay", 0) > 0) await delay(orders.number("delay", 0), undefined, { signal });
      signal.throwIfAborted();
      const answer = orders.has("asks") ? await this.#answer(ask, id, input, kind) : null;
      const denied = answer?.decision === "deny" ? denialIn(answer) : null;
      signal.throwIfAborted();
      if (kept.done === 0) this.#spawn(orders.text("spawn"), cwd);
      const awaited = orders.text("until");
      if (awaited !== null) await until(awaited, () => existsSync(path.resolve(cwd, awaited)) || signal.aborted);
      signal.throwIfAborted();
      const marks = orders.text("append");
      if (marks !== null && denied === null)
        appendFileSync(path.resolve(cwd, marks), `${number}${orders.has("signed") ? ` ${process.env[markerName]}` : ""}\n`);
      const form = answer?.content === undefined ? "" : JSON.stringify(answer.content);
      const content = denied ?? form + "x".repeat(orders.number("size", 2));
      keep({ done: kept.done + 1 });
      const result = { type: "tool_result", tool_use_id: id, content, ...(denied === null ? {} : { is_error: true }) };
      emit({ type: "user", session_id, parent_tool_use_id: null, message: { role: "user", content: [result] } });
    }
    if (orders.has("hang")) await delay(2 ** 30, undefined, { signal }); // Until it is stopped.
    if (orders.has("throw")) throw new Error("the fake agent throws");
    if (orders.has("exit")) process.kill(process.pid, "SIGKILL");
    if (orders.has("limit") && !work.resume) return limited(work, emit, orders.number("limit", 60));
    const failed = orders.has("fail") && !existsSync(orders.text("unless") ?? "");
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

  /** Asks whether a step may run. */
  async #answer(ask: Ask, id: string, input: JsonObject, { kind, asks, agentId }: WayToAsk): Promise<Answer> {
    const inputHash = createHash("sha256").update(JSON.stringify(input)).digest("hex");
    const toolUseId = kind === "elicitation" ? null : id;
    const answer = await ask({ kind, tool: asks, toolUseId, agentId, input, inputHash, rule: null }, this.#stopped.signal);
    if (answer === null) throw new Error("the question was withdrawn");
    return answer;
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

interface WayToAsk {
  readonly kind: QuestionKind;
  /** The tool of the call, and the one that the question names. */
  readonly tool: string;
  readonly asks: string;
  readonly agentId: string | null;
  readonly input: JsonObject;
}

function wayToAsk(word = "mark"): WayToAsk {
  const plain = { kind: "permission", tool: "Bash", asks: "Bash", agentId: null, input: {} } as const;
  if (word === "plan") return { ...plain, kind: "plan", tool: "ExitPlanMode", asks: "ExitPlanMode" };
  if (word === "helper") return { ...plain, agentId: "helper" };
  if (word !== "form") return plain;
  const requestedSchema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
  const input = { serverName: "form", message: "How old is it?", mode: "form", requestedSchema };
  return { kind: "elicitation", tool: "mcp__form__ask", asks: "mcp__form", agentId: null, input };
}

/** An MCP server gets no words with a denial. */
function denialIn({ message }: Answer): string {
  return message === undefined ? "The user denied this call." : `The user denied this call: ${message}`;
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
