/**
 * The payloads of the events that an attempt's journal makes: the agent's steps, and how the
 * attempt ended.
 */
import { checkpointReasons } from "../workspace/workspace.ts";
import { stopReasons } from "../attempt/stop-reason.ts";
import { verifyStates } from "../verification/verify-result.ts";
import { choice, count, flag, json, list, map, mark, number, object, optional, orNull, text, time } from "./field.ts";
import { cut, modelUsage, ofSubagent, ofTurn, payload } from "./payload.ts";

const callId = text("Names the tool call.");
const verifyName = text("The name of the command within the task.");
const verifyCommand = text("The shell command; for `@protect` the patterns of the files that must not change, for `@judge` the criteria.");
const baseline = mark("There when it ran before Claude began. What it says then is not about the work.");

export const agentPayloads = {
  session: payload(
    "The attempt has a session of Claude Code.",
    {
      session_id: text("The session's id, as `claude --resume` takes it."),
      resumed: mark("There when the attempt continues the session of an earlier one."),
    },
    { session_id: "be4791b5-be54-4a51-8a27-c49a09951a12" },
  ),
  init: payload(
    "Claude Code has started.",
    {
      session_id: orNull(text("The session's id.")),
      model: orNull(text("The model, as Claude Code names it.")),
      cwd: orNull(text("The working directory.")),
      permission_mode: orNull(text("Claude Code's permission mode.")),
      claude_code_version: orNull(text("The version of Claude Code.")),
      api_key_source: orNull(text("Where Claude Code found its credential, in its own word.")),
      tools: list(text("The tools that the agent has.")),
      mcp_servers: list(
        object(
          { name: text("The server's name."), status: text("Claude Code's word, e.g. `connected` or `failed`.") },
          "The MCP servers of the session.",
        ),
      ),
      ...cut,
    },
    {
      session_id: "be4791b5-be54-4a51-8a27-c49a09951a12",
      model: "claude-opus-5-5",
      cwd: "/home/me/project",
      permission_mode: "acceptEdits",
      claude_code_version: "2.1.330",
      api_key_source: "none",
      tools: ["Bash", "Edit", "Read", "Write"],
      mcp_servers: [{ name: "github", status: "connected" }],
    },
  ),
  text: payload(
    "The agent said something.",
    { text: text("What it said, at most 16 KB."), ...cut, ...ofTurn, ...ofSubagent },
    { text: "All tests pass now." },
  ),
  thinking: payload(
    "The agent thought.",
    { text: text("What it thought, at most 16 KB."), ...cut, ...ofTurn, ...ofSubagent },
    { text: "The test fails because the file is missing." },
  ),
  tool_use: payload(
    "The agent asked for a tool.",
    {
      tool: text("The tool's name, e.g. `Bash` or `mcp__github__search`."),
      tool_use_id: callId,
      input: json("The tool's input. Strings over 16 KB are cut."),
      ...cut,
      ...ofTurn,
      ...ofSubagent,
    },
    { tool: "Bash", tool_use_id: "toolu_01", input: { command: "npm test", description: "Run the tests" } },
  ),
  tool_result: payload(
    "A tool call ended.",
    {
      tool_use_id: callId,
      is_error: flag("Whether the call failed or was refused."),
      text: text("The result as text, at most 16 KB. Other content is named by its kind, e.g. `[image]`."),
      ...cut,
      ...ofTurn,
      ...ofSubagent,
    },
    { tool_use_id: "toolu_01", is_error: false, text: "42 tests passed" },
  ),
  permission_denied: payload(
    "A tool call was not allowed.",
    {
      tool: text("The tool's name."),
      input: json("The tool's input, where the report has it. Else the `tool_use` event of the same id has it."),
      reason: text("Why it was not allowed."),
      tool_use_id: optional(callId),
      ...cut,
    },
    { tool: "Bash", input: { command: "git push" }, reason: "The task may not run this command.", tool_use_id: "toolu_02" },
  ),
  rate_limit: payload(
    "The account reported a usage limit.",
    {
      status: orNull(text("Claude Code's word: `allowed`, `allowed_warning` or `rejected`.")),
      limit: orNull(text("Which limit, e.g. `five_hour` or `seven_day`.")),
      resets_at: orNull(time("When the limit resets.")),
      utilization: orNull(number("Share of the limit that is used: 0 to 1, more when overage is used.")),
      surpassed_threshold: optional(number("Share that is surpassed, where a warning tells no more.")),
      using_overage: flag("Whether the account pays for use beyond the limit."),
    },
    { status: "rejected", limit: "five_hour", resets_at: "2026-11-22T18:00:00.000Z", utilization: 1, using_overage: false },
  ),
  api_retry: payload(
    "A call of the model's API failed, and Claude Code tries it again by itself.",
    {
      attempt: orNull(number("Which retry follows, 1 or more.")),
      max_retries: orNull(number("How many retries there are at most.")),
      delay_ms: orNull(number("Milliseconds until the retry.")),
      status: orNull(number("HTTP status of the failed call. Null: there was no answer.")),
      error: orNull(text("Claude Code's word for the failure, e.g. `overloaded`.")),
    },
    { attempt: 1, max_retries: 10, delay_ms: 1000, status: 529, error: "overloaded" },
  ),
  result: payload(
    "A turn of the agent ended.",
    {
      subtype: text("Claude Code's word for the end, e.g. `success` or `error_max_turns`."),
      is_error: flag("Whether the turn failed."),
      text: text("The final text, at most 1 MB. For a failed turn what went wrong."),
      terminal_reason: orNull(text("Why the turn ended, in Claude Code's word. Null: it ran no turn, or did not say.")),
      stop_reason: orNull(text("Why the model stopped, in the API's word, e.g. `end_turn`.")),
      api_error_status: orNull(number("HTTP status of the call that made the turn fail.")),
      startup_failure: orNull(text("Why Claude Code refused to start, in its own word.")),
      num_turns: optional(count("Turns of the model so far, over all attempts.")),
      called_model: optional(flag("Whether the model was called at all. Absent: an early version stored only the turns.")),
      duration_ms: count("How long the turn took."),
      cost_usd: orNull(number("US dollars of the session so far. Null: unknown, for a result that was recovered.")),
      usage: map(modelUsage),
      permission_denials: count("How many tool calls were not allowed."),
      denied_calls: list(object({ tool: text("The tool's name."), tool_use_id: callId }, "The calls that were not allowed, at most 200.")),
      answer_problem: optional(text("Why the answer does not fit the task's JSON Schema. Absent: it fits, or the task has none.")),
      command_answer: mark("There when Claude Code answered a message itself, without the model. The task's result stays as it was."),
      recovered: flag("Whether the result was read from the session, because the attempt died before it reported the result."),
      ...cut,
    },
    {
      subtype: "success",
      is_error: false,
      text: "Done. All tests pass now.",
      terminal_reason: "completed",
      stop_reason: "end_turn",
      api_error_status: null,
      startup_failure: null,
      num_turns: 2,
      called_model: true,
      duration_ms: 3680,
      cost_usd: 0.02,
      usage: {
        "claude-opus-5-5": {
          input_tokens: 4000,
          output_tokens: 200,
          cache_read_input_tokens: 0,
          cache_creation_input_tokens: 0,
          cost_usd: 0.02,
        },
      },
      permission_denials: 0,
      denied_calls: [],
      recovered: false,
    },
  ),
  worktree: payload(
    "The task's git worktree is there, before the agent starts.",
    {
      how: choice(["found", "made", "rebuilt"], "`found`: it was there. `made`: it is new. `rebuilt`: it had vanished."),
      path: text("Where it lies."),
      branch: orNull(text("Its branch. Null: HEAD is detached.")),
      head: text("The commit of HEAD."),
      has_files: flag("Whether a worktree that was rebuilt has the files of its last snapshot."),
      took_ms: count("How long that took."),
    },
    {
      how: "made",
      path: "/home/me/.claude-worker/workspaces/project-1a2b3c4d/42-port-the-importer",
      branch: "cw/42-port-the-importer",
      head: "5e0ad1ac8d2a1b1b0c4d7f1d2f0d8f2f6f1f7a30",
      has_files: false,
      took_ms: 120,
    },
  ),
  setup_started: payload(
    "The command that sets the task's worktree up has started. The agent has not begun.",
    { command: text("The shell command."), ...cut },
    { command: "npm ci" },
  ),
  setup_ended: payload(
    "The command that sets the task's worktree up has ended.",
    {
      command: text("The shell command."),
      state: choice(["passed", "failed", "stopped"], "How it ended. `stopped`: the attempt was stopped."),
      exit_code: orNull(count("Its exit code. Null: it did not exit by itself.")),
      reason: orNull(text("Why it did not run to its end. Null: it exited.")),
      output_tail: text("The end of what it printed, at most 8,000 characters, without secrets and escape sequences."),
      output_bytes: count("How much it printed in all."),
      took_ms: count("How long it ran."),
      ...cut,
    },
    {
      command: "npm ci",
      state: "passed",
      exit_code: 0,
      reason: null,
      output_tail: "added 312 packages in 8s",
      output_bytes: 24,
      took_ms: 8400,
    },
  ),
  checkpoint: payload(
    "The task's files were kept in a snapshot.",
    {
      checkpoint: count("Number of the snapshot within the task."),
      reason: choice(
        checkpointReasons,
        "When: before the attempt's first step, after a turn, before a wait without a process, at the attempt's end.",
      ),
      commit: text("The commit in the task's repository."),
      changed_files: orNull(count("Files that differ from the beginning of the task. Null: not counted.")),
      insertions: orNull(count("Lines that were added since then.")),
      deletions: orNull(count("Lines that were removed since then.")),
      left_out: count("How many files the snapshot does not have."),
    },
    {
      checkpoint: 3,
      reason: "turn",
      commit: "5e0ad1ac8d2a1b1b0c4d7f1d2f0d8f2f6f1f7a30",
      changed_files: 2,
      insertions: 17,
      deletions: 4,
      left_out: 0,
    },
  ),
  verify_started: payload(
    "A command that verifies the work has started. Claude has finished, or has not begun.",
    { name: verifyName, command: verifyCommand, baseline, ...cut },
    { name: "test", command: "npm test" },
  ),
  verify_ended: payload(
    "A command that verifies the work has ended.",
    {
      name: verifyName,
      command: verifyCommand,
      state: choice(
        verifyStates,
        "How it ended: `unavailable`: it could not run to its end, which says nothing about the work. `stopped`: the attempt was stopped.",
      ),
      exit_code: orNull(count("Its exit code. Null: it did not exit by itself.")),
      reason: orNull(text("Why it is unavailable, or how it was ended. Null: it exited.")),
      output_tail: text("The end of what it printed, at most 8,000 characters, without secrets and escape sequences."),
      output_bytes: count("How much it printed in all."),
      took_ms: count("How long it ran."),
      tree: orNull(text("The Git tree of the files that the result is true for. Null: unknown.")),
      cost_usd: optional(number("What the judge has cost, in US dollars. Absent: nothing was asked of a model.")),
      score: optional(number("The score that it printed. Absent: it scores nothing, or printed none.")),
      baseline,
      ...cut,
    },
    {
      name: "test",
      command: "npm test",
      state: "failed",
      exit_code: 1,
      reason: null,
      output_tail: "1 test failed",
      output_bytes: 13,
      took_ms: 4120,
      tree: null,
    },
  ),
  iteration_kept: payload(
    "The loop is at its end: the files of its best iteration are put back, unless others changed them since.",
    {
      iteration: count("Number of the iteration within the task."),
      checkpoint: count("The checkpoint with its files."),
      is_kept: flag("Whether its files stand now."),
      reason: orNull(text("Why they do not. Null: they do.")),
      changed_files: count("How many files were written or removed."),
      tree: orNull(text("The Git tree of the files that stand now. Null: unknown.")),
    },
    { iteration: 2, checkpoint: 5, is_kept: true, reason: null, changed_files: 3, tree: "5e0ad1ac8d2a1b1b0c4d7f1d2f0d8f2f6f1f7a30" },
  ),
  attempt_ended: payload(
    "The attempt is over, and nothing of it runs any more.",
    {
      thrown: orNull(text("The error that ended it, for an attempt that broke off.")),
      stop_requested: orNull(choice(stopReasons, "Why the attempt was stopped. Null: it ended by itself.")),
      ...cut,
    },
    { thrown: null, stop_requested: null },
  ),
};
