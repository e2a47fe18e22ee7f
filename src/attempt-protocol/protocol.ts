/**
 * What server and runner say to each other on the runner's unix socket: NDJSON, one message a line,
 * both ways. Records do not travel here; they are in the journal file, and `journal` says how long
 * it is (architecture: "Data travels through the file").
 */
import type { ImageType } from "../domain/task/attachment.ts";
import type { TaskSpec } from "../domain/task/task.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";

export const protocolVersion = 1;

/**
 * What a runner is started with, in the environment variable `CLAUDE_WORKER_RUNNER` as JSON. No
 * secrets.
 */
export interface RunnerBoot {
  readonly runnerId: string;
  /** Path of the unix socket to serve (mode 0600, in a 0700 directory). */
  readonly socket: string;
  /** Start Claude Code now and park it (`prewarm`). */
  readonly prewarm: boolean;
  /** A parked runner without any connection for this long exits. */
  readonly orphanTimeoutMs: number;
  /** Environment for Claude Code: the allow-list, already applied. */
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Claude Code's binary, or null for the SDK's own. */
  readonly claudeExecutable: string | null;
  /**
   * Who works: Claude Code unless a test names a module that exports `createAgent` (absolute path).
   */
  readonly agent?: "claude" | { readonly module: string };
  /**
   * Where Node keeps compiled code (a private directory): a runner starts faster the second time.
   * The starter hands it to Node.
   */
  readonly compileCache?: string;
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
   * Chosen by the server for a cold start; a claimed spare brings its own (a `session` note tells
   * it).
   */
  readonly sessionId: string;
  /** Resume `sessionId` and continue its interrupted turn. */
  readonly resume: boolean;
  /** With `resume`: a new user message (follow-up) instead of the interrupted turn. */
  readonly followUp: string | null;
  /** Files to append to. The journal's records of this attempt start at `journalStart` bytes. */
  readonly journal: string;
  readonly summary: string;
  /**
   * Absolute paths of the server's own files and directories: what lies there is none of the task's
   * changes. Absent: unknown.
   */
  readonly ownPaths?: readonly string[];
  /** How long commands in the background are waited for when Claude's turn has ended. */
  readonly backgroundGraceMs: number;
  /**
   * The `graceMs` of a stop that the runner decides on: no server was there when the time of `spec`
   * was up.
   */
  readonly stopGraceMs: number;
  /** Longest run of one hook of Claude Code; null: only its own limit holds. */
  readonly hookTimeoutMs: number | null;
}

export type ToRunner =
  | StartMessage
  /** Graceful interrupt first, then the ladder: SIGTERM after `graceMs`, SIGKILL 2 s later. */
  | { readonly type: "stop"; readonly reason: StopReason; readonly graceMs: number }
  /**
   * Stop as if interrupted, once the tool calls of a model's answer have all ended and before the
   * next model call: to be resumed later.
   */
  | { readonly type: "stop_at_step" }
  /**
   * Values that only the server knows, e.g. of its environment: they are kept out of what the
   * runner writes. Comes first on a connection.
   */
  | { readonly type: "secrets"; readonly values: readonly string[] }
  /** A parked runner leaves; one with an attempt ignores it. */
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
   * The journal has this many bytes now, all of them whole lines. Coalesced: at most one per turn
   * of the event loop.
   */
  | { readonly type: "journal"; readonly size: number }
  /**
   * A `start` that was not taken: another attempt runs here, or the journal cannot be opened (then
   * the runner exits).
   */
  | { readonly type: "refused"; readonly attemptId: number; readonly reason: string }
  /** Nothing of the attempt's tree runs any more; the journal's rest waits for room on the disk. */
  | { readonly type: "writing" }
  /** Everything is written and swept; the runner exits now. */
  | { readonly type: "ended"; readonly size: number };
