/**
 * Repairs Claude Code's transcript of a session after a kill. Claude Code writes it up to 100 ms
 * late (measured with 2.1.330), so after a kill it may lack tool results that the journal has.
 * Without them finished steps would run again.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, renameSync } from "node:fs";
import type { JournalEntry } from "../domain/events/record.ts";

type Json = Readonly<Record<string, unknown>>;

/** How much of the journal's end is read: only the newest messages can be missing. */
const journalTailBytes = 8 * 1024 * 1024;

/**
 * The running total that Claude Code saved in the session, from which a resumed session continues.
 * Zero when nothing was saved.
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

/** Renames a transcript so that a new one with the same id can be written. Deletes nothing. */
export function setAside(transcript: string): void {
  renameSync(transcript, `${transcript}.set-aside-${Date.now()}`);
}

/**
 * Appends to the transcript the finished tool steps that only the journal has. No other process may
 * write to either file meanwhile.
 * @param openCalls tool calls that are to be decided again: the messages up to them are put back,
 * too.
 * @returns how many messages were appended; 0 when nothing was missing or the files do not match.
 */
export function repairTranscript(
  transcript: string,
  journal: string,
  sessionId: string,
  openCalls: ReadonlySet<unknown> = new Set(),
): number {
  const text = readFileSync(transcript, "utf8");
  const lines = missingEntries(parseLines(text), journal, sessionId, openCalls);
  if (lines.length === 0) return 0;
  appendFileSync(transcript, (text.endsWith("\n") ? "" : "\n") + lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return lines.length;
}

/** The lines of finished tool steps that only the journal has. */
export function missingEntries(
  all: readonly Json[],
  journal: string,
  sessionId: string,
  openCalls: ReadonlySet<unknown> = new Set(),
): readonly Json[] {
  const entries = all.filter(isOfMainThread);
  const began = entries[0]?.["timestamp"];
  if (typeof began !== "string") return [];
  const messages = messagesIn(journalTail(journal), sessionId).filter(({ _at: at }) => typeof at === "string" && at >= began);
  return asEntries(finishedSteps(missingMessages(entries, messages), openCalls), entries);
}

/** A line with the result of a call that has none. @param entry the call's line. */
export function resultEntry(entry: Json, callId: unknown, { block, line }: { readonly block: Json; readonly line: Json }): Json {
  return {
    ...commonOf(entry),
    parentUuid: entry["uuid"],
    isSidechain: false,
    type: "user",
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: callId, ...block }] },
    ...line,
    sourceToolAssistantUUID: entry["uuid"],
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}

/** The message of a line that we wrote, as Claude Code would have reported it. */
export function messageOfLine({ type, message, uuid, timestamp, toolUseResult }: Json, sessionId: string): JournalEntry {
  return { type: String(type), message, parent_tool_use_id: null, session_id: sessionId, uuid, timestamp, tool_use_result: toolUseResult };
}

/** The result of a call that did not end. */
export function errorResult(text: string): { readonly block: Json; readonly line: Json } {
  return { block: { is_error: true, content: text }, line: { toolUseResult: `Error: ${text}` } };
}

/**
 * What Claude Code writes beside the result of a call that it ended before it ran (measured with
 * 2.1.332). Only the result's text can be a tool's own: no tool can write these fields.
 */
export const notRun: Json = { toolDenialKind: "user-rejected", toolDenialBeforeRun: true };

/** Whether the line has the result of a call that has not run: it was denied or cut off. */
export function hasNotRun(entry: Json): boolean {
  return typeof entry["toolDenialKind"] === "string" || entry["toolDenialBeforeRun"] === true;
}

/** The results of calls that Claude Code itself ended, because its runner had died (2.1.332). */
const withoutRunner = ["Tool permission request failed:", "The user doesn't want to proceed with this tool use."];

/**
 * Whether Claude Code ended the call itself because its runner had died while the call waited for a
 * decision. The text is Claude Code's own: the call has not run.
 */
export function isCutOff(entry: Json): boolean {
  const content = blockOf(entry, "tool_result")?.["content"];
  return hasNotRun(entry) && typeof content === "string" && withoutRunner.some((text) => content.startsWith(text));
}

/** Whether the line is a part of the conversation that the model is sent. */
export function isOfMainThread(entry: Json): boolean {
  return typeof entry["uuid"] === "string" && entry["isSidechain"] !== true;
}

/** The fields that are the same on every line of a session. */
export function commonOf({ userType, entrypoint, cwd, sessionId, version, gitBranch }: Json): Json {
  return { userType, entrypoint, cwd, sessionId, version, gitBranch };
}

/**
 * The conversation's messages in the journal, without those of sub-agents (which have separate
 * transcripts).
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

/** The messages in the journal after the newest one that the transcript also has. */
function missingMessages(entries: readonly Json[], messages: readonly Json[]): readonly Json[] {
  const known = new Set(entries.map((entry) => entry["uuid"]));
  return messages.slice(messages.findLastIndex((message) => known.has(message["uuid"])) + 1);
}

/**
 * The messages up to the last tool result or the last of these calls. Claude repeats later ones (a
 * text, another call without a result) by itself, and no step runs twice.
 */
function finishedSteps(messages: readonly Json[], openCalls: ReadonlySet<unknown>): readonly Json[] {
  const isKept = (message: Json): boolean =>
    blockOf(message, "tool_result") !== null || openCalls.has(blockOf(message, "tool_use")?.["id"] ?? null);
  return messages.slice(0, messages.findLastIndex(isKept) + 1);
}

/**
 * Converts messages to lines of the transcript. Takes the fields that are the same on every line
 * from a line that Claude Code wrote.
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
  return {
    parentUuid: parent,
    isSidechain: false,
    type: message["type"],
    message: message["message"],
    uuid: message["uuid"],
    timestamp: message["timestamp"] ?? message["_at"],
    ...(call === undefined ? {} : { toolUseResult: message["tool_use_result"], sourceToolAssistantUUID: call }),
    ...commonOf(template),
  };
}

/**
 * Notes which message made a tool call: the result's parent is that message, not the newest one.
 */
function rememberCall(entry: Json, calls: Map<unknown, unknown>): void {
  const call = blockOf(entry, "tool_use");
  if (call !== null) calls.set(call["id"], entry["uuid"]);
}

export function blockOf(entry: Json, type: "tool_use" | "tool_result"): Json | null {
  const { content } = (entry["message"] ?? {}) as Json;
  if (!Array.isArray(content)) return null;
  return (content as Json[]).find((block) => block["type"] === type) ?? null;
}

/** The newest records of a journal, oldest first; empty when the file does not exist. */
export function journalTail(journal: string): Json[] {
  return parseLines(tailOf(journal));
}

/** The end of a file as text; empty when the file does not exist. The first line may be cut. */
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

/** Parses lines. Skips lines that are not JSON objects (torn by a kill, cut at the front). */
export function parseLines(text: string): Json[] {
  return text.split("\n").flatMap((line) => {
    try {
      const value = JSON.parse(line) as Json | null;
      return typeof value === "object" && value !== null ? [value] : [];
    } catch {
      return [];
    }
  });
}
