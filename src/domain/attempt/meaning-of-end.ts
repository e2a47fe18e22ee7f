/** Says what Claude Code's own words about a failed turn mean, taken together. */
import { hookTimedOut, startProblems } from "../events/record.ts";
import {
  assistantErrors,
  lookUp,
  meaningOfStatus,
  modelStops,
  noConnection,
  resultSubtypes,
  startupFailures,
  terminalReasons,
} from "../task/claude-words.ts";
import type { Meaning } from "../task/claude-words.ts";
import type { AttemptFacts, ResultFacts } from "./outcome.ts";

/**
 * What the words and the status of a failed turn mean; null: they say nothing. The most specific
 * word decides. A word that is not known is never taken for what is repeated.
 */
export function meaningOf(result: ResultFacts, facts: AttemptFacts): Meaning | null {
  const { startupFailure, terminalReason, apiErrorStatus: status, subtype } = result;
  if (startupFailure !== null) return lookUp<Meaning>(startupFailures, startupFailure) ?? unknownWord(startupFailure);
  const ending = terminalReason === null ? "api" : lookUp<unknown>(terminalReasons, terminalReason);
  if (isMeaning(ending)) return ending;
  const stop = stopOf(result);
  // An error has its own words, which say more.
  if (stop !== "finished" && !result.isError && ending !== undefined) return stop;
  const byWord = facts.apiError === null ? null : lookUp<Meaning | null>(assistantErrors, facts.apiError);
  if (byWord !== null && byWord !== undefined) return byWord;
  const byStatus = meaningOfStatus(status);
  if (ending === undefined) return named(terminalReason ?? "", byStatus);
  if (facts.apiError !== null && byWord === undefined) return named(facts.apiError, byStatus);
  if (!resultSubtypes.has(subtype)) return named(subtype, byStatus);
  if (byStatus !== null) return byStatus;
  if (facts.limit !== null) return assistantErrors.rate_limit;
  if (stop !== "finished") return stop;
  // An API error without a status is a connection that failed after all of Claude Code's own
  // retries.
  return terminalReason === "api_error" && status === null ? noConnection : null;
}

/** What the API's error word means where no result followed it; null: it says nothing. */
export function meaningWithoutResult(word: string | null): Meaning | null {
  if (word === null || ownWords.has(word)) return null;
  const known = lookUp<Meaning | null>(assistantErrors, word);
  return known === undefined ? unknownWord(word) : known;
}

/** Words of the runner, which are not Claude Code's. */
const ownWords: ReadonlySet<string> = new Set([...Object.values(startProblems), hookTimedOut]);

/**
 * What the model's stop reason means. An answer of Claude Code itself has no stop reason, and
 * neither has a result that was read from a session.
 */
export function stopOf({ stopReason }: ResultFacts): "finished" | Meaning {
  if (stopReason === null) return "finished";
  return lookUp<"finished" | Meaning>(modelStops, stopReason) ?? unknownWord(stopReason);
}

function isMeaning(ending: unknown): ending is Meaning {
  return typeof ending === "object" && ending !== null;
}

/**
 * An unknown word beside a status. A refused sign-in or a missing model is what the status says; a
 * status that would be repeated decides nothing.
 */
function named(word: string, byStatus: Meaning | null): Meaning {
  const isRepeated = byStatus === null || byStatus.kind === "rate_limited" || byStatus.kind === "overloaded";
  return isRepeated ? unknownWord(word) : { ...byStatus, what: `${byStatus.what} ("${word}")` };
}

/**
 * Handles a word of a newer Claude Code that is not in the tables: the task fails without a paid
 * retry, and the error names the word.
 */
function unknownWord(word: string): Meaning {
  return { kind: "agent_failed", what: `Claude Code ended with "${word}", which this Claude Worker does not know` };
}
