/**
 * Claude Code through the Claude Agent SDK: parks it, gives it a task (claimed, cold or resumed), and hands on what it says.
 * The only file that knows the SDK. It decides no outcome.
 */
import type * as sdk from "@anthropic-ai/claude-agent-sdk";
import type { CanUseTool, Options, Query, SDKMessage, SDKUserMessage, SpareProcess } from "@anthropic-ai/claude-agent-sdk";
import { messageOf } from "../../domain/errors.ts";
import type { Agent, AgentOptions, AgentWork, CreateAgent, Emit } from "./agent.ts";
import { ClaudeProcess } from "./claude-process.ts";
import { claimOptions, denialOf, hostOptions, isClaimable, taskOptions } from "./claude-options.ts";
import { Inbox } from "./inbox.ts";
import { isNoise, isNoConversation, refusedSignIn } from "./messages.ts";
import { finishedTurn } from "./finished-turn.ts";
import { findTranscript, mendTranscript } from "./transcript.ts";

type Sdk = typeof sdk;

/** A resumed Claude Code that has answered the handshake and says nothing for this long has no turn to continue (else it begins before the answer). */
const idleMs = 3_000;

/** Its import takes about 100 ms and begins here. */
export const createAgent: CreateAgent = (options) => new ClaudeAgent(options);

class ClaudeAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #sdk: Promise<Sdk>;
  readonly #claude = new ClaudeProcess();
  #spare: Promise<SpareProcess> | null = null;
  #query: Query | null = null;
  #halted = false;
  #emit: Emit = () => {};
  #lose: () => void = () => {};
  readonly lost = new Promise<void>((resolve) => (this.#lose = resolve));

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#sdk = import("@anthropic-ai/claude-agent-sdk");
    // Whoever needs it sees the failure; until then it is nobody's.
    this.#sdk.catch(() => {});
  }

  async park(): Promise<void> {
    this.#spare = this.#sdk.then(({ prewarm }) => prewarm({ options: { ...this.#host(), permissionMode: "default" } }));
    const spare = await this.#spare;
    spare.claimed.catch(() => {});
    void spare.exited.then(this.#lose);
  }

  isWarmFor(work: AgentWork): boolean {
    return this.#spare !== null && !work.resume && work.followUp === null && isClaimable(work.spec);
  }

  async run(work: AgentWork, emit: Emit): Promise<string | null> {
    this.#emit = emit;
    try {
      if (this.isWarmFor(work)) return await this.#runClaimed(work);
      this.leave();
      return work.resume ? await this.#runResumed(work) : await this.#runCold(work, work.spec.prompt);
    } catch (error) {
      return messageOf(error);
    } finally {
      if (this.#claude.hasDied && this.#claude.lastWords !== "") {
        emit({ type: "worker", subtype: "stderr", text: this.#claude.lastWords });
      }
    }
  }

  async interrupt(): Promise<void> {
    this.#halted = true;
    await this.#query?.interrupt();
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#halted = true;
    this.#claude.kill(signal);
  }

  leave(): void {
    this.#spare?.then((spare) => spare.close()).catch(() => {});
    this.#spare = null;
  }

  async #runClaimed(work: AgentWork): Promise<string | null> {
    const refusal = await this.#claim(work);
    if (refusal === null) return this.#claimedEnd;
    // What was refused has not run the prompt; a refused model has, with another one: it must not go on beside the cold start.
    this.#claude.kill("SIGKILL");
    await this.#claude.ended;
    this.#emit({ type: "worker", subtype: "cold_start", reason: refusal });
    this.#emit({ type: "worker", subtype: "session", sessionId: work.sessionId });
    return this.#runCold(work, work.spec.prompt);
  }

  /** How the claimed run ended; settles long after the claim. */
  #claimedEnd: Promise<string | null> = Promise.resolve(null);

  /** @returns null when the parked Claude Code has the task, else why it does not. Its messages wait until that is known. */
  async #claim(work: AgentWork): Promise<string | null> {
    let take: (message: SDKMessage) => void = (message) => held.push(message);
    const held: SDKMessage[] = [];
    try {
      const spare = await this.#spare;
      if (spare === null || this.#halted) return "stopped before it began";
      this.#query = spare.claim({ prompt: work.spec.prompt, options: claimOptions(work.spec) });
      this.#claimedEnd = this.#follow(this.#query, (message) => take(message));
      const { sessionId } = await spare.claimed;
      this.#emit({ type: "worker", subtype: "session", sessionId });
      take = (message) => this.#take(message);
      held.forEach(take);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  async #runCold(work: AgentWork, prompt: string): Promise<string | null> {
    const options = { ...taskOptions(work.spec), sessionId: work.sessionId };
    return this.#start(prompt, options, (message) => this.#take(message));
  }

  async #runResumed(work: AgentWork): Promise<string | null> {
    const transcript = findTranscript(this.#options.env, work.sessionId);
    if (transcript === null) return this.#restart(work, "Claude Code has no record of the session.");
    this.#mend(transcript, work);
    if (work.followUp === null && (await this.#recover(work))) return null;
    const missing = await (work.followUp === null ? this.#continueTurn(work) : this.#resume(work, work.followUp, {}));
    return missing === noConversation ? this.#restart(work, "Claude Code found no conversation in the session.") : missing;
  }

  #restart(work: AgentWork, reason: string): Promise<string | null> {
    this.#emit({ type: "worker", subtype: "session_restarted", reason });
    const { prompt } = work.spec;
    return this.#runCold(work, work.followUp === null ? prompt : `${prompt}\n\n${work.followUp}`);
  }

  #mend(transcript: string, work: AgentWork): void {
    try {
      const messages = mendTranscript(transcript, work.journal, work.sessionId);
      if (messages > 0) this.#emit({ type: "worker", subtype: "session_mended", messages });
    } catch {
      // Without the mend the last steps before the kill may be run again, which resuming allows.
    }
  }

  /** Ends with the finished turn's own answer when the session has one that the journal has not. */
  async #recover(work: AgentWork): Promise<boolean> {
    const { getSessionMessages } = await this.#sdk;
    const { sessionId, spec } = work;
    const result = finishedTurn(sessionId, await getSessionMessages(sessionId, { dir: spec.workingDirectory }));
    if (result !== null) this.#emit(result);
    return result !== null;
  }

  /** Claude Code itself continues a turn that was cut; when it finds none (it was interrupted, not cut), it is asked to. */
  async #continueTurn(work: AgentWork): Promise<string | null> {
    const inbox = new Inbox<SDKUserMessage>();
    const env = { CLAUDE_CODE_RESUME_INTERRUPTED_TURN: "1", CLAUDE_CODE_RESUME_REASON: "runner_died" };
    let spoken = false;
    let idle: NodeJS.Timeout | null = null;
    const ended = this.#resume(work, inbox, env, (message) => {
      spoken = true;
      if (message.type === "result") inbox.end();
    });
    const ready = this.#query?.initializationResult().then(() => {
      idle = setTimeout(() => spoken || inbox.push(continuation), idleMs);
    });
    ready?.catch(() => {}); // `ended` tells it.
    const thrown = await ended;
    if (idle !== null) clearTimeout(idle);
    inbox.end();
    return thrown;
  }

  async #resume(
    work: AgentWork,
    prompt: string | Inbox<SDKUserMessage>,
    env: Record<string, string>,
    watch: (message: SDKMessage) => void = () => {},
  ): Promise<string | null> {
    let found = true;
    const options = { ...taskOptions(work.spec), resume: work.sessionId };
    const thrown = await this.#start(
      prompt,
      options,
      (message) => {
        watch(message);
        if (isNoConversation(message)) found = false;
        else this.#take(message);
      },
      env,
    );
    return found ? thrown : noConversation;
  }

  async #start(
    prompt: string | Inbox<SDKUserMessage>,
    options: Options,
    take: (message: SDKMessage) => void,
    env: Record<string, string> = {},
  ): Promise<string | null> {
    const { query } = await this.#sdk;
    if (this.#halted) return "stopped before it began";
    const host = this.#host();
    this.#query = query({ prompt, options: { ...host, ...options, env: { ...host.env, ...env } } });
    return this.#follow(this.#query, take);
  }

  /** Hands on every message to the last, and waits for the process. @returns what the SDK threw; null when that only repeats an error result. */
  async #follow(query: Query, take: (message: SDKMessage) => void): Promise<string | null> {
    let failed = false;
    try {
      for await (const message of query) {
        if (message.type === "result") failed = message.is_error;
        take(message);
      }
      return null;
    } catch (error) {
      return failed ? null : messageOf(error);
    } finally {
      await this.#claude.ended;
    }
  }

  #take(message: SDKMessage): void {
    if (isNoise(message)) return;
    this.#emit(message);
    const refused = refusedSignIn(message);
    if (refused === null) return;
    this.#emit({ type: "worker", subtype: "gave_up", error: refused.error, text: refused.text });
    this.kill("SIGTERM");
  }

  #host() {
    const { env, executable } = this.#options;
    return { ...hostOptions(env, executable), spawnClaudeCodeProcess: this.#claude.start, canUseTool: this.#deny };
  }

  /** Called for what neither the permission mode nor a rule decides. */
  readonly #deny: CanUseTool = (tool, input) => {
    const message = denialOf(tool);
    this.#emit({ type: "worker", subtype: "permission_denied", tool, input, reason: message });
    return Promise.resolve({ behavior: "deny", message });
  };
}

const noConversation = "no conversation found";

/** The words that Claude Code itself uses for a turn that it continues. */
const continuation: SDKUserMessage = {
  type: "user",
  message: { role: "user", content: "Continue from where you left off." },
  parent_tool_use_id: null,
};
