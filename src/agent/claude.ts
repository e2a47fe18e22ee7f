/**
 * Runs Claude Code through the Claude Agent SDK: parks it, gives it a task (claimed, cold or
 * resumed), and forwards its messages. Only this file uses the SDK. It does not decide the outcome.
 */
import type * as sdk from "@anthropic-ai/claude-agent-sdk";
import type { Options, Query, SDKMessage, SpareProcess } from "@anthropic-ai/claude-agent-sdk";
import { configuredHooks } from "../config/claude-settings-files.ts";
import { accountUsage } from "./account-usage.ts";
import { backgroundAfter } from "../domain/attempt/background.ts";
import { messageOf } from "../domain/errors.ts";
import { hookTimedOut, startProblems } from "../domain/events/record.ts";
import type { SentMessage } from "../domain/messages/message.ts";
import type { Agent, AgentOptions, AgentWork, Ask, CreateAgent, Emit, JudgeRequest, ProbeRequest } from "./agent.ts";
import { ClaudeProcess } from "./claude-process.ts";
import {
  claimOptions,
  hostOptions,
  isClaimable,
  judgeOptions,
  parkedEnv,
  probeOptions,
  probePrompt,
  coldOptions,
} from "./claude-options.ts";
import { DecidedCalls } from "./decided-calls.ts";
import { Decisions } from "./decisions.ts";
import { GuardedStart } from "./guarded-start.ts";
import { HookWatch } from "./hook-watch.ts";
import { McpWatch } from "./mcp-watch.ts";
import type { McpNote } from "./mcp-watch.ts";
import { isNoise, reasonsToGiveUp } from "./messages.ts";
import { OpenInput } from "./open-input.ts";
import type { MessageFate } from "./open-input.ts";
import type { UserMessage } from "./user-message.ts";
import { messagesOf } from "./query-messages.ts";
import { RunningCost } from "./running-cost.ts";
import type { SpendingNote } from "./running-cost.ts";
import { begin, resumeSession } from "./resume-session.ts";
import { LiveMessages, sayPrompt, usableCommands } from "./say-messages.ts";
import type { Commands } from "./say-messages.ts";
import type { Launch, SessionPort } from "./resume-session.ts";
import { movedSentence } from "./directory-problem.ts";

type Sdk = typeof sdk;
/** A message of Claude Code, or a note about its spending or its MCP servers. */
type Said = SDKMessage | SpendingNote | McpNote;

/**
 * A method of the SDK's Query that its types lack (0.3.332). Claude Code then reports the message
 * as `cancelled`, unless a turn has taken it or is taking it.
 */
interface MessageQueue {
  cancelAsyncMessage?(uuid: string): Promise<boolean>;
}

/** The SDK takes about 100 ms to load, which begins here. */
export const createAgent: CreateAgent = (options) => new ClaudeAgent(options);

/**
 * The commands that Claude Code names in the handshake. null: the handshake failed, which also ends
 * the messages, and they report the reason.
 */
async function commandsOf(query: Query | null): Promise<Commands> {
  const started = await query?.initializationResult().catch(() => null);
  return started == null ? null : usableCommands(started.commands);
}

class ClaudeAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #sdk: Promise<Sdk>;
  /**
   * The parked process. When no task takes it, it may still be starting when the task's own process
   * starts.
   */
  readonly #parked: ClaudeProcess;
  /** The task's process: the parked one when it takes the task. */
  #claude: ClaudeProcess;
  #spare: Promise<SpareProcess> | null = null;
  #query: Query | null = null;
  #halted = false;
  #emit: Emit = () => {};
  /** Null: no task has come yet. */
  #work: AgentWork | null = null;
  readonly #decided = new DecidedCalls();
  readonly #decisions = new Decisions(this.#decided);
  readonly #live = new LiveMessages({
    interrupt: async () => {
      if (this.#decided.isToBegin) return;
      await this.#decided.settled();
      if (!this.#halted) await this.#query?.interrupt();
    },
    withdraw: async (key) => await (this.#query as MessageQueue | null)?.cancelAsyncMessage?.(key),
    takenBack: (key, by) => this.#emit({ type: "worker", subtype: "message_taken_back", key, by }),
  });
  #hooks: HookWatch | null = null;
  readonly #start: GuardedStart;
  #lose: () => void = () => {};
  readonly lost = new Promise<void>((resolve) => (this.#lose = resolve));

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#parked = new ClaudeProcess(options.onSpawned);
    this.#claude = this.#parked;
    this.#start = new GuardedStart(options.env["HOME"] ?? "", (sentence) => this.#giveUp(startProblems.noDirectory, sentence));
    // Load after the socket is open, so that the server can work while the SDK loads.
    this.#sdk = new Promise((resolve) => setImmediate(resolve)).then(() => import("@anthropic-ai/claude-agent-sdk"));
    // Code that needs the SDK sees the failure later; without this handler Node would report it
    // now.
    this.#sdk.catch(() => {});
  }

  async park(): Promise<void> {
    // The task came first and has its own process.
    if (this.#work !== null) return;
    const host = this.#host(this.#parked);
    const options = { ...host, env: { ...parkedEnv, ...host.env }, permissionMode: "default" as const };
    this.#spare = this.#sdk.then(({ prewarm }) => prewarm({ options }));
    const spare = await this.#spare;
    spare.claimed.catch(() => {});
    void spare.exited.then(this.#lose);
  }

  isWarmFor(work: AgentWork): boolean {
    if (this.#spare === null || work.resume || work.copyOf !== undefined || !isClaimable(work.spec)) return false;
    return this.#start.guardOf(work.spec.workingDirectory)?.needsColdStart === false;
  }

  async run(work: AgentWork, emit: Emit, ask: Ask): Promise<string | null> {
    this.#work = work;
    this.#emit = emit;
    this.#decisions.begin(work, emit, ask);
    try {
      this.#start.check(work.spec.workingDirectory);
      if (this.#halted) return null;
      if (this.isWarmFor(work)) return await this.#runClaimed(work);
      this.leave();
      return work.resume || work.copyOf !== undefined ? await this.#runResumed(work) : await this.#runCold(work);
    } catch (error) {
      return messageOf(error);
    } finally {
      this.#start.close();
      if (this.#claude.hasDied && this.#claude.lastWords !== "") {
        emit({ type: "worker", subtype: "stderr", text: this.#claude.lastWords });
      }
    }
  }

  async probe(request: ProbeRequest, emit: Emit): Promise<string | null> {
    try {
      const { query } = await this.#sdk;
      if (this.#halted) return "stopped before it began";
      const { env, executable } = this.#options;
      const options = { ...probeOptions(env, executable, request), spawnClaudeCodeProcess: this.#claude.start };
      return await this.#follow(query({ prompt: probePrompt, options }), (message) => {
        if (!isNoise(message)) emit(message);
      });
    } catch (error) {
      return messageOf(error);
    }
  }

  async usage(directory: string): Promise<object | null> {
    const { query } = await this.#sdk;
    const { env, executable } = this.#options;
    const options = { ...probeOptions(env, executable, { model: null, directory }), spawnClaudeCodeProcess: this.#claude.start };
    return await accountUsage((prompt) => query({ prompt, options }));
  }

  async judge(request: JudgeRequest, emit: Emit): Promise<string | null> {
    const { env, executable, onSpawned } = this.#options;
    // The agent's own process has ended.
    const claude = new ClaudeProcess(onSpawned);
    const stop = (): void => claude.kill("SIGKILL");
    request.signal.addEventListener("abort", stop);
    try {
      const { query } = await this.#sdk;
      if (request.signal.aborted) return "it was stopped";
      const options = { ...judgeOptions(env, executable, request), spawnClaudeCodeProcess: claude.start };
      for await (const message of messagesOf(query({ prompt: request.prompt, options }), claude)) if (!isNoise(message)) emit(message);
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      request.signal.removeEventListener("abort", stop);
      claude.kill("SIGKILL");
      await claude.ended;
    }
  }

  say(message: SentMessage): void {
    if (!this.#halted) this.#live.add(message);
  }

  unsay(key: string, by: string): void {
    if (!this.#halted) this.#live.unsay(key, by);
  }

  async interrupt(): Promise<void> {
    this.#halted = true;
    this.#hooks?.stop();
    await this.#query?.interrupt();
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#halted = true;
    this.#hooks?.stop();
    this.#claude.kill(signal);
  }

  get reaped(): Promise<void> {
    return Promise.all([this.#claude.reaped, this.#parked.reaped]).then(() => {});
  }

  leave(): void {
    this.#spare?.then((spare) => spare.close()).catch(() => {});
    this.#spare = null;
  }

  async #runClaimed(work: AgentWork): Promise<string | null> {
    const refusal = await this.#claim(work);
    if (refusal === null) return this.#claimedEnd;
    if (this.#halted) return refusal;
    // A refused claim has not run the prompt. A claim with a refused model has, with another model:
    // it must not continue beside the cold start.
    this.#claude.kill("SIGKILL");
    await this.#claude.ended;
    this.#emit({ type: "worker", subtype: "cold_start", reason: refusal });
    this.#emit({ type: "worker", subtype: "session", sessionId: work.sessionId });
    return this.#runCold(work);
  }

  /** How the claimed run ended; settles long after the claim. */
  #claimedEnd: Promise<string | null> = Promise.resolve(null);

  /**
   * Gives the task to the parked Claude Code.
   * @returns null when it took the task, else why not. Its messages wait until that is known.
   */
  async #claim(work: AgentWork): Promise<string | null> {
    let take: (message: Said) => void = (message) => held.push(message);
    const held: Said[] = [];
    try {
      const spare = await this.#spare;
      if (spare === null || this.#halted) return "stopped before it began";
      const input = new OpenInput();
      this.#query = spare.claim({ prompt: this.#promptOf(work, spare, input), options: claimOptions(work.spec, work) });
      this.#claimedEnd = this.#follow(this.#query, (message) => take(message), input);
      const { sessionId } = await spare.claimed;
      this.#emit({ type: "worker", subtype: "session", sessionId });
      take = (message) => this.#take(message);
      held.forEach(take);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Yields the prompt after a check that the parked Claude Code is in the trusted directory. */
  async *#promptOf(work: AgentWork, spare: SpareProcess, input: OpenInput): AsyncGenerator<UserMessage> {
    const isClaimed = await spare.claimed.then(
      () => true,
      () => false,
    );
    if (!isClaimed || this.#halted) return;
    if (!this.#start.isWorkedInBy(this.#claude.pid))
      return this.#giveUp(startProblems.noDirectory, movedSentence(work.spec.workingDirectory));
    sayPrompt(input, work, this.#emit);
    void commandsOf(this.#query).then((commands) => this.#live.open(input, commands));
    yield* input.messages;
  }

  #runCold(work: AgentWork): Promise<string | null> {
    return begin(work, this.#port);
  }

  #runResumed(work: AgentWork): Promise<string | null> {
    return resumeSession(work, this.#port);
  }

  get #port(): SessionPort {
    return {
      env: this.#options.env,
      emit: this.#emit,
      putBack: (id) => this.#decided.putBack(id),
      launch: (work, launch) => this.#launch(work, launch),
      messages: async (sessionId, dir) => (await this.#sdk).getSessionMessages(sessionId, { dir }),
    };
  }

  async #launch(work: AgentWork, { input, session, env, onReady, onMessage, onDecide = () => {} }: Launch): Promise<string | null> {
    const { query } = await this.#sdk;
    const { spec } = work;
    if (this.#halted) return "stopped before it began";
    const guard = this.#start.guardOf(spec.workingDirectory);
    if (guard === null) return this.#start.problem;
    this.#claude = new ClaudeProcess(this.#options.onSpawned);
    const host = this.#host(this.#claude);
    const own = coldOptions(spec, guard.above, host.env, work) as Options;
    this.#claude.directory = guard.cwd;
    const options = { ...host, ...own, ...session, ...this.#decisions.hooks, env: { ...host.env, ...env } };
    const running = query({ prompt: input.messages, options });
    this.#query = running;
    this.#decisions.onDecide = onDecide;
    void commandsOf(running).then((commands) => {
      if (commands === null) return;
      onReady?.(commands);
      this.#live.open(input, commands);
    });
    const take = (message: Said): void => {
      // The runner's own notes say nothing about the turn.
      if (message.type === "worker" || (onMessage?.(message) ?? true)) this.#take(message);
    };
    return this.#follow(running, take, input);
  }

  /**
   * Forwards every message to the last, and waits for the process.
   * @returns the SDK's error; null after a result, which reports everything.
   */
  async #follow(query: Query, take: (message: Said) => void, input: OpenInput | null = null): Promise<string | null> {
    let answered = false;
    const claude = this.#claude;
    const cost = new RunningCost(query, take);
    const servers = new McpWatch(query, take);
    let background = 0;
    if (input !== null) input.onMessages = (keys, fate) => this.#noteMessages(keys, fate);
    const hooks = this.#work === null ? null : this.#watchHooks(this.#work);
    this.#hooks = hooks;
    try {
      for await (const message of messagesOf(query, claude)) {
        hooks?.take(message);
        if (message.type === "result" || message.type === "assistant") answered = message.type === "result";
        background = backgroundAfter({ ...message })?.length ?? background;
        take(message);
        servers.take(message);
        input?.heard(message);
        if (message.type === "assistant") cost.touch();
      }
      return null;
    } catch (error) {
      return answered && (background === 0 || this.#halted) ? null : messageOf(error);
    } finally {
      input?.end();
      cost.stop();
      servers.stop();
      hooks?.stop();
      await claude.ended;
    }
  }

  #watchHooks({ spec, hookTimeoutMs }: AgentWork): HookWatch {
    return new HookWatch({
      limitMs: hookTimeoutMs,
      configured: (event, name) => configuredHooks(spec, this.#options.env, event, name),
      emit: (note) => this.#emit(note),
      onOver: (text) => this.#giveUp(hookTimedOut, text),
    });
  }

  #noteMessages(keys: readonly string[], fate: MessageFate): void {
    for (const key of keys) {
      this.#live.hasBecome(key, fate);
      if (fate === "delivered" || fate === "done") this.#emit({ type: "worker", subtype: `message_${fate}`, key });
    }
  }

  #take(message: Said): void {
    if (message.type === "system" && message.subtype === "init") this.#start.hasStarted(this.#claude.pid);
    if (isNoise(message)) return;
    this.#emit(message);
    this.#decided.heard(message);
    if (this.#work === null) return;
    for (const { error, text } of reasonsToGiveUp(message, this.#work.spec)) this.#giveUp(error, text);
  }

  #giveUp(error: string, text: string): void {
    this.#emit({ type: "worker", subtype: "gave_up", error, text });
    this.kill("SIGKILL");
  }

  #host(claude: ClaudeProcess) {
    const { env, executable } = this.#options;
    const { ofCall, ofForm } = this.#decisions;
    return { ...hostOptions(env, executable), spawnClaudeCodeProcess: claude.start, canUseTool: ofCall, onElicitation: ofForm };
  }
}
