/** Recognises what the Agent SDK says when it cannot start Claude Code at all. */
import { startProblems } from "../domain/events/record.ts";
import type { RunnerNote } from "../domain/events/record.ts";

/**
 * How the Agent SDK says that its binary is missing (a wrong path; a package that was not
 * installed) or does not start on this system.
 */
const noBinary = /^(Claude Code native binary|Native CLI binary for)/;

/** The runner's note for it; null: Claude Code was started. @param thrown without secrets. */
export function noClaudeNote(thrown: string | null): RunnerNote | null {
  if (thrown === null || !noBinary.test(thrown)) return null;
  return { type: "worker", subtype: "gave_up", error: startProblems.noClaude, text: firstSentence(thrown) };
}

function firstSentence(text: string): string {
  return `${text.split(/\.\s/, 1)[0]?.replace(/\.$/, "") ?? text}.`;
}
