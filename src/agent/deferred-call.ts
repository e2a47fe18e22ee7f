/**
 * Makes Claude Code decide an open tool call again after its process has died: appends the line
 * that Claude Code itself writes for a call that a hook has deferred (`hook_deferred_tool`,
 * measured with 2.1.332). It is an internal format. If a version ignores the line, an ordinary
 * resume follows. Ends calls that cannot be decided again, so that Claude makes them again.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { objectOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { answeredCall } from "./answered-call.ts";
import type { CallResult } from "./answered-call.ts";
import { openEntries } from "./open-calls.ts";
import type { OpenCalls, OpenEntry } from "./open-calls.ts";
import { commonOf, errorResult, isOfMainThread, notRun, parseLines, resultEntry } from "./transcript.ts";

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

/** What Claude reads as the result of a call in which something was asked. */
export const askingResult = "This call was interrupted before it ended. Make the same call again if it is still needed.";

interface OpenCall extends OpenEntry {
  /** Null: it has not asked. */
  readonly question: UnappliedQuestion | null;
  /** Its result, where it needs no decision of Claude Code. */
  readonly result: CallResult | null;
}

/**
 * Appends what is missing so that one of the deciding calls is decided again: the newest one that
 * Claude Code must decide itself, else the newest one. Others of its message get their results
 * where a person has given them. No other process may write to the transcript meanwhile.
 * @returns null when none of them is open in the transcript: nothing was written.
 */
export function deferOpenCall(transcript: string, calls: OpenCalls, permissionMode: string): DeferredCall | null {
  const text = readFileSync(transcript, "utf8");
  const entries = parseLines(text).filter(isOfMainThread);
  const open = openEntries(entries).map((each) => withQuestion(each, calls));
  const asked = open.filter(({ question }) => question !== null);
  const deferred = asked.findLast(({ result }) => result === null) ?? asked.at(-1);
  const leaf = entries.at(-1);
  if (deferred === undefined || leaf === undefined) return null;
  const beside = open.filter(({ call, messageId }) => call !== deferred.call && messageId === deferred.messageId);
  const results = beside.map(({ entry, call, result }) => resultEntry(entry, call["id"], result ?? cutOf(call, calls)));
  append(transcript, text, [...results, deferral(deferred, results.at(-1)?.["uuid"] ?? leaf["uuid"], permissionMode)]);
  const answered = beside.flatMap((each, at) => answeredWith(each, results[at]));
  const { id, name } = deferred.call;
  return { tool: String(name), toolUseId: String(id), cutCalls: beside.length - answered.length, answered };
}

/**
 * Gives the asking calls a result that says that they were interrupted, with the other open calls
 * of their messages. No other process may write to the transcript meanwhile.
 * @returns how many calls that are.
 */
export function endAskingCalls(transcript: string, calls: OpenCalls): number {
  if (calls.asking.size === 0) return 0;
  const text = readFileSync(transcript, "utf8");
  const open = openEntries(parseLines(text).filter(isOfMainThread));
  const messages = new Set(open.filter(({ call }) => calls.asking.has(call["id"])).map(({ messageId }) => messageId));
  const ended = open.filter(({ messageId }) => messages.has(messageId));
  const lines = ended.map(({ entry, call }) => resultEntry(entry, call["id"], cutOf(call, calls)));
  if (lines.length > 0) append(transcript, text, lines);
  return lines.length;
}

function withQuestion(open: OpenEntry, { deciding }: OpenCalls): OpenCall {
  const { id, name, input } = open.call;
  const question = deciding.get(id) ?? null;
  return { ...open, question, result: question === null ? null : answeredCall(question, { tool: String(name), input: objectOf(input) }) };
}

function answeredWith({ call, question, result }: OpenCall, line: Json | undefined): AnsweredCall[] {
  if (question === null || result === null || line === undefined) return [];
  const made = { tool: String(call["name"]), toolUseId: String(call["id"]), input: objectOf(call["input"]) };
  return [{ key: question.key, line, denied: result.block.is_error === true ? { ...made, reason: result.block.content } : null }];
}

/** The result of a call that Claude has to make again. */
function cutOf({ id }: Json, { asking }: OpenCalls): ReturnType<typeof errorResult> {
  const { block, line } = errorResult(asking.has(id) ? askingResult : cutResult);
  return { block, line: { ...line, ...notRun } };
}

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

function append(transcript: string, text: string, lines: readonly Json[]): void {
  appendFileSync(transcript, (text.endsWith("\n") ? "" : "\n") + lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
