/**
 * Defines the messages between server and runner on the runner's unix socket: NDJSON, one message
 * per line, both ways. Records are not sent; they are in the journal file, and `journal` reports
 * its size (architecture: "Data travels through the file").
 */
import type { ImageType } from "../domain/task/attachment.ts";
import type { SentMessage } from "../domain/messages/message.ts";
import type { SeenRun } from "../domain/task/auto-runs.ts";
import type { SandboxOrder } from "../domain/task/sandbox.ts";
import type { TaskSpec } from "../domain/task/task.ts";
import type { KeepOrder } from "../domain/workspace/keep-order.ts";
import type { SetupOrder } from "../domain/workspace/setup.ts";
import type { WorktreeOrder } from "../domain/workspace/worktree-order.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import type { Answer, UnappliedQuestion } from "../domain/questions/question.ts";

export const protocolVersion = 1;

/**
 * The boot data of a runner, as JSON in the environment variable `CLAUDE_WORKER_RUNNER`. It holds
 * no secrets.
 */
export interface RunnerBoot {
  readonly runnerId: string;
  /** Path of the unix socket to serve (mode 0600, in a 0700 directory). */
  readonly socket: string;
  /** Start Claude Code now and park it (`prewarm`). */
  readonly prewarm: boolean;
  /** A parked runner without any connection for this long exits. */
  readonly orphanTimeoutMs: number;
  /** Environment for Claude Code, already reduced to the allow-list. */
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Claude Code's binary, or null for the SDK's own. */
  readonly claudeExecutable: string | null;
  /**
   * The agent: Claude Code, unless a test names a module that exports `createAgent` (absolute
   * path).
   */
  readonly agent?: "claude" | { readonly module: string };
  /**
   * Node's code cache (a private directory), which makes later runners start faster. The starter
   * passes it to Node.
   */
  readonly compileCache?: string;
}

/** A conversation that another session begins with. */
export interface SessionCopy {
  /** The session that is copied. */
  readonly sessionId: string;
  /** The last line that is copied, by its UUID; null: all are. */
  readonly entry: string | null;
  /** The raw log of that session's task: it may have results that the session lacks. */
  readonly journal: string;
  /** Whether the task's prompt is said behind the copy: the task is a fork. */
  readonly saysPrompt: boolean;
}

/** How an attempt's snapshots are numbered and kept. */
export interface CheckpointOrder {
  /** The index of ours that is kept between snapshots. */
  readonly index: string;
  /** The attempt's number in the task: a part of the refs' names. */
  readonly attempt: number;
  /** The number of the next one. */
  readonly next: number;
  /** What is known of the task's files; null: nothing. */
  readonly before: {
    /** The common git directory: what was made in another one does not count. */
    readonly repository: string;
    /** The newest snapshot; null: there is none. */
    readonly last: { readonly tree: string; readonly head: string | null } | null;
    /** The commit that changes are counted from. */
    readonly base: string;
    /** The commit of the task's first snapshot: when the task began; null: there is none. */
    readonly first: string | null;
  } | null;
}

