/** One readable line per action of a task: the summary log, `last_action`, and what doors show beside an event. It prints, and decides nothing. */
import { formatDuration } from "./duration.ts";
import { toolText } from "./events-from-record.ts";
import { plainLine } from "./plain-text.ts";
import { arrayOf, isoOf, numberOf, objectOf, stringOf } from "./read-json.ts";
import type { JsonObject } from "./read-json.ts";
import type { JournalRecord } from "./record.ts";

/** Longest line, in characters. */
const maxLine = 240;

/** What a tool is called with that tells a person most, by name of the field; the first that is there counts. */
const telling = [
  "file_path",
  "notebook_path",
  "command",
  "pattern",
  "url",
  "query",
  "description",
  "skill",
  "path",
  "prompt",
] as const;
const paths = new Set<string>(["file_path", "notebook_path", "path"]);

/**
 * The lines of a record, e.g. `[tool:write] app.py`; none for records that a person need not see. No line holds a control character,
 * an escape sequence or a newline. Never throws, whatever the record holds.
 * @param cwd working directory of the session (field `cwd` of its init message): paths below it are shown relative to it.
 */
export function summaryLines(record: JournalRecord, cwd: string | null = null): string[] {
  const message: JsonObject = objectOf(record);
  const lines = linesOf(message, cwd);
  const inset = typeof message["parent_tool_use_id"] === "string" ? "↳ " : "";
  return lines.map((line) => plainLine(inset + line, maxLine));
}

function linesOf(message: JsonObject, cwd: string | null): string[] {
  switch (message["type"]) {
    case "assistant":
      return assistantLines(message, cwd);
    case "user":
      return failedToolLines(message);
    case "system":
      return systemLines(message, cwd);
    case "result":
      return [resultLine(message)];
    case "rate_limit_event":
      return limitLines(objectOf(message["rate_limit_info"]));
    case "worker":
      return workerLines(message, cwd);
    default:
      return [];
  }
}

function assistantLines(message: JsonObject, cwd: string | null): string[] {
  const body = objectOf(message["message"]);
  const error = stringOf(message["error"]);
  return arrayOf(body["content"])
    .map(objectOf)
    .flatMap((block) => {
      if (block["type"] === "tool_use" || block["type"] === "server_tool_use") return [toolLine(block, cwd)];
      const line = block["type"] === "text" ? firstLine(block["text"]) : "";
      if (line === "") return [];
      return [error === null ? `[text] ${line}` : `[error] ${error}: ${line}`];
    });
}

function toolLine(block: JsonObject, cwd: string | null): string {
  return `[tool:${toolName(block["name"])}] ${callOf(objectOf(block["input"]), cwd)}`;
}

/** `Write` → `write`; `mcp__github__search` → `github/search`. */
function toolName(value: unknown): string {
  const name = stringOf(value) ?? "unknown";
  return name.startsWith("mcp__") ? name.slice(5).replace("__", "/") : name.toLowerCase();
}

function callOf(input: JsonObject, cwd: string | null): string {
  const field = telling.find((candidate) => stringOf(input[candidate])?.trim());
  if (field !== undefined) {
    const value = stringOf(input[field]) ?? "";
    return paths.has(field) ? relativeTo(value, cwd) : value;
  }
  if (Array.isArray(input["todos"])) return `${input["todos"].length} todos`;
  const first = Object.entries(input).find(([, value]) => typeof value === "string" && value.trim() !== "");
  return first === undefined ? "" : `${first[0]}: ${String(first[1])}`;
}

function relativeTo(path: string, cwd: string | null): string {
  if (cwd === null || cwd === "" || cwd === "/") return path;
  const base = cwd.endsWith("/") ? cwd : `${cwd}/`;
  if (`${path}/` === base) return ".";
  return path.startsWith(base) ? path.slice(base.length) : path;
}

function failedToolLines(message: JsonObject): string[] {
  return arrayOf(objectOf(message["message"])["content"])
    .map(objectOf)
    .filter((block) => block["type"] === "tool_result" && block["is_error"] === true)
    .map((block) => `[tool-error] ${firstLine(toolText(block["content"]))}`);
}

function systemLines(message: JsonObject, cwd: string | null): string[] {
  switch (message["subtype"]) {
    case "init": {
      const version = stringOf(message["claude_code_version"]);
      return [
        joined("[init]", [
          stringOf(message["model"]),
          stringOf(message["permissionMode"]),
          version === null ? null : `Claude Code ${version}`,
        ]),
      ];
    }
    case "api_retry":
      return [retryLine(message)];
    case "permission_denied":
      return [deniedLine(message["tool_name"], message["tool_input"] ?? message["message"], cwd)];
    case "compact_boundary":
      return ["[notice] the conversation was compacted"];
    case "model_refusal_fallback":
    case "model_refusal_no_fallback":
    case "informational":
      return noticeLines(message["content"]);
    case "notification":
      return noticeLines(message["text"]);
    case "task_notification":
      return message["skip_transcript"] === true || message["ambient"] === true ? [] : noticeLines(message["summary"]);
    case "session_writes_lost":
      return [`[notice] Claude Code could not save its session: ${stringOf(message["error_code"]) ?? "disk full"}`];
    default:
      return [];
  }
}

