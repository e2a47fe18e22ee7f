/** What a runner needs of an agent. Claude Code is one (claude.ts); tests bring faster ones. */
import type { StartMessage } from "../attempt-protocol/protocol.ts";
import type { JournalEntry } from "../domain/events/record.ts";

/** The work of one attempt, as the server sent it. */
export type AgentWork = Omit<StartMessage, "type">;

/** Takes what the agent says and what is to be noted of it, in order. */
export type Emit = (entry: JournalEntry) => void;

/** What a probe is sent with. */
export interface ProbeRequest {
  /** null: the agent's default. */
  readonly model: string | null;
  readonly directory: string;
}

export interface Agent {
  /** Starts ahead of the work. Rejects when that is not possible; `run` works all the same. */
  park(): Promise<void>;
  /** Whether this work can be given to what is parked; otherwise `run` starts cold. */
  isWarmFor(work: AgentWork): boolean;
  /**
   * Does the work to its end and emits everything on the way. Called once.
   * @returns what went wrong outside of the agent's own messages, as a sentence, or null. Never
   * rejects.
   */
  run(work: AgentWork, emit: Emit): Promise<string | null>;
  /**
   * Sends one small request (one turn, no tools) and emits what comes of it: whether the account
   * works. Called instead of `run`. Absent: this agent has no account.
   * @returns what went wrong outside of the agent's own messages, or null. Never rejects.
   */
  probe?(request: ProbeRequest, emit: Emit): Promise<string | null>;
  /** Asks the running turn to stop by itself. */
  interrupt(): Promise<void>;
  /** Signals the agent's process, where there is one. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /**
   * Settles when the system has told of the end of the agent's process, which may be a moment after
   * `run`.
   */
  readonly reaped: Promise<void>;
  /** Settles when what is parked has died before it was used. Never settles otherwise. */
  readonly lost: Promise<void>;
  /** Lets go of what is parked. */
  leave(): void;
}

/** What the runner tells its agent. */
export interface AgentOptions {
  /** The agent's environment, with the runner's marker. */
  readonly env: Readonly<Record<string, string>>;
  /** The agent's program, or null for the one that comes along. */
  readonly executable: string | null;
  /**
   * To be called when the agent's process was started: what the runner has to load can be loaded
   * while that one starts.
   */
  readonly onSpawned: () => void;
}

/** What a module that brings an agent exports as `createAgent`. */
export type CreateAgent = (options: AgentOptions) => Agent;
