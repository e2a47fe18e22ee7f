/** Finds the questions of earlier attempts whose call has ended in the session. */
import { readFileSync } from "node:fs";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { cutResult } from "./deferred-call.ts";
import { blockOf, hasNotRun, isCutOff, parseLines } from "./transcript.ts";

/** What Claude reads as the result of a call that an interruption or our own repair has ended. */
const interruptions = ["[Request interrupted by user", cutResult];

/**
 * The keys of questions whose call has its result in the transcript. The journal may lack that
 * result, when the runner died before it could write it: the answer counts for no later call.
 */
export function settledQuestions(transcript: string, questions: readonly UnappliedQuestion[]): string[] {
  const asked = questions.filter(({ toolUseId, agentId }) => toolUseId !== null && agentId === null);
  if (asked.length === 0) return [];
  const ran = new Set<unknown>();
  const denied = new Set<unknown>();
  for (const entry of parseLines(readFileSync(transcript, "utf8"))) {
    const result = blockOf(entry, "tool_result");
    if (result === null) continue;
    if (!hasNotRun(entry)) ran.add(result["tool_use_id"]);
    else if (!isCutOff(entry) && !isInterruption(result["content"])) denied.add(result["tool_use_id"]);
  }
  return asked
    .filter(({ toolUseId, answer }) => ran.has(toolUseId) || (answer?.decision === "deny" && denied.has(toolUseId)))
    .map(({ key }) => key);
}

/** Of a call that has not run: its text is Claude Code's or ours, and no tool's. */
function isInterruption(content: unknown): boolean {
  return typeof content === "string" && interruptions.some((text) => content.startsWith(text));
}
