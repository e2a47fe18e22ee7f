/**
 * One readable line per action of a task: the summary log, `last_action`, and what doors show
 * beside an event. It prints, and decides nothing.
 */
import { formatDuration } from "../text/duration.ts";
import type { NewEvent } from "./event.ts";
import { eventsFromRecord } from "./events-from-record.ts";
import { plainLine } from "../text/plain-text.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { JournalRecord } from "./record.ts";
import { callOf } from "../attempt/tool-call.ts";

/** Longest line, in characters. */
const maxLine = 240;
/** A notice is shown whole, within reason. */
const maxNoticeLine = 2000;
const maxNoticeLines = 50;

/**
 * The lines of a record, e.g. `[tool:write] app.py`; none for records that a person need not see.
 * No line holds a control character, an escape sequence or a newline. Never throws, whatever the
 * record holds.
 * @param cwd the session's working directory (its init message tells it): paths below it are shown
 * relative to it.
 * @param denied the calls of the attempt that were denied so far; those of this record are added.
 */
export function summaryLines(record: JournalRecord, cwd: string | null = null, denied: Set<unknown> = new Set()): string[] {
  return eventsFromRecord(record).flatMap((event) => eventLines(event, cwd, denied));
}

function eventLines(event: Pick<NewEvent, "type" | "data">, cwd: string | null, denied: Set<unknown>): string[] {
  const data: JsonObject = objectOf(event.data);
  if (isToldAlready(event.type, data, denied)) return [];
  const line = lineOf(event.type, data, cwd);
  if (line === null) return [];
  const inset = typeof data["parent_tool_use_id"] === "string" ? "↳ " : "";
  return [plainLine(inset + line, maxLine), ...(event.type === "notice" ? furtherLines(data) : [])];
}

/** A denied call is told once: it may be reported again, and its result repeats the reason. */
function isToldAlready(type: NewEvent["type"], data: JsonObject, denied: Set<unknown>): boolean {
  const id = data["tool_use_id"];
  if (typeof id !== "string" || id === "" || (type !== "permission_denied" && type !== "tool_result")) return false;
  if (denied.has(id)) return true;
  if (type === "permission_denied") denied.add(id);
  return false;
}

function lineOf(type: NewEvent["type"], data: JsonObject, cwd: string | null): string | null {
  switch (type) {
    case "swept":
      return sweptLine(arrayOf(data["processes"]));
    case "session":
      return `[session] ${data["resumed"] === true ? "resumed " : ""}${textOf(data["session_id"])}`;
    case "init":
      return initLine(data);
    case "text":
      return `[text] ${firstLine(data["text"])}`;
    case "thinking":
      return `[thinking] ${firstLine(data["text"])}`;
    case "tool_use":
      return `[tool:${toolName(data["tool"])}] ${callOf(objectOf(data["input"]), cwd)}`;
    case "tool_result":
      return data["is_error"] === true ? `[tool-error] ${firstLine(data["text"])}` : null;
    case "permission_denied":
      return deniedLine(data, cwd);
    case "rate_limit":
      return limitLine(data);
    case "api_retry":
      return retryLine(data);
    case "notice":
      return noticeLine(data);
    case "result":
      return resultLine(data);
    case "attempt_ended":
      return data["thrown"] === null || data["thrown"] === undefined ? null : `[error] ${firstLine(data["thrown"])}`;
    case "submitted":
    case "started":
    case "resumed":
    case "requeued":
    case "cancel_requested":
    case "retried":
    case "ended":
      // The server's own steps are in no journal; event-summary.ts words them.
      return null;
    default:
      return type satisfies never;
  }
}

function initLine(data: JsonObject): string {
  const version = stringOf(data["claude_code_version"]);
  return parts("[init]", [stringOf(data["model"]), stringOf(data["permission_mode"]), version === null ? null : `Claude Code ${version}`]);
}

/** `Write` → `write`; `mcp__github__search` → `github/search`. */
function toolName(value: unknown): string {
  const name = stringOf(value) ?? "";
  return name.startsWith("mcp__") ? name.slice(5).replace("__", "/") : name.toLowerCase();
}

function deniedLine(data: JsonObject, cwd: string | null): string {
  const call = callOf(objectOf(data["input"]), cwd) || firstLine(data["reason"]);
  return `[denied] ${textOf(data["tool"])}${call === "" ? "" : `: ${call}`}`;
}

