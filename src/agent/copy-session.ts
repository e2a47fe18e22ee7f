/**
 * Copies a session of Claude Code under an id of ours: whole, or up to a turn. Claude Code's own
 * copy (`forkSession`, `resumeSessionAt`) does not reach a turn before a compaction, and it writes
 * the copy together with what is said next (measured with 2.1.332).
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { SessionCopy } from "../attempt-protocol/protocol.ts";
import { findTranscript } from "../config/claude-transcript.ts";
import { objectOf } from "../domain/text/read-json.ts";
import { failpoint } from "../processes/failpoint.ts";
import { blockOf, errorResult, missingEntries, parseLines, resultEntry } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

/** What Claude reads as the result of a call that has none where the copy ends. */
const cutResult = "The conversation was copied before this call ended, so its result is not known.";

/**
 * Writes the copy at once: after a kill it is there whole, or not at all.
 * @returns the copy's file; null: the session is gone, or it lacks the line that the copy ends
 * with.
 */
export function copySession(
  env: Readonly<Record<string, string>>,
  { sessionId, entry, journal }: SessionCopy,
  copyId: string,
): string | null {
  const source = findTranscript(env, sessionId);
  if (source === null) return null;
  const entries = parseLines(readFileSync(source, "utf8"));
  const kept = upTo([...entries, ...missingEntries(entries, journal, sessionId)], entry);
  if (kept === null) return null;
  const copy = path.join(path.dirname(source), `${copyId}.jsonl`);
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  const lines = kept.filter(({ type }) => type !== "cost-state").map((line) => `${JSON.stringify(ofCopy(line, copyId))}\n`);
  writeFileSync(part, lines.join(""), { mode: 0o600, flag: "wx" });
  renameSync(part, copy);
  failpoint("session.copied");
  return copy;
}

/**
 * The lines up to this one, and the results of the calls that the model's newest message made: each
 * has one, because a conversation without it is not valid.
 */
export function upTo(entries: readonly Json[], uuid: string | null): readonly Json[] | null {
  if (uuid === null) return entries;
  const end = entries.findLastIndex((entry) => entry["uuid"] === uuid);
  if (end === -1) return null;
  const calls = callsAt(entries, end);
  const ends = entries.findLastIndex((entry) => calls.has(callOf(entry)));
  const behind = Math.max(end, ends) + 1;
  // A structured answer stands in a line of its own behind the result of its call.
  const kept = entries.slice(0, isStructuredAnswer(entries[behind]) ? behind + 1 : behind);
  const ended = new Set(kept.map((entry) => blockOf(entry, "tool_result")?.["tool_use_id"]));
  const open = [...calls].filter(([id]) => !ended.has(id));
  return [...kept, ...open.map(([id, entry]) => resultEntry(entry, id, errorResult(cutResult)))];
}

/**
 * The calls of the model's newest message up to this line, with the line of each: all where the
 * line is a part of the message, and behind it those that have no result yet.
 */
function callsAt(entries: readonly Json[], end: number): Map<unknown, Json> {
  const before = entries.slice(0, end + 1);
  const line = before.findLast(({ type, isSidechain }) => type === "assistant" && isSidechain !== true);
  const calls = line === undefined ? new Map<unknown, Json>() : callsOf(entries, line);
  if (line !== before.at(-1)) for (const entry of before) calls.delete(blockOf(entry, "tool_result")?.["tool_use_id"]);
  return calls;
}

/** The calls of the message that this line is a part of, with the line of each. */
function callsOf(entries: readonly Json[], line: Json): Map<unknown, Json> {
  const { id } = objectOf(line["message"]);
  const calls = new Map<unknown, Json>();
  for (const entry of entries) {
    const call = blockOf(entry, "tool_use");
    if (call !== null && objectOf(entry["message"])["id"] === id) calls.set(call["id"], entry);
  }
  return calls;
}

/** The call that this line ends, or that a hook has commented on; null: it is another line. */
function callOf(entry: Json): unknown {
  if (entry["isSidechain"] === true) return null;
  const result = blockOf(entry, "tool_result");
  if (result !== null) return result["tool_use_id"];
  const { type, toolUseID } = objectOf(entry["attachment"]);
  return type === "hook_deferred_tool" ? null : (toolUseID ?? null);
}

function isStructuredAnswer(entry: Json | undefined): boolean {
  return objectOf(entry?.["attachment"])["type"] === "structured_output";
}

/**
 * The line with the copy's id. The file of a plan (`slug`) stays the other session's. Costs
 * (`cost-state`) do too: the copy counts from 0.
 */
function ofCopy({ slug: _slug, ...line }: Json, copyId: string): Json {
  const { type, sessionId, requestSessionId = sessionId } = line;
  if (typeof sessionId !== "string") return line;
  return { ...line, sessionId: copyId, ...(type === "assistant" ? { requestSessionId } : {}) };
}
