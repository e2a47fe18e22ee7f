/** Finds the questions of earlier attempts whose call has ended in the session. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { UnappliedQuestion } from "../domain/questions/question.ts";
import { askingResult, cutResult } from "./deferred-call.ts";
import { blockOf, hasNotRun, isCutOff, parseLines } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

/** What Claude reads as the result of a call that an interruption or our own repair has ended. */
const interruptions = ["[Request interrupted by user", cutResult, askingResult];

/**
 * The keys of questions whose call has its result in the session. The journal may lack that result,
 * when the runner died before it could write it: the answer counts for no later call.
 * @param journal the records of the journal.
 */
export function settledQuestions(transcript: string, questions: readonly UnappliedQuestion[], journal: readonly Json[]): string[] {
  const asked = questions.filter(({ toolUseId }) => toolUseId !== null);
  if (asked.length === 0) return [];
  const given = new Set(journal.filter(({ subtype }) => subtype === "question_answered").map(({ key }) => key));
  const ran = new Set<unknown>();
  const denied = new Set<unknown>();
  for (const entry of [transcript, ...helpersOf(transcript)].flatMap((file) => parseLines(readFileSync(file, "utf8")))) {
    const result = blockOf(entry, "tool_result");
    if (result === null) continue;
    if (!hasNotRun(entry)) ran.add(result["tool_use_id"]);
    else if (!isCutOff(entry) && !isInterruption(result["content"])) denied.add(result["tool_use_id"]);
  }
  return asked
    .filter(({ key, kind, toolUseId, answer }) => {
      // Without its runner a call that sent a form continues without an answer.
      if (kind === "elicitation") return given.has(key) && ran.has(toolUseId);
      return ran.has(toolUseId) || (answer?.decision === "deny" && denied.has(toolUseId));
    })
    .map(({ key }) => key);
}

/** The transcripts of the session's sub-agents. */
function helpersOf(transcript: string): string[] {
  const directory = path.join(transcript.replace(/\.jsonl$/, ""), "subagents");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => path.join(directory, name));
}

/** Of a call that has not run: its text is Claude Code's or ours, and no tool's. */
function isInterruption(content: unknown): boolean {
  return typeof content === "string" && interruptions.some((text) => content.startsWith(text));
}
