/**
 * Makes Claude Code decide an open tool call again after its process has died: appends the line
 * that Claude Code itself writes for a call that a hook has deferred (`hook_deferred_tool`,
 * measured with 2.1.332). It is an internal format. If a version ignores the line, an ordinary
 * resume follows.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { objectOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { answeredCall } from "./answered-call.ts";
import type { CallResult } from "./answered-call.ts";
import { blockOf, commonOf, errorResult, hasNotRun, isCutOff, notRun, parseLines, resultEntry } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

export interface DeferredCall {
  readonly tool: string;
  readonly toolUseId: string;
  /** Other open calls of the same message, which Claude has to make again. */
  readonly cutCalls: number;
  /** The lines with the results of answered calls of the same message. */
  readonly answered: readonly AnsweredCall[];
}

export interface AnsweredCall {
  readonly key: string;
  readonly line: Json;
  /** Null: it was answered and not denied. */
  readonly denied: { readonly tool: string; readonly toolUseId: string; readonly input: JsonObject; readonly reason: string } | null;
}

/** What Claude reads as the result of a call that was open beside the deferred one. */
export const cutResult = "This call was interrupted before it ran. Make the same call again if it is still needed.";

interface OpenCall {
  readonly entry: Json;
  readonly call: Json;
  /** Null: it has not asked. */
  readonly question: UnappliedQuestion | null;
  /** Its result, where it needs no decision of Claude Code. */
  readonly result: CallResult | null;
}

/**
 * Appends what is missing so that one of these calls is decided again: the newest one that Claude
 * Code must decide itself, else the newest one. Others of its message get their results where a
 * person has given them. No other process may write to the transcript meanwhile.
 * @param questions of calls of the main thread that wait for a decision.
 * @returns null when none of them is open in the transcript: nothing was written.
 */
export function deferOpenCall(transcript: string, questions: readonly UnappliedQuestion[], permissionMode: string): DeferredCall | null {
  const text = readFileSync(transcript, "utf8");
  const all = parseLines(text).filter((entry) => typeof entry["uuid"] === "string" && entry["isSidechain"] !== true);
  const entries = beforeCutOff(all, new Set(questions.map(({ toolUseId }) => toolUseId)));
  const open = openCalls(entries, questions);
  const asked = open.filter(({ question }) => question !== null);
  const deferred = asked.findLast(({ result }) => result === null) ?? asked.at(-1);
  const leaf = entries.at(-1);
  if (deferred === undefined || leaf === undefined) return null;
  const beside = open.filter(({ entry, call }) => call !== deferred.call && idOf(entry) === idOf(deferred.entry));
  const results = beside.map(({ entry, call, result }) => resultEntry(entry, call["id"], result ?? cut));
  const lines = [...results, deferral(deferred, results.at(-1)?.["uuid"] ?? leaf["uuid"], permissionMode)];
  appendFileSync(transcript, (text.endsWith("\n") ? "" : "\n") + lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const answered = beside.flatMap((each, at) => answeredWith(each, results[at]));
  const { id, name } = deferred.call;
  return { tool: String(name), toolUseId: String(id), cutCalls: beside.length - answered.length, answered };
}

function answeredWith({ call, question, result }: OpenCall, line: Json | undefined): AnsweredCall[] {
  if (question === null || result === null || line === undefined) return [];
  const made = { tool: String(call["name"]), toolUseId: String(call["id"]), input: objectOf(call["input"]) };
  return [{ key: question.key, line, denied: result.block.is_error === true ? { ...made, reason: result.block.content } : null }];
}

const cut = { block: errorResult(cutResult).block, line: { ...errorResult(cutResult).line, ...notRun } };

function deferral({ entry, call: { id, name, input } }: OpenCall, parentUuid: unknown, permissionMode: string): Json {
  return {
    ...commonOf(entry),
    parentUuid,
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
  };
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
function openCalls(entries: readonly Json[], questions: readonly UnappliedQuestion[]): OpenCall[] {
  const ended = new Set(entries.map((entry) => blockOf(entry, "tool_result")?.["tool_use_id"]));
  return entries.flatMap((entry) => {
    const call = entry["type"] === "assistant" ? blockOf(entry, "tool_use") : null;
    if (call === null || ended.has(call["id"])) return [];
    const question = questions.find(({ toolUseId }) => toolUseId === call["id"]) ?? null;
    const made = { tool: String(call["name"]), input: objectOf(call["input"]) };
    return [{ entry, call, question, result: question === null ? null : answeredCall(question, made) }];
  });
}

/** The model's message that a line belongs to: one message may have several lines. */
function idOf(entry: Json): unknown {
  return (entry["message"] as Json | undefined)?.["id"];
}
