/**
 * Collects the facts about an attempt's end from its stored events, so that every server gets the
 * same facts, also after a restart. It decides nothing.
 */
import { isOfSubagent } from "../events/is-of-subagent.ts";
import { resultsIn } from "../events/verify-events.ts";
import type { EventBody, EventData, EventType, Notice, Result } from "../events/event.ts";
import type { AttemptFacts, LimitFacts, ResultFacts } from "./outcome.ts";
import type { ModelUsage } from "../task/model-usage.ts";
import type { VerifyCommand } from "../verification/verify-command.ts";
import { verdictOf } from "../verification/verify-result.ts";
import { amountOf, timeOf } from "../text/read-json.ts";

/** The only events that facts are read from. */
export const factEventTypes = ["result", "rate_limit", "notice", "verify_ended", "attempt_ended"] as const satisfies readonly EventType[];

/**
 * Facts that the events do not hold: the requested stop (from the attempt's row), whether the
 * machine has rebooted since, how the attempt began, and whether a message's turn ran.
 */
export type FactContext = Pick<AttemptFacts, "stopRequested" | "rebooted"> &
  Partial<Pick<AttemptFacts, "begun" | "startProblem" | "continues" | "continuesEnded">> & {
    /** The commands that verify the task's work. Absent: none. */
    readonly verify?: readonly VerifyCommand[];
    /** The names of those that failed before Claude began, too. Absent: none. */
    readonly failedBefore?: ReadonlySet<string>;
  };

/**
 * Collects the facts from an attempt's events and its row. Events come oldest first; types other
 * than `factEventTypes` are skipped.
 */
export function factsFrom(events: readonly EventBody[], { verify = [], failedBefore, ...context }: FactContext): AttemptFacts {
  const facts: Mutable<AttemptFacts> = {
    result: null,
    limit: null,
    apiError: null,
    apiErrorText: null,
    thrown: null,
    sessionLost: null,
    background: [],
    notified: false,
    continues: false,
    continuesEnded: false,
    cut: [],
    ended: false,
    begun: true,
    startProblem: null,
    verdict: verify.length === 0 ? null : verdictOf(verify, resultsIn(events, failedBefore)),
    ...context,
  };
  let isStopping = false;
  for (const event of events) {
    // A stop also ends the background work: what ran before the stop counts.
    if (!isStopping || !isNotice(event, "background")) read(event, facts);
    isStopping ||= isNotice(event, "stop_requested");
  }
  return facts;
}

function isNotice({ type, data }: EventBody, kind: Notice["kind"]): boolean {
  return type === "notice" && data.kind === kind;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function read(event: EventBody, facts: Mutable<AttemptFacts>): void {
  switch (event.type) {
    case "result":
      facts.result = afterEarlier(facts.result, resultFacts(event.data));
      facts.notified = false;
      if (!facts.result.isError) facts.apiError = null;
      break;
    case "rate_limit":
      facts.limit = limitFacts(event.data);
      break;
    case "notice":
      if (event.data.kind !== "api_error" || !isOfSubagent(event)) readNotice(event.data, facts);
      break;
    case "attempt_ended":
      facts.ended = true;
      facts.thrown = event.data.thrown;
      facts.stopRequested ??= event.data.stop_requested;
      break;
    default:
  }
}

function readNotice(notice: Notice, facts: Mutable<AttemptFacts>): void {
  switch (notice.kind) {
    case "api_error":
      facts.apiError = notice.error;
      facts.apiErrorText = notice.text;
      break;
    case "background":
      facts.background = notice.tasks.map(({ task_id: id, task_type: type, description }) => ({ id, type, description }));
      break;
    case "task_notification":
      facts.notified ||= notice.status === "completed" || notice.status === "failed";
      break;
    case "cut_background":
      facts.cut = [...facts.cut, ...notice.names];
      break;
    case "session_writes_lost":
      facts.sessionLost = notice.error ?? "unknown";
      break;
    case "stop_requested":
      facts.stopRequested ??= notice.reason;
      break;
    default:
  }
}

function resultFacts(data: Result): ResultFacts {
  return {
    subtype: data.subtype,
    isError: data.is_error,
    text: data.text,
    terminalReason: data.terminal_reason,
    stopReason: data.stop_reason,
    startupFailure: data.startup_failure,
    apiErrorStatus: data.api_error_status,
    answerProblem: data.answer_problem ?? null,
    isCommandAnswer: data.command_answer === true,
    // Earlier versions stored only Claude Code's own number of turns.
    calledModel: data.called_model ?? data.num_turns !== 0,
    durationMs: data.duration_ms,
    costUsd: amountOf(data.cost_usd),
    usage: Object.fromEntries(Object.entries(data.usage).map(([model, counts]) => [model, modelUsage(counts)])),
    permissionDenials: data.permission_denials,
  };
}

/**
 * Joins the results of two turns. A further turn follows when a background helper reports, or with
 * a message. Time is added; money and tokens are cumulative already.
 */
function afterEarlier(earlier: ResultFacts | null, last: ResultFacts): ResultFacts {
  if (earlier === null) return last;
  const durationMs = earlier.durationMs + last.durationMs;
  if (last.isCommandAnswer && !earlier.isCommandAnswer)
    return { ...earlier, durationMs, costUsd: last.costUsd ?? earlier.costUsd, usage: last.usage };
  const calledModel = earlier.calledModel || last.calledModel;
  return { ...last, calledModel, durationMs };
}

function modelUsage(counts: Result["usage"][string]): ModelUsage {
  return {
    inputTokens: counts.input_tokens,
    outputTokens: counts.output_tokens,
    cacheReadInputTokens: counts.cache_read_input_tokens,
    cacheCreationInputTokens: counts.cache_creation_input_tokens,
    costUsd: amountOf(counts.cost_usd) ?? 0,
  };
}

/**
 * Only a rejection stops a turn; a later "allowed" lifts it. Every 429 of a subscription is
 * reported as rejected, also one that is not a usage limit (measured with Claude Code 2.1.330):
 * that one names no window.
 */
function limitFacts({ status, limit, resets_at: resetsAt }: EventData["rate_limit"]): LimitFacts | null {
  return status !== "rejected" || limit === null ? null : { type: limit, resetsAt: timeOf(resetsAt) };
}
