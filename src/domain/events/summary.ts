/**
 * Makes one readable line for each action of a task: for the summary log, for `last_action` and
 * beside events in CLI, REST and MCP. It formats only and decides nothing.
 */
import { formatDuration } from "../text/duration.ts";
import { isOfSubagent } from "./is-of-subagent.ts";
import type { EventData, EventDraft, Notice, Result } from "./event.ts";
import { eventsFromRecord } from "./events-from-record.ts";
import { plainLine } from "../text/plain-text.ts";
import { objectOf } from "../text/read-json.ts";
import type { JournalRecord } from "./record.ts";
import { callOf } from "../attempt/tool-call.ts";
import { endText } from "../verification/verify-texts.ts";
import { setupLine } from "./setup-events.ts";
import { verifyResult } from "./verify-events.ts";
import { sweptLine } from "./swept-line.ts";

/** Longest line, in characters. */
const maxLine = 240;
/** A notice is shown whole up to this length, in characters. */
const maxNoticeLine = 2000;
const maxNoticeLines = 50;

/**
 * The lines of a record, e.g. `[tool:write] app.py`; none for records that a person need not see.
 * Lines hold no control characters, escape sequences or newlines. Does not throw for any record.
 * @param cwd the session's working directory (from its init message). Paths below it are shown
 * relative to it.
 * @param denied the calls of the attempt that were denied so far; those of this record are added.
 */
export function summaryLines(record: JournalRecord, cwd: string | null = null, denied: Set<string> = new Set()): string[] {
  return eventsFromRecord(record).flatMap((event) => eventLines(event, cwd, denied));
}

function eventLines(event: EventDraft, cwd: string | null, denied: Set<string>): string[] {
  if (isToldAlready(event, denied)) return [];
  const line = lineOf(event, cwd);
  if (line === null) return [];
  const inset = isOfSubagent(event) ? "↳ " : "";
  return [plainLine(inset + line, maxLine), ...(event.type === "notice" ? furtherLines(event.data) : []), ...outputLines(event)];
}

/** How many lines of a failed command's output are shown. */
const outputShown = 20;

function outputLines({ type, data }: EventDraft): string[] {
  if ((type !== "verify_ended" && type !== "setup_ended") || data.state === "passed") return [];
  const lines = data.output_tail.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-outputShown).map((line) => `  ${plainLine(line, maxLine)}`);
}

/**
 * Whether a denied call has its line already. Claude Code may report a denial again, and the call's
 * result repeats the reason.
 */
function isToldAlready({ type, data }: EventDraft, denied: Set<string>): boolean {
  if (type !== "permission_denied" && type !== "tool_result") return false;
  const { tool_use_id: id = "" } = data;
  if (denied.has(id)) return true;
  if (type === "permission_denied" && id !== "") denied.add(id);
  return false;
}

function lineOf({ type, data }: EventDraft, cwd: string | null): string | null {
  switch (type) {
    case "swept":
      return sweptLine(data.processes);
    case "session":
      return `[session] ${data.resumed === true ? "resumed " : ""}${data.session_id}`;
    case "init":
      return initLine(data);
    case "text":
      return `[text] ${firstLine(data.text)}`;
    case "thinking":
      return `[thinking] ${firstLine(data.text)}`;
    case "tool_use":
      return `[tool:${toolName(data.tool)}] ${callOf(objectOf(data.input), cwd)}`;
    case "tool_result":
      return data.is_error ? `[tool-error] ${firstLine(data.text)}` : null;
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
    case "verify_started":
      return `[verify] ${data.name === data.command ? "" : `${data.name}: `}${firstLine(data.command)}`;
    case "verify_ended":
      return `[verify] ${endText(verifyResult(data))} after ${formatDuration(data.took_ms)}`;
    case "iteration_kept":
      return data.is_kept
        ? `[loop] the files of iteration ${data.iteration} are put back: it is the best one`
        : `[loop] iteration ${data.iteration} is the best one, and its files are not put back: ${data.reason ?? ""}`;
    case "attempt_ended":
      // Claude Worker itself killed the process.
      if (data.stop_requested === "parked" || data.stop_requested === "interrupted") return null;
      return data.thrown === null ? null : `[error] ${firstLine(data.thrown)}`;
    case "worktree":
      return worktreeLine(data);
    case "setup_started":
      return `[setup] ${firstLine(data.command)}`;
    case "setup_ended":
      return `[setup] ${setupLine(data)} after ${formatDuration(data.took_ms)}`;
    case "checkpoint":
      return null;
    case "submitted":
    case "started":
    case "resumed":
    case "requeued":
    case "parked":
    case "question_asked":
    case "question_answered":
    case "message_queued":
    case "message_delivered":
    case "message_done":
    case "message_cancelled":
    case "cancel_requested":
    case "retried":
    case "revived":
    case "edited":
    case "budget":
    case "moved":
    case "stashed":
    case "enqueued":
    case "rewound":
    case "pull_request_watched":
    case "files_put_back":
    case "comment_added":
    case "comment_handled":
    case "applied":
    case "iteration_ended":
    case "ended":
      // The journal does not hold the server's own steps; event-summary.ts formats them.
      return null;
    default:
      return type satisfies never;
  }
}

