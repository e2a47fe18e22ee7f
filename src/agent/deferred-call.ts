/**
 * Makes Claude Code decide an open tool call again after its process has died: appends the line
 * that Claude Code itself writes for a call that a hook has deferred (`hook_deferred_tool`,
 * measured with 2.1.332). It is an internal format. If a version ignores the line, an ordinary
 * resume follows.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { objectOf } from "../domain/text/read-json.ts";
import { blockOf, commonOf, hasNotRun, isCutOff, notRun, parseLines, resultEntry } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

export interface DeferredCall {
  readonly tool: string;
  readonly toolUseId: string;
  /** Other open calls of the same message, which Claude has to make again. */
  readonly cutCalls: number;
}

/** What Claude reads as the result of a call that was open beside the deferred one. */
export const cutResult = "This call was interrupted before it ran. Make the same call again if it is still needed.";

/**
 * Appends what is missing so that the newest of these calls is decided again. No other process may
 * write to the transcript meanwhile.
 * @param openCalls ids of tool calls of the main thread that wait for a decision.
 * @returns null when none of them is open in the transcript: nothing was written.
 */
export function deferOpenCall(transcript: string, openCalls: ReadonlySet<unknown>, permissionMode: string): DeferredCall | null {
  const text = readFileSync(transcript, "utf8");
  const all = parseLines(text).filter((entry) => typeof entry["uuid"] === "string" && entry["isSidechain"] !== true);
  const entries = beforeCutOff(all, openCalls);
  const open = openEntries(entries);
  const last = open.findLast(({ call }) => openCalls.has(call["id"]));
  const leaf = entries.at(-1);
  if (last === undefined || leaf === undefined) return null;
  const messageId = idOf(last.entry);
  const cut = open.filter(({ entry, call }) => call !== last.call && idOf(entry) === messageId);
  const lines: Json[] = cut.map(({ entry, call }) => ({ ...resultEntry(entry, call["id"], cutResult), ...notRun }));
  const parent = lines.at(-1)?.["uuid"] ?? leaf["uuid"];
  const { id, name, input } = last.call;
  lines.push({
    ...commonOf(last.entry),
    parentUuid: parent,
    isSidechain: false,
    type: "attachment",
    attachment: {
      type: "hook_deferred_tool",
      toolUseID: id,
      toolName: name,
      toolInput: input,
      hookName: "settings",
      hookEvent: "PreToolUse",
      permissionMode,
    },
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  });
  appendFileSync(transcript, (text.endsWith("\n") ? "" : "\n") + lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return { tool: String(name), toolUseId: String(id), cutCalls: cut.length };
}

/**
 * The lines before Claude Code ended a waiting call itself. It does so when it outlives its runner,
 * and may then end the turn without the call. All lines where a later call has run or a message was
 * taken: neither must be lost from the conversation.
 */
function beforeCutOff(entries: readonly Json[], openCalls: ReadonlySet<unknown>): readonly Json[] {
  const at = entries.findIndex((entry) => openCalls.has(blockOf(entry, "tool_result")?.["tool_use_id"]) && isCutOff(entry));
  return at === -1 || entries.slice(at).some(mustStay) ? entries : entries.slice(0, at);
}

/** Whether the line has the result of a call that has run, or a message of a person. */
function mustStay(entry: Json): boolean {
  const result = blockOf(entry, "tool_result");
  if (entry["type"] === "attachment") return typeof objectOf(entry["attachment"])["source_uuid"] === "string";
  return entry["type"] === "user" && (result === null || !hasNotRun(entry));
}

/** The calls without a result, with the transcript's line of each, oldest first. */
function openEntries(entries: readonly Json[]): { entry: Json; call: Json }[] {
  const ended = new Set(entries.map((entry) => blockOf(entry, "tool_result")?.["tool_use_id"]));
  return entries.flatMap((entry) => {
    const call = entry["type"] === "assistant" ? blockOf(entry, "tool_use") : null;
    return call === null || ended.has(call["id"]) ? [] : [{ entry, call }];
  });
}

/** The model's message that a line belongs to: one message may have several lines. */
function idOf(entry: Json): unknown {
  return (entry["message"] as Json | undefined)?.["id"];
}
