/** Decides how an attempt ended, in one place, from everything that is known of its end (attempt-facts.ts gathers it). */
import { startFaults } from "./record.ts";
import type { AttemptFacts, LimitFacts, Outcome, OutcomeKind, ResultFacts } from "./outcome.ts";
import type { StopReason } from "./task.ts";

/**
 * How the attempt ended. First what the agent finished, then a person's cancel, then the turn's own error, then a stop of ours, then its death:
 * a success that is in the journal wins over a later crash; the process's exit code says nothing (SIGINT gives 0).
 */
export function decideOutcome(facts: AttemptFacts): Outcome {
  const { result } = facts;
  if (result !== null && isSuccess(result)) return { kind: "succeeded", message: successMessage(result) };
  if (facts.stopRequested === "cancelled") return stopped("cancelled");
  if (result !== null && !wasAborted(result)) return failure(result, facts);
  if (facts.stopRequested !== null) return stopped(facts.stopRequested);
  if (facts.limit !== null) return limitReached(facts.limit);
  const apiKind = facts.apiError === null ? null : kindOfApiError(facts.apiError);
  if (apiKind !== null) return apiFailure(apiKind, facts.apiErrorText || (facts.apiError ?? ""), null);
  if (result !== null) return { kind: "crashed", message: sentence("Claude Code broke its turn off", facts.thrown ?? result.text) };
  return died(facts);
}

function isSuccess(result: ResultFacts): boolean {
  return result.subtype === "success" && !result.isError && !wasAborted(result);
}

/** A turn that an interrupt cut: it says nothing about the agent's work. */
function wasAborted(result: ResultFacts): boolean {
  return result.terminalReason === "aborted_streaming" || result.terminalReason === "aborted_tools";
}

function successMessage(result: ResultFacts): string {
  if (result.permissionDenials === 0) return "Claude finished the task.";
  const calls = result.permissionDenials === 1 ? "1 tool call was" : `${result.permissionDenials} tool calls were`;
  return `Claude finished the task; ${calls} denied.`;
}

const stopOutcomes: Record<StopReason, Outcome> = {
  cancelled: { kind: "cancelled", message: "Cancelled on request." },
  timed_out: { kind: "timed_out", message: "Stopped: the attempt ran longer than its time limit." },
  stalled: { kind: "timed_out", message: "Stopped: the attempt was silent for longer than its stall limit." },
  interrupted: {
    kind: "interrupted",
    message: "Interrupted by the server's shutdown; it goes on when the server is back.",
  },
};

function stopped(reason: StopReason): Outcome {
  return stopOutcomes[reason];
}

function failure(result: ResultFacts, facts: AttemptFacts): Outcome {
  if (result.subtype === "error_max_budget_usd" || result.terminalReason === "budget_exhausted") {
    return {
      kind: "budget_exhausted",
      message: `Stopped at the task's budget after $${(result.costUsd ?? 0).toFixed(4)}. Submit it again with a larger one (--max-budget-usd).`,
    };
  }
  if (result.subtype === "error_max_turns" || result.terminalReason === "max_turns") {
    return {
      kind: "agent_failed",
      message: `Stopped at the task's limit of turns after ${result.turns}. Submit it again with more (--max-turns).`,
    };
  }
  if (result.subtype === "error_max_structured_output_retries") {
    return {
      kind: "agent_failed",
      message: sentence("The answer never met the schema that was asked for", result.text),
    };
  }
  const status = result.apiErrorStatus;
  const kind = kindOfApiFailure(result, facts);
  if (kind === "rate_limited" && facts.limit !== null) return limitReached(facts.limit, status);
  if (kind === "agent_failed" && status === 404) {
    // Claude Code's own text names the model.
    return { kind, message: sentence("The model is not available", result.text), ...statusOf(status) };
  }
  if (kind !== null) return apiFailure(kind, result.text || (facts.apiError ?? ""), status);
  return {
    kind: "agent_failed",
    message: sentence("Claude Code ended the turn with an error", result.text || facts.thrown),
    ...statusOf(status),
  };
}