function worktreeLine({ how, path, branch, head, has_files: hasFiles, took_ms: tookMs }: EventData["worktree"]): string | null {
  if (how === "found") return null;
  const place = `${path} ${branch === null ? "" : `on ${branch} `}at ${head.slice(0, 12)}`;
  const files =
    how === "made" ? "" : hasFiles ? ", with the files of its last snapshot" : ", without the files of its last snapshot: HEAD is newer";
  return `[worktree] ${how === "made" ? "made" : "had vanished, and is rebuilt"}: ${place}${files} (${formatDuration(tookMs)})`;
}

function initLine({ model, permission_mode: mode, claude_code_version: version }: EventData["init"]): string {
  return parts("[init]", [model, mode, version === null ? null : `Claude Code ${version}`]);
}

/** `Write` → `write`; `mcp__github__search` → `github/search`. */
function toolName(name: string): string {
  return name.startsWith("mcp__") ? name.slice(5).replace("__", "/") : name.toLowerCase();
}

function deniedLine({ tool, input, reason }: EventData["permission_denied"], cwd: string | null): string {
  const call = callOf(objectOf(input), cwd) || firstLine(reason);
  return `[denied] ${tool}${call === "" ? "" : `: ${call}`}`;
}

function limitLine(data: EventData["rate_limit"]): string | null {
  const limit = data.limit ?? "usage limit";
  const resetsAt = data.resets_at;
  if (data.status === "rejected") return `[limit] ${limit} rejected${resetsAt === null ? "" : ` until ${resetsAt}`}`;
  if (data.status !== "allowed_warning") return null;
  return `[limit] ${limit} ${usedShare(data)}${resetsAt === null ? "" : `, resets ${resetsAt}`}`;
}

/** How much of a limit is used, as exactly as Claude Code says it. */
function usedShare({ utilization: used, surpassed_threshold: threshold }: EventData["rate_limit"]): string {
  if (used !== null) return `${Math.round(used * 100)} % used`;
  return threshold === undefined ? "warning" : `over ${Math.round(threshold * 100)} % used`;
}

function retryLine({ attempt, max_retries: most, delay_ms: delayMs, status, error }: EventData["api_retry"]): string {
  const cause = `${error ?? "no answer"}${status === null ? "" : ` (HTTP ${status})`}`;
  return `[retry] ${attempt ?? "?"} of ${most ?? "?"} in ${formatDuration(delayMs ?? 0)}: ${cause}`;
}

/**
 * The lines after a notice's first line, for example the list of files that the first line
 * announces.
 */
function furtherLines({ kind, text }: Notice): string[] {
  if (kind === "stderr" || kind === "stop_hook_blocked") return [];
  const lines = text.trim().split("\n").slice(1);
  const filled = lines.filter((line) => line.trim() !== "");
  return filled.slice(0, maxNoticeLines).map((line) => `  ${plainLine(line, maxNoticeLine)}`);
}

function noticeLine(data: Notice): string | null {
  const text = data.kind === "stderr" ? lastLine(data.text) : firstLine(data.text);
  switch (data.kind) {
    case "api_error":
      return parts("[error]", [data.error === "unknown" ? null : data.error, text]);
    case "cold_start":
      return `[notice] cold start: ${text}`;
    case "session_restarted":
      return `[session] restarted: ${text}`;
    case "waiting_background":
      return `[background] ${text}`;
    case "hook_running":
    case "hook_ended":
    case "stop_hook_blocked":
      return `[hook] ${text.replace(/^hook /, "")}`;
    case "stop_requested":
      // The next line says that it waits.
      return text === "parked" ? null : `[stop] ${text}`;
    case "stderr":
      return `[stderr] ${text}`;
    default:
      return text === "" ? null : `[notice] ${text}`;
  }
}

function resultLine(data: Result): string {
  if (data.command_answer === true) return `[message] Claude Code answered it itself: ${firstLine(data.text)}`;
  const success = data.subtype === "success";
  const ok = success && !data.is_error;
  const interrupted = data.terminal_reason?.startsWith("aborted") === true;
  return parts("[result]", [
    interrupted ? "interrupted" : ok || !success ? data.subtype : "error",
    data.api_error_status === null ? null : `HTTP ${data.api_error_status}`,
    data.cost_usd === null ? "recovered" : `$${data.cost_usd.toFixed(4)}`,
    data.cost_usd === null ? null : formatDuration(data.duration_ms),
    ok || interrupted ? null : firstLine(data.text),
  ]);
}

function parts(tag: string, values: readonly (string | null)[]): string {
  return `${tag} ${values.filter((value) => value !== null && value !== "").join(" · ")}`;
}

function firstLine(text: string): string {
  return text.trimStart().split("\n", 1)[0]?.trim() ?? "";
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
