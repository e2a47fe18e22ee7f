/**
 * Defines what a runner needs from an agent. claude.ts implements it for Claude Code; tests use
 * faster agents.
 */
import type { StartMessage } from "../attempt-protocol/protocol.ts";
import type { JournalEntry } from "../domain/events/record.ts";
import type { SentMessage } from "../domain/messages/message.ts";
import type { Answer, AskedQuestion } from "../domain/questions/question.ts";

/** The work of one attempt, as the server sent it. */
export type AgentWork = Omit<StartMessage, "type">;

/** Takes the agent's messages and the runner's notes, in order. */
export type Emit = (entry: JournalEntry) => void;

/**
 * Asks a person. Resolves with the answer, possibly days later; null: the agent waits no more,
 * because its signal was aborted.
 */
export type Ask = (question: Omit<AskedQuestion, "key">, signal?: AbortSignal) => Promise<Answer | null>;

/** The options of a probe. */
export interface ProbeRequest {
  /** null: the agent's default. */
  readonly model: string | null;
  readonly directory: string;
}

/** What a judge is asked. */
export interface JudgeRequest {
  readonly prompt: string;
  readonly directory: string;
  /** null: the agent's default. */
  readonly model: string | null;
  /** US dollars; null: no limit. */
  readonly budgetUsd: number | null;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface Agent {
  /** Starts before there is work. Rejects when that is not possible; `run` still works then. */
  park(): Promise<void>;
  /** Whether the parked process can take this work; otherwise `run` starts cold. */
  isWarmFor(work: AgentWork): boolean;
  /**
   * Does the work to its end and emits every message. Called once.
   * @returns a sentence about an error outside of the agent's own messages, or null. Never rejects.
   */
  run(work: AgentWork, emit: Emit, ask: Ask): Promise<string | null>;
  /**
   * Sends one small request (one turn, no tools) and emits the messages, which show whether the
   * account works. Called instead of `run`. Absent: this agent has no account.
   * @returns a sentence about an error outside of the agent's own messages, or null. Never rejects.
   */
  probe?(request: ProbeRequest, emit: Emit): Promise<string | null>;
  /**
   * Asks for the limits of the account, without a message to the model. Called instead of `run`.
   * Absent: this agent has no account.
   * @returns what it says (domain/order/account-usage.ts reads it); null: nothing.
   * @throws what the agent throws.
   */
  usage?(directory: string): Promise<object | null>;
  /**
   * Judges work in a session of its own, without tools, and emits the messages of it. Called when
   * the agent has ended. Absent: this agent judges nothing.
   * @returns a sentence about an error outside of the agent's own messages, or null. Never rejects.
   */
  judge?(request: JudgeRequest, emit: Emit): Promise<string | null>;
  /**
   * Says something to the agent while it runs. It emits `message_delivered` once the message is
   * part of the conversation; otherwise the message was not taken. Absent: it takes none.
   */
  say?(message: SentMessage): void;
  /**
   * Takes back what was said to the agent while it runs. It emits `message_taken_back` once the
   * message can be part of no conversation any more; otherwise it keeps it. Absent: it keeps all.
   * @param by who takes it back.
   */
  unsay?(key: string, by: string): void;
  /** Asks the running turn to stop by itself. */
  interrupt(): Promise<void>;
  /** Signals the agent's process, where there is one. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /**
   * Settles when the system has reported the end of the agent's process, which may be shortly after
   * `run`.
   */
  readonly reaped: Promise<void>;
  /** Settles when the parked process has died before it was used. Never settles otherwise. */
  readonly lost: Promise<void>;
  /** Ends the parked process. */
  leave(): void;
}

/** What the runner gives to its agent. */
export interface AgentOptions {
  /** The agent's environment, with the runner's marker. */
  readonly env: Readonly<Record<string, string>>;
  /** The agent's program, or null for the one in the package. */
  readonly executable: string | null;
  /**
   * The agent calls it when its process was started, so that the runner loads its own modules
   * meanwhile.
   */
  readonly onSpawned: () => void;
}

/** The function that an agent's module exports as `createAgent`. */
export type CreateAgent = (options: AgentOptions) => Agent;
