/**
 * Says what Claude Code's own words for an end mean: SDKAssistantMessageError,
 * SDKStartupFailureReason and TerminalReason of the Agent SDK, and the stop reasons of the model's
 * API. `test/domain/task/claude-words.test.ts` does not compile while a word of the SDK is missing
 * here.
 */
import type { OutcomeKind } from "../attempt/outcome.ts";

export interface Meaning {
  readonly kind: OutcomeKind;
  /** What happened, as the beginning of a sentence; Claude Code's own text follows it. */
  readonly what: string;
  /** What to do, as a whole sentence. */
  readonly advice?: string;
}

const signIn: Meaning = { kind: "auth_failed", what: "Claude's API refused the sign-in or the account" };
const overloaded: Meaning = { kind: "overloaded", what: "Claude's API was overloaded or not reachable" };
const rateLimited: Meaning = { kind: "rate_limited", what: "Claude's API refused the request for now" };
const refused: Meaning = { kind: "agent_failed", what: "Claude's API refused the request" };
const noModel: Meaning = { kind: "agent_failed", what: "The model is not available" };
const contextFull: Meaning = {
  kind: "agent_failed",
  what: "The conversation no longer fits into the model's context",
  advice: "Give Claude less at once: name files in the prompt instead of quoting them, or split the task.",
};
const outputLimit: Meaning = {
  kind: "agent_failed",
  what: "Claude's answer reached the model's output limit",
  advice: "Ask for the result in files or in smaller steps, or raise CLAUDE_CODE_MAX_OUTPUT_TOKENS.",
};
const machine: Meaning = {
  kind: "environment_failed",
  what: "Claude Code could not work in this environment",
};
const policy: Meaning = { kind: "unavailable", what: "Claude Code refused to start" };
const ours: Meaning = { kind: "agent_failed", what: "Claude Code refused to start" };
const ownParts: Meaning = {
  kind: "agent_failed",
  what: "This machine's managed settings forbid a task its own agents and MCP servers",
  advice: "Retry the task without --agent and --mcp-config.",
};

/** Words for a failed API call. `null`: the HTTP status decides. */
export const assistantErrors = {
  authentication_failed: signIn,
  oauth_org_not_allowed: signIn,
  account_on_hold: signIn,
  verification_required: signIn,
  billing_error: signIn,
  cloud_credential_error: signIn,
  rate_limit: rateLimited,
  overloaded,
  server_error: overloaded,
  model_not_found: noModel,
  invalid_request: refused,
  max_output_tokens: outputLimit,
  unknown: null,
} as const satisfies Readonly<Record<string, Meaning | null>>;

/** Why Claude Code did not start. */
export const startupFailures = {
  org_pin_api_key_conflict: signIn,
  org_pin_mismatch: signIn,
  org_verify_failed: signIn,
  org_config_refused: signIn,
  gateway_signin_required: signIn,
  gateway_access_denied: signIn,
  org_config_required_unavailable: overloaded,
  remote_settings_required_unavailable: overloaded,
  provider_not_allowed: policy,
  managed_settings_invalid: policy,
  proxy_invalid: policy,
  cli_version_too_old: policy,
  temp_dir_unusable: machine,
  cwd_unavailable: machine,
  shell_tool_missing: machine,
  sandbox_required_unavailable: machine,
  config_file_invalid: machine,
  session_held_by_background: machine,
  worktree_resume_refused: machine,
  worktree_unverified: machine,
  bypass_root: ours,
  initialize_not_first: ours,
  managed_settings_not_delivered: ours,
  initialize_fields_not_delivered: ours,
  sideload_flags_disabled: ownParts,
} as const satisfies Readonly<Record<string, Meaning>>;

const failed = (what: string, advice?: string): Meaning => ({ kind: "agent_failed", what, ...(advice === undefined ? {} : { advice }) });
const deferred = failed("Claude Code put a tool call off and ended the turn before it ran");

/**
 * Why a turn ended. `finished`: as it should. `aborted`: an interrupt cut it. `limit`: a limit of
 * the task's own. `api`: the API's error word or the HTTP status decides.
 */
export const terminalReasons = {
  completed: "finished",
  stop_hook_prevented: "finished",
  aborted_streaming: "aborted",
  aborted_tools: "aborted",
  max_turns: "limit",
  budget_exhausted: "limit",
  structured_output_retry_exhausted: "limit",
  api_error: "api",
  model_error: "api",
  prompt_too_long: contextFull,
  blocking_limit: contextFull,
  rapid_refill_breaker: contextFull,
  image_error: failed("The API refused an image or an attachment"),
  malformed_tool_use_exhausted: failed("The model made no valid tool call in several tries"),
  hook_stopped: failed("A hook stopped the turn"),
  tool_deferred: deferred,
  tool_deferred_unavailable: deferred,
  background_requested: failed("Claude Code moved the turn to the background and ended"),
  turn_setup_failed: failed("Claude Code could not set the turn up"),
} as const satisfies Readonly<Record<string, "finished" | "aborted" | "limit" | "api" | Meaning>>;

/** The kinds of a turn's result. */
export const resultSubtypes: ReadonlySet<string> = new Set<string>([
  "success",
  "error_during_execution",
  "error_max_turns",
  "error_max_budget_usd",
  "error_max_structured_output_retries",
]);

const continueTurn = "claude-worker retry ID --resume continues where it stopped.";

/**
 * Why the model's last answer ended (BetaStopReason of the Anthropic SDK, and Claude Code's own
 * `tool_deferred`). It decides where Claude Code calls the turn a success: measured with 2.1.330,
 * it does so for every word but `refusal`, `max_tokens` and `model_context_window_exceeded`, also
 * for one that it does not know.
 */
export const modelStops = {
  end_turn: "finished",
  stop_sequence: "finished",
  // A structured answer is a call of a tool, and ends the turn.
  tool_use: "finished",
  max_tokens: outputLimit,
  model_context_window_exceeded: contextFull,
  refusal: refused,
  pause_turn: failed("The API paused Claude's answer, and Claude Code did not continue it", continueTurn),
  compaction: failed("The API ended Claude's answer to make the conversation shorter, and Claude Code did not continue it", continueTurn),
  tool_deferred: deferred,
} as const satisfies Readonly<Record<string, "finished" | Meaning>>;

/** The meaning of an HTTP status of the API; null: it says nothing by itself. */
export function meaningOfStatus(status: number | null): Meaning | null {
  if (status === 401 || status === 403) return signIn;
  if (status === 404) return noModel;
  if (status === 429) return rateLimited;
  if (status !== null && (status >= 500 || status === 408)) return overloaded;
  return null;
}

/**
 * What an error of the API means that has neither a known word nor a status: the connection failed.
 */
export const noConnection: Meaning = overloaded;

/** Chooses between two limits that have the same word, by the text. */
export function meaningOfText(meaning: Meaning, text: string): Meaning {
  return meaning === outputLimit && /context window/i.test(text) ? contextFull : meaning;
}

/** The table's entry, or undefined for a word that it does not have. */
export function lookUp<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