function limitLine(data: JsonObject): string | null {
  const limit = stringOf(data["limit"]) ?? "usage limit";
  const resetsAt = stringOf(data["resets_at"]);
  if (data["status"] === "rejected") return `[limit] ${limit} rejected${resetsAt === null ? "" : ` until ${resetsAt}`}`;
  if (data["status"] !== "allowed_warning") return null;
  return `[limit] ${limit} ${usedShare(data)}${resetsAt === null ? "" : `, resets ${resetsAt}`}`;
}

/** How much of a limit is used, as exactly as Claude Code says it. */
function usedShare(data: JsonObject): string {
  const used = numberOf(data["utilization"]);
  if (used !== null) return `${Math.round(used * 100)} % used`;
  const threshold = numberOf(data["surpassed_threshold"]);
  return threshold === null ? "warning" : `over ${Math.round(threshold * 100)} % used`;
}

function retryLine(data: JsonObject): string {
  const status = numberOf(data["status"]);
  const cause = `${stringOf(data["error"]) ?? "no answer"}${status === null ? "" : ` (HTTP ${status})`}`;
  const delay = formatDuration(numberOf(data["delay_ms"]) ?? 0);
  return `[retry] ${numberOf(data["attempt"]) ?? "?"} of ${numberOf(data["max_retries"]) ?? "?"} in ${delay}: ${cause}`;
}

/**
 * What follows a notice's first line: a list of files, say, of which the first line only speaks.
 */
function furtherLines(data: JsonObject): string[] {
  if (data["kind"] === "stderr" || data["kind"] === "stop_hook_blocked") return [];
  const lines = textOf(data["text"]).trim().split("\n").slice(1);
  const filled = lines.filter((line) => line.trim() !== "");
  return filled.slice(0, maxNoticeLines).map((line) => `  ${plainLine(line, maxNoticeLine)}`);
}

function noticeLine(data: JsonObject): string | null {
  const text = data["kind"] === "stderr" ? lastLine(data["text"]) : firstLine(data["text"]);
  switch (data["kind"]) {
    case "api_error":
      return parts("[error]", [stringOf(data["error"]), text]);
    case "cold_start":
      return `[notice] cold start: ${text}`;
    case "session_restarted":
      return `[session] started anew: ${text}`;
    case "waiting_background":
      return `[background] ${text}`;
    case "hook_running":
    case "hook_ended":
    case "stop_hook_blocked":
      return `[hook] ${text.replace(/^hook /, "")}`;
    case "stop_requested":
      return `[stop] ${text}`;
    case "stderr":
      return `[stderr] ${text}`;
    default:
      return text === "" ? null : `[notice] ${text}`;
  }
}

function resultLine(data: JsonObject): string {
  const success = data["subtype"] === "success";
  const ok = success && data["is_error"] !== true;
  const status = numberOf(data["api_error_status"]);
  const costUsd = numberOf(data["cost_usd"]);
  const interrupted = textOf(data["terminal_reason"]).startsWith("aborted");
  return parts("[result]", [
    interrupted ? "interrupted" : ok || !success ? textOf(data["subtype"]) : "error",
    status === null ? null : `HTTP ${status}`,
    costUsd === null ? "recovered" : `$${costUsd.toFixed(4)}`,
    costUsd === null ? null : formatDuration(numberOf(data["duration_ms"]) ?? 0),
    ok || interrupted ? null : firstLine(data["text"]),
  ]);
}

function sweptLine(processes: readonly unknown[]): string | null {
  if (processes.length === 0) return null;
  const commands = processes.map((process) => textOf(objectOf(process)["command"]));
  return `[swept] ${processes.length} left ${processes.length === 1 ? "process" : "processes"}: ${commands.join(", ")}`;
}

function parts(tag: string, values: readonly (string | null)[]): string {
  return `${tag} ${values.filter((value) => value !== null && value !== "").join(" · ")}`;
}

function textOf(value: unknown): string {
  return stringOf(value) ?? "";
}

function firstLine(value: unknown): string {
  return textOf(value).trimStart().split("\n", 1)[0]?.trim() ?? "";
}

function lastLine(value: unknown): string {
  return textOf(value).trimEnd().split("\n").at(-1)?.trim() ?? "";
}
