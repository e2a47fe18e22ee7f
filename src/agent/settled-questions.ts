/** Finds the questions of earlier attempts whose call has ended in the session. */
import { readFileSync } from "node:fs";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { blockOf, hasNotRun, parseLines } from "./transcript.ts";

/**
 * The keys of questions whose call has its result in the transcript. The journal may lack that
 * result, when the runner died before it could write it: the answer counts for no later call.
 */
export function settledQuestions(transcript: string, questions: readonly UnappliedQuestion[]): string[] {
  const open = questions.filter(({ toolUseId, agentId }) => toolUseId !== null && agentId === null);
  if (open.length === 0) return [];
  const ended = new Set<unknown>();
  for (const entry of parseLines(readFileSync(transcript, "utf8"))) {
    const result = blockOf(entry, "tool_result");
    if (result !== null && !hasNotRun(entry)) ended.add(result["tool_use_id"]);
  }
  return open.filter(({ toolUseId }) => ended.has(toolUseId)).map(({ key }) => key);
}
