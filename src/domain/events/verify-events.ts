/** Makes the events of verify commands from notes, and reads from them how the commands ended. */
import { cutString } from "../text/cut-json.ts";
import { lastLines } from "../text/last-lines.ts";
import { plainText } from "../text/plain-text.ts";
import { amountOf, countOf, numberOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { maxVerifyCharacters } from "../verification/verify-command.ts";
import { verifyStates } from "../verification/verify-result.ts";
import type { VerifyResult } from "../verification/verify-result.ts";
import { mark, word } from "./event-draft.ts";
import type { EventBody, EventData, EventDraft } from "./event.ts";

/** How much of a verify command's output an event has. */
const maxOutput = 8_000;

export function verifyStartedEvent(note: JsonObject): EventDraft<"verify_started"> {
  const cut = cutString(stringOf(note["command"]) ?? "", maxVerifyCharacters);
  return {
    type: "verify_started",
    data: { name: word(note["name"]) ?? "", command: cut.value, ...baselineOf(note), ...mark(cut.truncated) },
  };
}

export function verifyEndedEvent(note: JsonObject): EventDraft<"verify_ended"> {
  const cut = cutString(stringOf(note["command"]) ?? "", maxVerifyCharacters);
  const output = plainText(stringOf(note["output"]) ?? "");
  const data: EventData["verify_ended"] = {
    name: word(note["name"]) ?? "",
    command: cut.value,
    state: verifyStates.find((state) => state === note["state"]) ?? "unavailable",
    exit_code: countOf(note["exitCode"]),
    reason: word(note["reason"]),
    output_tail: lastLines(output, { characters: maxOutput }),
    output_bytes: countOf(note["outputBytes"]) ?? 0,
    took_ms: countOf(note["tookMs"]) ?? 0,
    tree: word(note["tree"]),
    ...costOf(note),
    ...scoreOf(note),
    ...baselineOf(note),
    ...mark(cut.truncated || output.length > maxOutput),
  };
  return { type: "verify_ended", data };
}

function costOf({ costUsd }: JsonObject): { cost_usd?: number } {
  const cost = amountOf(costUsd);
  return cost === null ? {} : { cost_usd: cost };
}

function scoreOf({ score }: JsonObject): { score?: number } {
  const value = numberOf(score);
  return value === null ? {} : { score: value };
}

/** What the runner says about the files of a loop's best iteration. */
export function iterationKeptEvent(note: JsonObject): EventDraft<"iteration_kept"> {
  return {
    type: "iteration_kept",
    data: {
      iteration: countOf(note["iteration"]) ?? 0,
      checkpoint: countOf(note["checkpoint"]) ?? 0,
      is_kept: note["isKept"] === true,
      reason: word(note["reason"]),
      changed_files: countOf(note["changedFiles"]) ?? 0,
      tree: word(note["tree"]),
    },
  };
}

function baselineOf({ baseline }: JsonObject): { baseline?: true } {
  return baseline === true ? { baseline } : {};
}

/** The result that an event reports. */
export function verifyResult(data: EventData["verify_ended"]): VerifyResult {
  const { name, command, state, exit_code: exitCode, reason, output_tail: output, score } = data;
  return { name, command, state, exitCode, reason, output, ...(score === undefined ? {} : { score }) };
}

/**
 * How the verify commands of an attempt ended after the work, in order.
 * @param failedBefore the names of those that failed before Claude began, too.
 */
export function resultsIn(events: readonly EventBody[], failedBefore: ReadonlySet<string> = new Set()): VerifyResult[] {
  return events.flatMap(({ type, data }) => {
    if (type !== "verify_ended" || data.baseline === true) return [];
    return [{ ...verifyResult(data), ...(failedBefore.has(data.name) ? { failedBefore: true as const } : {}) }];
  });
}