function kindOfApiFailure(result: ResultFacts, facts: AttemptFacts): ApiKind | null {
  const named = facts.apiError === null ? null : kindOfApiError(facts.apiError);
  if (named !== null) return named;
  const status = result.apiErrorStatus;
  if (status === 401 || status === 403) return "auth_failed";
  if (status === 404) return "agent_failed";
  if (status === 429) return "rate_limited";
  if (status !== null && (status >= 500 || status === 408)) return "overloaded";
  if (facts.limit !== null) return "rate_limited";
  // An API error without a status is a connection that failed after all of Claude Code's own retries.
  return result.terminalReason === "api_error" && status === null ? "overloaded" : null;
}

type ApiKind = Extract<OutcomeKind, "auth_failed" | "rate_limited" | "overloaded" | "agent_failed">;

/** Claude Code's words (SDKAssistantMessageError and SDKStartupFailureReason of the Agent SDK) as outcomes; null: the status decides. */
const apiErrors: Readonly<Record<string, ApiKind>> = {
  authentication_failed: "auth_failed",
  oauth_org_not_allowed: "auth_failed",
  account_on_hold: "auth_failed",
  verification_required: "auth_failed",
  billing_error: "auth_failed",
  cloud_credential_error: "auth_failed",
  org_pin_api_key_conflict: "auth_failed",
  org_pin_mismatch: "auth_failed",
  org_verify_failed: "auth_failed",
  org_config_refused: "auth_failed",
  gateway_signin_required: "auth_failed",
  gateway_access_denied: "auth_failed",
  rate_limit: "rate_limited",
  overloaded: "overloaded",
  server_error: "overloaded",
  org_config_required_unavailable: "overloaded",
  model_not_found: "agent_failed",
  invalid_request: "agent_failed",
};

function kindOfApiError(error: string): ApiKind | null {
  return Object.hasOwn(apiErrors, error) ? (apiErrors[error] ?? null) : null;
}

const apiMessages: Record<ApiKind, string> = {
  auth_failed: "Claude's API refused the sign-in or the account",
  rate_limited: "Claude's API refused the request for now",
  overloaded: "Claude's API was overloaded or not reachable",
  agent_failed: "Claude's API refused the request",
};

function apiFailure(kind: ApiKind, detail: string, status: number | null): Outcome {
  return { kind, message: sentence(apiMessages[kind], detail), ...statusOf(status) };
}

function limitReached(limit: LimitFacts, status: number | null = null): Outcome {
  const message = `The account's usage limit (${limit.type}) is reached.`;
  return {
    kind: "rate_limited",
    message,
    limit: limit.type,
    ...(limit.resetsAt === null ? {} : { resetsAt: limit.resetsAt }),
    ...statusOf(status),
  };
}

function died(facts: AttemptFacts): Outcome {
  if (facts.apiError === startFaults.noClaude)
    return { kind: "unavailable", message: sentence("Claude Code cannot be started", facts.apiErrorText) };
  if (facts.apiError === startFaults.noDirectory)
    return { kind: "agent_failed", message: facts.apiErrorText ?? "The working directory is gone." };
  if (!facts.ended && facts.rebooted) return { kind: "lost", message: "The machine started anew while the attempt ran." };
  if (!facts.begun) return { kind: "crashed", message: sentence("The attempt could not begin", facts.startFault ?? "its runner was gone") };
  if (!facts.ended) return { kind: "crashed", message: "The runner died before the task was finished." };
  return { kind: "crashed", message: sentence("Claude Code ended without a result", facts.thrown) };
}

function statusOf(status: number | null): { apiStatus?: number } {
  return status === null ? {} : { apiStatus: status };
}

/** `what: detail` with one full stop; the detail's first lines only. */
function sentence(what: string, detail: string | null): string {
  const text = (detail ?? "").trim().slice(0, 2000);
  if (text === "") return `${what}.`;
  return /[.!?…]$/.test(text) ? `${what}: ${text}` : `${what}: ${text}.`;
}
