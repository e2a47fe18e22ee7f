/**
 * Claude Code's own record of a session (`projects/<directory>/<session>.jsonl`): found, and mended
 * after a kill. Claude Code writes it up to 100 ms late (measured with 2.1.330), so a kill can cost
 * it tool results that our journal has; without them, finished steps would be run again.
 */
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, renameSync } from "node:fs";
import os from "node:os";
import path from "node:path";

type Json = Readonly<Record<string, unknown>>;

/** Only the newest messages can be missing: this much of the journal's end is looked at. */
const journalTailBytes = 8 * 1024 * 1024;

/**
 * The session's file, or null when Claude Code never wrote one. Searched by name: how Claude Code
 * names the directories is its own affair.
 */
export function findTranscript(env: Readonly<Record<string, string | undefined>>, sessionId: string): string | null {
  const config = env["CLAUDE_CONFIG_DIR"] ?? path.join(env["HOME"] ?? os.homedir(), ".claude");
  const projects = path.join(config, "projects");
  if (!existsSync(projects)) return null;
  const files = readdirSync(projects).map((directory) => path.join(projects, directory, `${sessionId}.jsonl`));
  return files.find((file) => existsSync(file)) ?? null;
}

/**
 * What Claude Code saved of the session's running total: a resumed session continues from there.
 * Nothing saved: it counts from nothing.
 */
export function savedSpending(transcript: string): { costUsd: number; modelUsage: Readonly<Record<string, object>> } {
  const saved = parseLines(readFileSync(transcript, "utf8")).findLast(({ type }) => type === "cost-state") ?? {};
  const { totalCostUSD: costUsd, modelUsage } = saved;
  const isObject = typeof modelUsage === "object" && modelUsage !== null;
  return {
    costUsd: typeof costUsd === "number" ? costUsd : 0,
    modelUsage: isObject ? (modelUsage as Readonly<Record<string, object>>) : {},
  };
}

/** Moves a transcript out of the way of a new one with the same id. Nothing is deleted. */
export function setAside(transcript: string): void {
  renameSync(transcript, `${transcript}.set-aside-${Date.now()}`);
}

/**
 * Appends to the transcript the finished tool steps that only the journal has. Nobody else may
 * write to either file meanwhile.
 * @returns how many messages were appended; 0 when nothing was missing or the two do not fit
 * together.
 */
export function repairTranscript(transcript: string, journal: string, sessionId: string): number {
  const text = readFileSync(transcript, "utf8");
  const entries = parseLines(text).filter((entry) => typeof entry["uuid"] === "string" && entry["isSidechain"] !== true);
  const began = entries[0]?.["timestamp"];
  if (typeof began !== "string") return 0;
  const messages = messagesIn(journalTail(journal), sessionId).filter(({ _at: at }) => typeof at === "string" && at >= began);
  const missing = finishedSteps(missingMessages(entries, messages));
  const lines = asEntries(missing, entries);
  if (lines.length === 0) return 0;
  appendFileSync(transcript, (text.endsWith("\n") ? "" : "\n") + lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return lines.length;
}

/**
 * The conversation's own messages in the journal, without those of subagents (they have transcripts
 * of their own).
 */
function messagesIn(records: readonly Json[], sessionId: string): Json[] {
  return records.filter(
    (record) =>
      (record["type"] === "assistant" || record["type"] === "user") &&
      record["session_id"] === sessionId &&
      typeof record["parent_tool_use_id"] !== "string" &&
      typeof record["uuid"] === "string",
  );
}

/** What stands in the journal behind the newest message that the transcript has too. */
function missingMessages(entries: readonly Json[], messages: readonly Json[]): readonly Json[] {
  const known = new Set(entries.map((entry) => entry["uuid"]));
  return messages.slice(messages.findLastIndex((message) => known.has(message["uuid"])) + 1);
}

/**
 * Up to the last tool result: what follows (a text, a call without a result) Claude says again by
 * itself, and nothing is done twice.
 */
function finishedSteps(messages: readonly Json[]): readonly Json[] {
  return messages.slice(0, messages.findLastIndex((message) => blockOf(message, "tool_result") !== null) + 1);
}

/**
 * In the transcript's words: the fields that are the same on every line are taken from a line that
 * Claude Code wrote.
 */
function asEntries(messages: readonly Json[], entries: readonly Json[]): Json[] {
  const calls = new Map<unknown, unknown>();
  for (const entry of entries) rememberCall(entry, calls);
  let leaf = entries.at(-1)?.["uuid"];
  const template = entries.findLast((entry) => entry["type"] === "user" && typeof entry["cwd"] === "string");
  if (template === undefined || leaf === undefined) return [];
  return messages.map((message) => {
    const call = calls.get(blockOf(message, "tool_result")?.["tool_use_id"]);
    const entry = entryOf(message, template, call ?? leaf, call);
    rememberCall(entry, calls);
    leaf = entry["uuid"];
    return entry;
  });
}

function entryOf(message: Json, template: Json, parent: unknown, call: unknown): Json {
  const { userType, entrypoint, cwd, sessionId, version, gitBranch } = template;
  return {
    parentUuid: parent,
    isSidechain: false,
    type: message["type"],
    message: message["message"],
    uuid: message["uuid"],
    timestamp: message["timestamp"] ?? message["_at"],
    ...(call === undefined ? {} : { toolUseResult: message["tool_use_result"], sourceToolAssistantUUID: call }),
    userType,
    entrypoint,
    cwd,
    sessionId,
    version,
    gitBranch,
  };
}

/** Which message made the tool call: its result hangs below it, not below the newest message. */
function rememberCall(entry: Json, calls: Map<unknown, unknown>): void {
  const call = blockOf(entry, "tool_use");
  if (call !== null) calls.set(call["id"], entry["uuid"]);
}

function blockOf(entry: Json, type: "tool_use" | "tool_result"): Json | null {
  const { content } = (entry["message"] ?? {}) as Json;
  if (!Array.isArray(content)) return null;
  return (content as Json[]).find((block) => block["type"] === type) ?? null;
}

/** The newest records of a journal, oldest first; none when there is no file. */
export function journalTail(journal: string): Json[] {
  return parseLines(tailOf(journal));
}

/** The end of a file as text; empty when there is none. The first line may be cut. */
function tailOf(file: string): string {
  if (!existsSync(file)) return "";
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, journalTailBytes));
    const read = readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, read);
  } finally {
    closeSync(descriptor);
  }
}

/** Lines that are no JSON objects (torn by a kill, cut at the front) are passed over. */
function parseLines(text: string): Json[] {
  return text.split("\n").flatMap((line) => {
    try {
      const value = JSON.parse(line) as Json | null;
      return typeof value === "object" && value !== null ? [value] : [];
    } catch {
      return [];
    }
  });
}
