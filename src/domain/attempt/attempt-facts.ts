/**
 * Gathers what is known of an attempt's end from its stored events, so that any server knows the
 * same, also after a restart. It decides nothing.
 */
import { backgroundTasks } from "./background.ts";
import type { EventType, NewEvent } from "../events/event.ts";
import type { AttemptFacts, LimitFacts, ResultFacts } from "./outcome.ts";
import { amountOf, arrayOf, countOf, numberOf, objectOf, stringOf, timeOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { stopReasons } from "./stop-reason.ts";
import type { StopReason } from "./stop-reason.ts";
import type { ModelUsage } from "../task/model-usage.ts";

/** The only events that facts are read from. */
export const factEventTypes = ["result", "rate_limit", "notice", "attempt_ended"] as const satisfies readonly EventType[];

/**
 * What the events do not tell: the stop that was asked for (the attempt's row), whether the machine
 * started anew since, and how it began.
 */
export type FactContext = Pick<AttemptFacts, "stopRequested" | "rebooted"> & Partial<Pick<AttemptFacts, "begun" | "startFault">>;

/**
 * What an attempt's events (oldest first; others than `factEventTypes` are passed over) and its row
 * say of its end.
 */
export function factsFrom(events: readonly Pick<NewEvent, "type" | "data">[], context: FactContext): AttemptFacts {
  const facts: Mutable<AttemptFacts> = {
    result: null,
    limit: null,
    apiError: null,
    apiErrorText: null,
    thrown: null,
    sessionLost: null,
    background: [],
    notified: false,
    cut: [],
    ended: false,
    begun: true,
    startFault: null,
    ...context,
  };
  let isStopping = false;
  for (const event of events) {
    // A stop ends the background, too: what counts is what ran before.
    if (!isStopping || event.data["kind"] !== "background") read(event, facts);
    isStopping ||= event.data["kind"] === "stop_requested";
  }
  return facts;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function read({ type, data }: Pick<NewEvent, "type" | "data">, facts: Mutable<AttemptFacts>): void {
  if (type === "result") {
    facts.result = afterEarlier(facts.result, resultFacts(data));
    facts.notified = false;
    if (!facts.result.isError) facts.apiError = null;
  } else if (type === "rate_limit") {
    facts.limit = limitFacts(data);
  } else if (type === "notice") {
    if (data["kind"] === "api_error" && data["parent_tool_use_id"] === undefined) {
      facts.apiError = stringOf(data["error"]);
      facts.apiErrorText = stringOf(data["text"]);
    }
    if (data["kind"] === "background") facts.background = backgroundTasks(data["tasks"]);
    if (data["kind"] === "task_notification") facts.notified ||= data["status"] === "completed" || data["status"] === "failed";
    if (data["kind"] === "cut_background") facts.cut = arrayOf(data["names"]).flatMap((name) => stringOf(name) ?? []);
    if (data["kind"] === "session_writes_lost") facts.sessionLost = stringOf(data["error"]) ?? "unknown";
    if (data["kind"] === "stop_requested") facts.stopRequested ??= stopReasonOf(data["reason"]);
  } else if (type === "attempt_ended") {
    facts.ended = true;
    facts.thrown = stringOf(data["thrown"]);
    facts.stopRequested ??= stopReasonOf(data["stop_requested"]);
  }
}

function resultFacts(data: JsonObject): ResultFacts {
  return {
    subtype: stringOf(data["subtype"]) ?? "",
    isError: data["is_error"] === true,
    text: stringOf(data["text"]) ?? "",
    terminalReason: stringOf(data["terminal_reason"]),
    stopReason: stringOf(data["stop_reason"]),
    startupFailure: stringOf(data["startup_failure"]),
    apiErrorStatus: numberOf(data["api_error_status"]),
    // Earlier versions stored only Claude Code's own number of turns.
    calledModel: data["called_model"] === true || (data["called_model"] === undefined && countOf(data["num_turns"]) !== 0),
    durationMs: countOf(data["duration_ms"]) ?? 0,
    costUsd: amountOf(data["cost_usd"]),
    usage: usageFacts(objectOf(data["usage"])),
    permissionDenials: countOf(data["permission_denials"]) ?? 0,
  };
}

/**
 * A turn of its own follows when a background helper reports: time adds up, money and tokens are
 * cumulative already.
 */
function afterEarlier(earlier: ResultFacts | null, last: ResultFacts): ResultFacts {
  if (earlier === null) return last;
  const calledModel = earlier.calledModel || last.calledModel;
  return { ...last, calledModel, durationMs: earlier.durationMs + last.durationMs };
}

function usageFacts(usage: JsonObject): Record<string, ModelUsage> {
  return Object.fromEntries(Object.entries(usage).map(([model, counts]) => [model, modelUsage(objectOf(counts))]));
}

function modelUsage(counts: JsonObject): ModelUsage {
  return {
    inputTokens: countOf(counts["input_tokens"]) ?? 0,
    outputTokens: countOf(counts["output_tokens"]) ?? 0,
    cacheReadInputTokens: countOf(counts["cache_read_input_tokens"]) ?? 0,
    cacheCreationInputTokens: countOf(counts["cache_creation_input_tokens"]) ?? 0,
    costUsd: amountOf(counts["cost_usd"]) ?? 0,
  };
}

/**
 * Only a rejection stops a turn; a later "allowed" lifts it. Every 429 of a subscription is
 * reported as rejected, also one that is not a usage limit (measured with Claude Code 2.1.330):
 * that one names no window.
 */
function limitFacts(data: JsonObject): LimitFacts | null {
  const type = stringOf(data["limit"]);
  return data["status"] !== "rejected" || type === null ? null : { type, resetsAt: timeOf(data["resets_at"]) };
}

function stopReasonOf(value: unknown): StopReason | null {
  return stopReasons.find((reason) => reason === value) ?? null;
}
