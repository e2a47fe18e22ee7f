/**
 * Finds the calls of a session that wait for a person, or in which something waits for one. Writes
 * nothing.
 */
import { canPark } from "../domain/questions/question.ts";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { objectOf } from "../domain/text/read-json.ts";
import { blockOf } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

/** Ids of calls of the main thread. */
export interface OpenCalls {
  /** These wait for a decision, and can be decided again. With their questions. */
  readonly deciding: ReadonlyMap<unknown, UnappliedQuestion>;
  /**
   * In these something was asked, by a sub-agent or with a form of an MCP server, and the journal
   * has no result of them. Claude has to make them again.
   */
  readonly asking: ReadonlySet<unknown>;
}

/** Nested sub-agents end long before. */
const deepest = 20;

/** @param journal the records of the journal. */
export function openCallsOf(questions: readonly UnappliedQuestion[], journal: readonly Json[]): OpenCalls {
  const deciding = new Map(questions.filter(canPark).map((question) => [question.toolUseId, question]));
  const others = questions.filter((question) => question.toolUseId !== null && !canPark(question));
  return { deciding, asking: others.length === 0 ? new Set() : callsAround(others, journal) };
}

/** The calls of the main thread that these questions belong to. */
function callsAround(questions: readonly UnappliedQuestion[], journal: readonly Json[]): ReadonlySet<unknown> {
  const callers = new Map<unknown, unknown>();
  const ended = new Set<unknown>();
  for (const record of journal) {
    const { type, parent_tool_use_id: caller = null } = record;
    if (type === "assistant") callers.set(blockOf(record, "tool_use")?.["id"], caller);
    if (type === "user") ended.add(blockOf(record, "tool_result")?.["tool_use_id"]);
  }
  const calls = questions.map(({ toolUseId }) => {
    let id: unknown = toolUseId;
    for (let depth = 0; depth < deepest && typeof callers.get(id) === "string"; depth += 1) id = callers.get(id);
    return callers.get(id) === null ? id : null;
  });
  return new Set(calls.filter((id) => id !== null && !ended.has(id)));
}

export interface OpenEntry {
  /** The transcript's line of the call. */
  readonly entry: Json;
  readonly call: Json;
  /** The model's message that the line belongs to: one message may have several lines. */
  readonly messageId: unknown;
}

/** The calls without a result, oldest first. @param entries the lines of the main thread. */
export function openEntries(entries: readonly Json[]): OpenEntry[] {
  const ended = new Set(entries.map((entry) => blockOf(entry, "tool_result")?.["tool_use_id"]));
  return entries.flatMap((entry) => {
    const call = entry["type"] === "assistant" ? blockOf(entry, "tool_use") : null;
    if (call === null || ended.has(call["id"])) return [];
    return [{ entry, call, messageId: objectOf(entry["message"])["id"] }];
  });
}