function retryLine(message: JsonObject): string {
  const delayMs = numberOf(message["retry_delay_ms"]) ?? 0;
  const status = numberOf(message["error_status"]);
  const cause = `${stringOf(message["error"]) ?? "no answer"}${status === null ? "" : ` (HTTP ${status})`}`;
  return `[retry] ${numberOf(message["attempt"]) ?? "?"} of ${numberOf(message["max_retries"]) ?? "?"} in ${formatDuration(delayMs)}: ${cause}`;
}

function resultLine(message: JsonObject): string {
  const ok = message["subtype"] === "success" && message["is_error"] !== true;
  const turns = numberOf(message["num_turns"]);
  const costUsd = numberOf(message["total_cost_usd"]);
  const durationMs = numberOf(message["duration_ms"]);
  const status = numberOf(message["api_error_status"]);
  const errors = arrayOf(message["errors"]).filter((error) => typeof error === "string");
  return joined("[result]", [
    ok ? "success" : message["subtype"] === "success" ? "error" : (stringOf(message["subtype"]) ?? "error"),
    status === null ? null : `HTTP ${status}`,
    turns === null ? null : `${turns} ${turns === 1 ? "turn" : "turns"}`,
    costUsd === null ? null : `$${costUsd.toFixed(4)}`,
    durationMs === null ? null : formatDuration(durationMs),
    ok ? null : firstLine(stringOf(message["result"]) ?? errors.join("\n")),
  ]);
}

function limitLines(info: JsonObject): string[] {
  const status = stringOf(info["status"]);
  if (status !== "rejected" && status !== "allowed_warning") return [];
  const resets = numberOf(info["resetsAt"]);
  const until = resets === null ? null : isoOf(resets > 1e11 ? resets : resets * 1000);
  const limit = stringOf(info["rateLimitType"]) ?? "usage";
  if (status === "rejected") return [`[limit] ${limit} rejected${until === null ? "" : ` until ${until}`}`];
  const used = numberOf(info["utilization"]);
  const share = used === null ? "nearly used up" : `${Math.round(used <= 1 ? used * 100 : used)} % used`;
  return [`[limit] ${limit} ${share}${until === null ? "" : `, resets ${until}`}`];
}

function workerLines(note: JsonObject, cwd: string | null): string[] {
  const reason = stringOf(note["reason"]) ?? "";
  switch (note["subtype"]) {
    case "started":
    case "session": {
      const session = stringOf(note["sessionId"]);
      return session === null ? [] : [`[session] ${note["resume"] === true ? "resumed " : ""}${session}`];
    }
    case "session_restarted":
      return [`[session] started anew: ${firstLine(reason)}`];
    case "cold_start":
      return [`[notice] cold start: ${firstLine(reason)}`];
    case "permission_denied":
      return [deniedLine(note["tool"], note["input"], cwd)];
    case "stop_requested":
      return [`[stop] ${reason}`];
    case "swept":
      return sweptLines(arrayOf(note["processes"]));
    case "stderr":
      return note["text"] === undefined ? [] : [`[stderr] ${lastLine(note["text"])}`];
    case "ended":
      return typeof note["thrown"] === "string" ? [`[error] ${firstLine(note["thrown"])}`] : [];
    default:
      return [];
  }
}

function deniedLine(tool: unknown, input: unknown, cwd: string | null): string {
  const call = typeof input === "string" ? firstLine(input) : callOf(objectOf(input), cwd);
  return `[denied] ${stringOf(tool) ?? "tool"}${call === "" ? "" : `: ${call}`}`;
}

function sweptLines(processes: readonly unknown[]): string[] {
  if (processes.length === 0) return [];
  const commands = processes.map((process) => stringOf(objectOf(process)["command"]) ?? "?");
  return [
    `[swept] ${processes.length} left ${processes.length === 1 ? "process" : "processes"}: ${commands.join(", ")}`,
  ];
}

function noticeLines(text: unknown): string[] {
  const line = firstLine(text);
  return line === "" ? [] : [`[notice] ${line}`];
}

function joined(tag: string, parts: readonly (string | null)[]): string {
  return `${tag} ${parts.filter((part) => part !== null && part !== "").join(" · ")}`;
}

function firstLine(value: unknown): string {
  return (stringOf(value) ?? "").trimStart().split("\n", 1)[0]?.trim() ?? "";
}

function lastLine(value: unknown): string {
  return (stringOf(value) ?? "").trimEnd().split("\n").at(-1)?.trim() ?? "";
}
