/**
 * Every word of the Agent SDK for an end, and what it means. The tables below have the SDK's own
 * types as keys: a word that a new version adds does not compile here until it has a meaning.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noFacts, resultOf } from "../../../testing/attempt-end.ts";
import type {
  SDKAssistantMessage,
  SDKAssistantMessageError,
  SDKResultMessage,
  SDKStartupFailureReason,
  TerminalReason,
} from "@anthropic-ai/claude-agent-sdk";
import { assistantErrors, modelStops, resultSubtypes, startupFailures, terminalReasons } from "../../../src/domain/task/claude-words.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import type { AttemptFacts, OutcomeKind, ResultFacts } from "../../../src/domain/attempt/outcome.ts";

const byError: Record<SDKAssistantMessageError, OutcomeKind> = {
  authentication_failed: "auth_failed",
  oauth_org_not_allowed: "auth_failed",
  account_on_hold: "auth_failed",
  verification_required: "auth_failed",
  billing_error: "auth_failed",
  cloud_credential_error: "auth_failed",
  rate_limit: "rate_limited",
  overloaded: "overloaded",
  server_error: "overloaded",
  unknown: "overloaded",
  model_not_found: "agent_failed",
  invalid_request: "agent_failed",
  max_output_tokens: "agent_failed",
};

const byStart: Record<SDKStartupFailureReason, OutcomeKind> = {
  org_pin_api_key_conflict: "auth_failed",
  org_pin_mismatch: "auth_failed",
  org_verify_failed: "auth_failed",
  org_config_refused: "auth_failed",
  gateway_signin_required: "auth_failed",
  gateway_access_denied: "auth_failed",
  org_config_required_unavailable: "overloaded",
  remote_settings_required_unavailable: "overloaded",
  provider_not_allowed: "unavailable",
  managed_settings_invalid: "unavailable",
  proxy_invalid: "unavailable",
  cli_version_too_old: "unavailable",
  temp_dir_unusable: "environment_failed",
  cwd_unavailable: "environment_failed",
  shell_tool_missing: "environment_failed",
  sandbox_required_unavailable: "environment_failed",
  config_file_invalid: "environment_failed",
  session_held_by_background: "environment_failed",
  worktree_resume_refused: "environment_failed",
  worktree_unverified: "environment_failed",
  bypass_root: "agent_failed",
  initialize_not_first: "agent_failed",
  managed_settings_not_delivered: "agent_failed",
  initialize_fields_not_delivered: "agent_failed",
  sideload_flags_disabled: "agent_failed",
};

const byEnd: Record<TerminalReason, OutcomeKind> = {
  completed: "succeeded",
  stop_hook_prevented: "succeeded",
  aborted_streaming: "crashed",
  aborted_tools: "crashed",
  max_turns: "agent_failed",
  budget_exhausted: "budget_exhausted",
  structured_output_retry_exhausted: "agent_failed",
  api_error: "overloaded",
  model_error: "agent_failed",
  prompt_too_long: "agent_failed",
  blocking_limit: "agent_failed",
  rapid_refill_breaker: "agent_failed",
  image_error: "agent_failed",
  malformed_tool_use_exhausted: "agent_failed",
  hook_stopped: "agent_failed",
  tool_deferred: "agent_failed",
  tool_deferred_unavailable: "agent_failed",
  background_requested: "agent_failed",
  turn_setup_failed: "agent_failed",
};

const byStop: Record<NonNullable<SDKAssistantMessage["message"]["stop_reason"]> | "tool_deferred", OutcomeKind> = {
  end_turn: "succeeded",
  stop_sequence: "succeeded",
  tool_use: "succeeded",
  max_tokens: "agent_failed",
  model_context_window_exceeded: "agent_failed",
  refusal: "agent_failed",
  pause_turn: "agent_failed",
  compaction: "agent_failed",
  tool_deferred: "agent_failed",
};

const bySubtype: Record<SDKResultMessage["subtype"], true> = {
  success: true,
  error_during_execution: true,
  error_max_turns: true,
  error_max_budget_usd: true,
  error_max_structured_output_retries: true,
};

test("the tables of outcomes have the SDK's words and no others", () => {
  for (const [table, expected] of [
    [assistantErrors, byError],
    [startupFailures, byStart],
    [terminalReasons, byEnd],
    [modelStops, byStop],
  ] as const) {
    assert.deepEqual(Object.keys(table).toSorted(), Object.keys(expected).toSorted());
  }
  assert.deepEqual([...resultSubtypes].toSorted(), Object.keys(bySubtype).toSorted());
});

test("every word for a failed API call has its outcome, also without an HTTP status", () => {
  for (const [apiError, kind] of Object.entries(byError)) {
    assert.equal(outcomeOf({ isError: true, terminalReason: "api_error" }, { apiError }).kind, kind, apiError);
  }
});

test("every reason for a refused start has its outcome", () => {
  for (const [startupFailure, kind] of Object.entries(byStart)) {
    assert.equal(
      outcomeOf({ isError: true, terminalReason: null, subtype: "error_during_execution", startupFailure }).kind,
      kind,
      startupFailure,
    );
  }
});

test("every reason for the end of a turn has its outcome", () => {
  for (const [terminalReason, kind] of Object.entries(byEnd)) {
    const isError = kind !== "succeeded";
    assert.equal(outcomeOf({ isError, terminalReason }).kind, kind, terminalReason);
    assert.equal(
      outcomeOf({ isError: false, terminalReason }).kind === "succeeded",
      kind === "succeeded",
      `${terminalReason}, said to be a success`,
    );
  }
});

test("every stop reason of the model has its outcome", () => {
  for (const [stopReason, kind] of Object.entries(byStop)) {
    for (const terminalReason of ["completed", "stop_hook_prevented", null])
      assert.equal(outcomeOf({ stopReason, terminalReason, text: "half" }).kind, kind, `${stopReason}, ${terminalReason}`);
  }
  assert.match(
    outcomeOf({ stopReason: "pause_turn", text: "half" }).message,
    /paused Claude's answer.*: half\. claude-worker retry ID --resume/,
  );
  assert.equal(outcomeOf({ stopReason: null }).kind, "succeeded");
  const overloaded = outcomeOf({ isError: true, terminalReason: "api_error", apiErrorStatus: 529, stopReason: "a_new_word" });
  assert.equal(overloaded.kind, "overloaded", "an error has words of its own");
  assert.match(outcomeOf({ terminalReason: "stop_hook_prevented" }).message, /finished the task; a Stop hook ended the turn\./);
});

test("an unknown word fails the attempt with its name", () => {
  for (const [facts, more] of [
    [{ isError: true, terminalReason: "api_error" }, { apiError: "a_new_word" }],
    [{ isError: true, terminalReason: "a_new_word" }, {}],
    [{ isError: false, terminalReason: "a_new_word" }, {}],
    [{ isError: true, terminalReason: null, startupFailure: "a_new_word" }, {}],
    [{ isError: true, terminalReason: "constructor" }, {}],
    [{ isError: false, stopReason: "a_new_word" }, {}],
    [{ isError: true, stopReason: "a_new_word" }, {}],
    [{ isError: true, stopReason: "a_new_word", terminalReason: "api_error" }, {}],
    [{ isError: true, subtype: "a_new_word" }, {}],
    [{ isError: true, subtype: "a_new_word", terminalReason: "api_error" }, {}],
    [{ isError: false, subtype: "a_new_word" }, {}],
    ...[408, 429, 500, 529].flatMap((apiErrorStatus) => [
      [{ isError: true, terminalReason: "api_error", apiErrorStatus }, { apiError: "a_new_word" }] as const,
      [{ isError: true, terminalReason: "a_new_word", apiErrorStatus }, {}] as const,
      [{ isError: true, subtype: "a_new_word", terminalReason: "api_error", apiErrorStatus }, {}] as const,
    ]),
    [{ isError: false, stopReason: "constructor", terminalReason: null }, {}],
  ] as const) {
    const outcome = outcomeOf(facts, more);
    assert.equal(outcome.kind, "agent_failed");
    assert.match(outcome.message, /"(a_new_word|constructor)", which this Claude Worker does not know/);
  }
});

test("an unknown word beside a known one or a refused sign-in changes no outcome", () => {
  assert.equal(
    outcomeOf({ isError: true, terminalReason: "a_new_word", apiErrorStatus: 529 }, { apiError: "overloaded" }).kind,
    "overloaded",
  );
  const refused = outcomeOf({ isError: true, terminalReason: "api_error", apiErrorStatus: 403 }, { apiError: "a_new_word" });
  assert.equal(refused.kind, "auth_failed");
  assert.match(refused.message, /\("a_new_word"\)/);
});

test("an unknown word without a result fails the attempt once with its name", () => {
  for (const more of [{ ended: true, thrown: "exit code 1" }, { ended: false }]) {
    const outcome = decideOutcome({ ...noFacts, ...more, apiError: "a_new_word", apiErrorText: "why" });
    assert.equal(outcome.kind, "agent_failed");
    assert.match(outcome.message, /"a_new_word", which this Claude Worker does not know: why\./);
  }
  assert.equal(decideOutcome({ ...noFacts, apiError: "unknown" }).kind, "crashed");
});

test("a full output and a full context are told apart, and each says what to do", () => {
  const cut = (text: string) => outcomeOf({ isError: true, terminalReason: "api_error", text }, { apiError: "max_output_tokens" }).message;
  assert.match(cut("API Error: exceeded the 128000 output token maximum."), /output limit: .*CLAUDE_CODE_MAX_OUTPUT_TOKENS/);
  assert.match(cut("API Error: The model has reached its context window limit."), /no longer fits .*split the task/);
  assert.match(
    outcomeOf({ isError: true, terminalReason: "prompt_too_long", apiErrorStatus: 400 }).message,
    /no longer fits .*split the task/,
  );
});

function outcomeOf(result: Partial<ResultFacts>, more: Partial<AttemptFacts> = {}) {
  return decideOutcome({
    ...noFacts,
    ...more,
    result: resultOf(result),
  });
}
