/** Makes the events of a worktree's set-up from notes, and reads its run from them. */
import { cutString } from "../text/cut-json.ts";
import { lastLines } from "../text/last-lines.ts";
import { plainText } from "../text/plain-text.ts";
import { arrayOf, countOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { maxSetupCharacters } from "../workspace/repository-setup.ts";
import { setupCacheSteps, setupStates } from "../workspace/setup.ts";
import type { SetupState } from "../workspace/setup.ts";
import { mark, notice, word, words } from "./event-draft.ts";
import type { EventData, EventDraft } from "./event.ts";

/** How much of the command's output an event has. */
const maxOutput = 8_000;
/** How many names a notice has. */
const maxNames = 20;

export const setupEndStates = setupStates.filter((state) => state !== "running");

export function setupStartedEvent(note: JsonObject): EventDraft<"setup_started"> {
  const cut = cutString(stringOf(note["command"]) ?? "", maxSetupCharacters);
  return { type: "setup_started", data: { command: cut.value, ...mark(cut.truncated) } };
}

export function setupEndedEvent(note: JsonObject): EventDraft<"setup_ended"> {
  const cut = cutString(stringOf(note["command"]) ?? "", maxSetupCharacters);
  const output = plainText(stringOf(note["output"]) ?? "");
  const data: EventData["setup_ended"] = {
    command: cut.value,
    state: setupEndStates.find((state) => state === note["state"]) ?? "failed",
    exit_code: countOf(note["exitCode"]),
    reason: word(note["reason"]),
    output_tail: lastLines(output, { characters: maxOutput }),
    output_bytes: countOf(note["outputBytes"]) ?? 0,
    took_ms: countOf(note["tookMs"]) ?? 0,
    ...mark(cut.truncated || output.length > maxOutput),
  };
  return { type: "setup_ended", data };
}

/** Nothing is said of patterns that name no file. */
export function includedEvents(note: JsonObject): EventDraft<"notice">[] {
  const files = countOf(note["files"]) ?? 0;
  const leftOut = countOf(note["leftOutCount"]) ?? 0;
  if (files + leftOut === 0) return [];
  const names = arrayOf(note["leftOut"])
    .slice(0, maxNames)
    .map(objectOf)
    .map(({ path, why }) => ({ path: word(path) ?? "", why: word(why) ?? "" }));
  const [first] = names;
  const missing =
    first === undefined ? "" : `; ${leftOut} left out: ${first.path} ${first.why}${leftOut > 1 ? `, and ${leftOut - 1} more` : ""}`;
  const text = `${files} ignored ${files === 1 ? "file was" : "files were"} copied as .worktreeinclude says${missing}`;
  const counts = { files, bytes: countOf(note["bytes"]) ?? 0, took_ms: countOf(note["tookMs"]) ?? 0 };
  return [notice("files_included", text, { ...counts, left_out: names, left_out_count: leftOut })];
}

export function setupCacheEvent(note: JsonObject): EventDraft<"notice"> {
  const what = setupCacheSteps.find((step) => step === note["what"]) ?? "not_used";
  const paths = words(note["paths"]).slice(0, maxNames);
  return notice("setup_cache", note["text"], { what, paths, took_ms: countOf(note["tookMs"]) ?? 0 });
}

/** How the command ended, in words. */
export function setupLine({ state, exit_code: code, reason }: EventData["setup_ended"]): string {
  const states: Readonly<Record<Exclude<SetupState, "running">, string>> = {
    passed: "done",
    failed: reason === null ? `ended with exit code ${code ?? "?"}` : `failed: ${reason}`,
    stopped: "stopped",
  };
  return states[state];
}