/** The work of one attempt. */
export interface StartMessage {
  readonly type: "start";
  readonly attemptId: number;
  readonly taskId: number;
  readonly spec: TaskSpec;
  /** What goes with the prompt, in base64. Absent: nothing. */
  readonly images?: readonly { readonly mediaType: ImageType; readonly data: string }[];
  /**
   * Chosen by the server for a cold start. A claimed spare has its own id, which a `session` note
   * reports.
   */
  readonly sessionId: string;
  /** Resume `sessionId` and continue its interrupted turn. */
  readonly resume: boolean;
  /** What the session begins with, where it has not begun. Absent: nothing. */
  readonly copyOf?: SessionCopy;
  /**
   * Messages that are not done, in their order. Absent: none. With `resume` those are left out that
   * the session has; else they go with the prompt.
   */
  readonly messages?: readonly SentMessage[];
  /**
   * With `resume`: questions of earlier attempts that have had no effect. Absent: none. The call of
   * one is not asked again.
   */
  readonly questions?: readonly UnappliedQuestion[];
  /** Files to append to. The journal's records of this attempt start at `journalStart` bytes. */
  readonly journal: string;
  readonly summary: string;
  /**
   * Absolute paths of the server's own files and directories, which do not count as changes of the
   * task. Absent: unknown.
   */
  readonly ownPaths?: readonly string[];
  /**
   * The task's worktree, which is prepared first; `spec.workingDirectory` lies in it. Absent: the
   * task works in place.
   */
  readonly worktree?: WorktreeOrder;
  /** How the worktree is set up. Absent: it is not. */
  readonly setup?: SetupOrder;
  /**
   * What a person has seen of what runs by itself in the directory. Absent: nothing is known, so
   * nothing can differ.
   */
  readonly seenRuns?: readonly SeenRun[];
  /** The sandbox of commands. Absent: none is asked for. */
  readonly sandbox?: SandboxOrder;
  /** More variables for everything that works in the worktree. Absent: there are none. */
  readonly workspaceEnv?: Readonly<Record<string, string>>;
  /** Absent: no snapshots are taken. */
  readonly checkpoints?: CheckpointOrder;
  /** How long the attempt waits for background commands after Claude's turn. */
  readonly backgroundGraceMs: number;
  /**
   * The `graceMs` of a stop that the runner decides, when the time limit of `spec` ends while no
   * server is connected.
   */
  readonly stopGraceMs: number;
  /** Longest run of one hook of Claude Code; null: only its own limit holds. */
  readonly hookTimeoutMs: number | null;
  /**
   * The loop is at its end: the files of its best iteration are put back, and the agent does not
   * run. Absent: it does.
   */
  readonly keep?: KeepOrder;
  /** Whether the verify commands run before the agent begins. Absent: they do not. */
  readonly baseline?: true;
  /** Longest run of one command that verifies the work. */
  readonly verifyTimeoutMs: number;
}

export type ToRunner =
  | StartMessage
  /** Interrupts first, then sends SIGTERM after `graceMs` and SIGKILL 2 s later. */
  | { readonly type: "stop"; readonly reason: StopReason; readonly graceMs: number }
  /**
   * Stops after all tool calls of a model's answer have ended and before the next model call, so
   * that the turn can be resumed later.
   */
  | { readonly type: "stop_at_step" }
  /** The answer of a question. Sent again after a reconnect; only the first one counts. */
  | { readonly type: "answer"; readonly key: string; readonly answer: Answer }
  /** A message that came since the start. Sent again after a reconnect; the first one counts. */
  | { readonly type: "message"; readonly message: SentMessage }
  /**
   * Takes a message back that came since the start, also before it comes; `by`: who does. Without
   * effect where a turn has it. Sent again after a reconnect.
   */
  | { readonly type: "unsend"; readonly key: string; readonly by: string }
  /**
   * Ends the attempt while its questions wait, once nothing else of it runs; at once with `force`.
   */
  | { readonly type: "park"; readonly force: boolean }
  /**
   * Secrets that only the server knows, e.g. from its environment. The runner keeps them out of
   * everything that it writes. First message on a connection.
   */
  | { readonly type: "secrets"; readonly values: readonly string[] }
  /** A parked runner leaves; a runner with an attempt ignores the message. */
  | { readonly type: "leave" };

export type FromRunner =
  /** First message on every connection. */
  | {
      readonly type: "hello";
      readonly protocol: number;
      readonly runnerId: string;
      readonly pid: number;
      /** null while parked. */
      readonly attemptId: number | null;
      readonly journalSize: number;
    }
  /** Claude Code is started and parked. */
  | { readonly type: "parked" }
  /**
   * The journal has this size in bytes now and holds whole lines only. Sent at most once per turn
   * of the event loop.
   */
  | { readonly type: "journal"; readonly size: number }
  /**
   * A `start` was refused: another attempt runs here, or the journal cannot be opened (then the
   * runner exits).
   */
  | { readonly type: "refused"; readonly attemptId: number; readonly reason: string }
  /** The attempt's process tree has ended; the rest of the journal waits for room on the disk. */
  | { readonly type: "writing" }
  /** Everything is written and the process tree has ended; the runner exits now. */
  | { readonly type: "ended"; readonly size: number };
