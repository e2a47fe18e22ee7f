/**
 * One line of the journal. A line is an SDK message as Claude Code gave it (or a note of the
 * runner, `type: "worker"`), with three added fields: its number within the attempt, the attempt's
 * id, and the time.
 */
import type { StopReason } from "../attempt/stop-reason.ts";
import type { ChangeCounts, CheckpointReason, LeftOut } from "../workspace/workspace.ts";
import type { SetupCacheStep, SetupState } from "../workspace/setup.ts";
import type { AnswerDecision, AskedQuestion } from "../questions/question.ts";
import type { VerifyState } from "../verification/verify-result.ts";

export interface RecordStamp {
  /** 1, 2, 3 … within the attempt, without gaps. */
  readonly _n: number;
  readonly _attempt: number;
  /** RFC 3339 with milliseconds. */
  readonly _at: string;
  /**
   * Milliseconds since the machine's start; setting the system clock does not change them. Records
   * of older runners lack this field.
   */
  readonly _up?: number;
}

/**
 * An SDK message; its shape is Claude Code's, so everything but `type` is unknown until it is
 * looked at.
 */
export interface SdkRecord extends RecordStamp {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The runner's own notes. */
export type RunnerNote =
  /**
   * First record of an attempt. `sessionId` is null for a claimed spare until `session` follows.
   */
  | { type: "worker"; subtype: "started"; runnerId: string; pid: number; warm: boolean; resume: boolean; sessionId: string | null }
  | { type: "worker"; subtype: "session"; sessionId: string }
  /** The parked Claude refused the claim: a cold start follows. */
  | { type: "worker"; subtype: "cold_start"; reason: string }
  /**
   * The session could not be resumed and was started again from the beginning, under the same id.
   */
  | { type: "worker"; subtype: "session_restarted"; reason: string }
  /** The session lacked finished steps that the journal has. `messages`: how many were added. */
  | { type: "worker"; subtype: "session_repaired"; messages: number }
  /**
   * Claude Code would have repeated for minutes a request that cannot succeed. `error` is Claude
   * Code's word (`authentication_failed`, …).
   */
  | { type: "worker"; subtype: "gave_up"; error: string; text: string }
  /** A hook that has run for some seconds. `since`: RFC 3339. `commands`: those that it may be. */
  | { type: "worker"; subtype: "hook_running"; hookId: string; hook: string; commands: readonly string[]; since: string }
  /** A hook that `hook_running` reported has ended, or a hook was stopped at its time limit. */
  | { type: "worker"; subtype: "hook_ended"; hookId: string; hook: string; commands: readonly string[]; tookMs: number; timedOut: boolean }
  | { type: "worker"; subtype: "permission_denied"; tool: string; toolUseId?: string; input: unknown; reason: string }
  /** The task needs a person. Written before the server or anybody else hears of it. */
  | { type: "worker"; subtype: "question_asked"; question: AskedQuestion }
  /** Claude Code has got the answer. */
  | { type: "worker"; subtype: "question_answered"; key: string; decision: AnswerDecision }
  /** Claude Code does not wait for the answer any more. */
  | { type: "worker"; subtype: "question_withdrawn"; key: string }
  /** The session has the result of the question's call, which an earlier attempt did not note. */
  | { type: "worker"; subtype: "question_settled"; key: string }
  /** Claude Code answered the message itself: the result with this text is that answer. */
  | { type: "worker"; subtype: "message_answered"; key: string; text: string }
  /**
   * The session got the messages up to an open call back, so that it is decided again. `calls`: the
   * other open calls of its message, which Claude has to call again.
   */
  | { type: "worker"; subtype: "call_restored"; tool: string; toolUseId: string; calls: number }
  /** These messages go with the session's first prompt, which has this UUID. */
  | { type: "worker"; subtype: "messages_in_prompt"; uuid: string; keys: readonly string[] }
  /** The message is part of the conversation. */
  | { type: "worker"; subtype: "message_delivered"; key: string }
  /** The turn that took the message has ended. */
  | { type: "worker"; subtype: "message_done"; key: string }
  /** The message was taken back before a turn took it. No process has it any more. */
  | { type: "worker"; subtype: "message_taken_back"; key: string; by: string }
  | { type: "worker"; subtype: "stop_requested"; reason: StopReason }
  /**
   * The session's running total of money (US dollars) and, by model, of tokens (SDK's ModelUsage).
   * `base`: what a resumed session had saved, which is where it continues counting.
   */
  | { type: "worker"; subtype: "spending"; base: boolean; costUsd: number; modelUsage: Readonly<Record<string, object>> }
  /**
   * The turn has ended and this background work is waited for. `until`: RFC 3339; null: for as long
   * as it takes.
   */
  | {
      type: "worker";
      subtype: "waiting_background";
      commands: readonly string[];
      agents: readonly string[];
      until: string | null;
    }
  /** Background work that was ended because the attempt is over: the first `names`, all of them. */
  | { type: "worker"; subtype: "cut_background"; names: readonly string[] }
  /** Background work that died with an earlier attempt. Claude is asked to check it. */
  | { type: "worker"; subtype: "background_lost"; names: readonly string[] }
  /** MCP servers that did not start. */
  | { type: "worker"; subtype: "failed_mcp_server"; servers: readonly { readonly name: string; readonly reason: string | null }[] }
  /** A command that verifies the work is about to start. */
  | { type: "worker"; subtype: "verify_started"; name: string; command: string; baseline?: true }
  /**
   * It has ended, and all that it left. `output`: the end of what it printed. `tree`: the files
   * that this is true for.
   */
  | {
      type: "worker";
      subtype: "verify_ended";
      name: string;
      command: string;
      state: VerifyState;
      exitCode: number | null;
      reason: string | null;
      tookMs: number;
      output: string;
      outputBytes: number;
      tree: string | null;
      /** Of the judge: US dollars, and by model the tokens (SDK's ModelUsage). */
      costUsd?: number;
      modelUsage?: Readonly<Record<string, object>>;
      /** Of the command that scores the work. */
      score?: number;
      /** It ran before Claude began. */
      baseline?: true;
    }
  /** The files of a loop's best iteration were put back, or could not be. */
  | {
      type: "worker";
      subtype: "iteration_kept";
      iteration: number;
      checkpoint: number;
      isKept: boolean;
      reason: string | null;
      changedFiles: number;
      tree: string | null;
    }
  /** Processes that were left of the attempt's tree and had to be ended. */
  | { type: "worker"; subtype: "swept"; processes: readonly SweptProcess[] }
  /** What was changed in the Git work tree before the task: a digest for each file. */
  | { type: "worker"; subtype: "work_tree"; files: readonly string[] }
  /** Files that the task changed and did not commit; the first ones by their path. */
  | { type: "worker"; subtype: "uncommitted"; count: number; names: readonly string[] }
  /**
   * The task's worktree is there. `how`: it was there, is new, or was rebuilt after it vanished.
   * `hasFiles`: it has the files of the last snapshot.
   */
  | {
      type: "worker";
      subtype: "worktree_ready";
      path: string;
      how: "found" | "made" | "rebuilt";
      branch: string | null;
      head: string;
      hasFiles: boolean;
      tookMs: number;
    }
  /** Ignored files of the main checkout that were copied into the worktree. */
  | {
      type: "worker";
      subtype: "files_included";
      files: number;
      bytes: number;
      /** The first that were not copied. */
      leftOut: readonly LeftOut[];
      leftOutCount: number;
      tookMs: number;
    }
  /** The command that sets the worktree up is about to start. */
  | { type: "worker"; subtype: "setup_started"; command: string }
  /** It has ended, and all that it left. `output`: the end of what it printed. */
  | {
      type: "worker";
      subtype: "setup_ended";
      command: string;
      state: Exclude<SetupState, "running">;
      exitCode: number | null;
      reason: string | null;
      tookMs: number;
      output: string;
      outputBytes: number;
    }
  /**
   * What an earlier set-up made was copied (`used`), what this one made is kept (`stored`), or
   * not, as the text says.
   */
  | {
      type: "worker";
      subtype: "setup_cache";
      what: SetupCacheStep;
      command: string;
      paths: readonly string[];
      text: string;
      tookMs: number;
    }
  /** The machine has no sandbox, and the task runs without one, as a sentence says. */
  | { type: "worker"; subtype: "no_sandbox"; text: string }
  /** The worktree is set up: it is not done again. */
  | { type: "worker"; subtype: "worktree_set_up" }
  /** A snapshot of the task's files, which its ref names in the repository. */
  | {
      type: "worker";
      subtype: "checkpoint";
      number: number;
      reason: CheckpointReason;
      /** The id of the model's message whose step it followed; null: it followed none. */
      message: string | null;
      /** The top of the work tree, and the common git directory. */
      top: string;
      repository: string;
      ref: string;
      commit: string;
      tree: string;
      head: string | null;
      branch: string | null;
      isDirty: boolean;
      changes: ChangeCounts | null;
      leftOut: readonly LeftOut[];
      leftOutCount: number;
    }
  /** No snapshot could be taken. `kind`: the kind of the problem (git/git-problem.ts). */
  | { type: "worker"; subtype: "no_checkpoint"; kind: string; text: string }
  /** The working directory was removed, or another one is in its place, as a sentence says. */
  | { type: "worker"; subtype: "directory_gone"; directory: string; fault: string }
  | { type: "worker"; subtype: "stderr"; text: string }
  /** Last record of an attempt. */
  | { type: "worker"; subtype: "ended"; thrown: string | null; stopRequested: StopReason | null; peakMemoryMb?: number };

/**
 * The runner's own words in a `gave_up` note for problems that kept it from starting Claude Code.
 */
export const startProblems = {
  noClaude: "claude_code_unavailable",
  noDirectory: "working_directory_gone",
  brokenSettings: "broken_settings",
  /**
   * The agent that the task names is not defined: Claude Code would work without it and without its
   * limits.
   */
  noAgent: "agent_unknown",
  /** The task's worktree cannot be made. */
  noWorktree: "worktree_failed",
  /** The task needs a sandbox, and the machine has none. */
  noSandbox: "sandbox_required_unavailable",
  /** Something runs by itself in the directory that no person has seen. */
  untrusted: "untrusted_directory",
  /** The command that sets the task's worktree up did not succeed. */
  setupFailed: "setup_failed",
  /** The task's worktree vanished and cannot be rebuilt. */
  worktreeLost: "workspace_lost",
  /** The conversation that the task was forked from is gone. */
  noSession: "session_gone",
} as const;

/** The runner's own word in a `gave_up` note for a hook that did not answer in time. */
export const hookTimedOut = "hook_timed_out";

export interface SweptProcess {
  readonly pid: number;
  readonly command: string;
  readonly signal: "SIGTERM" | "SIGKILL";
}

export type NoteRecord = RunnerNote & RecordStamp;
export type JournalRecord = SdkRecord | NoteRecord;

/** A message of the agent as it came, or a note of the runner. */
export type JournalEntry = RunnerNote | { readonly type: string; readonly [field: string]: unknown };
