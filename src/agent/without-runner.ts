/**
 * Takes back what Claude Code added to a session after its runner had died. It then ends each call
 * that waits for a person by itself, without the answer, and may end the turn.
 */
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { objectOf } from "../domain/text/read-json.ts";
import type { OpenCalls } from "./open-calls.ts";
import { blockOf, hasNotRun, isCutOff, isOfMainThread, parseLines } from "./transcript.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Removes from the transcript what follows from the end of these calls, so that they are open
 * again. Keeps the old file beside it. Leaves all as it is where a later call has run or a message
 * was taken: neither must be lost. No other process may write to the transcript meanwhile.
 *
 * A new branch of the conversation is not enough: Claude Code continues at the newest leaf, and
 * finds the first result of a call wherever it stands (measured with 2.1.332).
 * @returns whether there was anything to take back.
 */
export function takeBackWithoutRunner(transcript: string, calls: OpenCalls): boolean {
  if (calls.deciding.size === 0 && calls.asking.size === 0) return false;
  const entries = parseLines(readFileSync(transcript, "utf8"));
  const at = entries.findIndex((entry) => isEnd(entry, calls));
  const [kept, taken] = [entries.slice(0, at), entries.slice(at)];
  if (at === -1 || taken.some((entry) => mustStay(entry, calls))) return false;
  // What was spent counts on.
  const lines = [...kept, ...taken.filter(({ type }) => type === "cost-state")];
  const next = `${transcript}.part`;
  rmSync(next, { force: true });
  writeFileSync(next, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600, flag: "wx" });
  copyFileSync(transcript, `${transcript}.set-aside-${Date.now()}`);
  renameSync(next, transcript);
  return true;
}

/** Whether the line ends one of the calls, without a runner. */
function isEnd(entry: Json, { deciding, asking }: OpenCalls): boolean {
  if (!isOfMainThread(entry)) return false;
  const id = blockOf(entry, "tool_result")?.["tool_use_id"];
  return asking.has(id) ? !hasNotRun(entry) : deciding.has(id) && isCutOff(entry);
}

/** Whether the line has the result of a call that has run, or a message of a person. */
function mustStay(entry: Json, { asking }: OpenCalls): boolean {
  if (!isOfMainThread(entry)) return false;
  const result = blockOf(entry, "tool_result");
  if (entry["type"] === "attachment") return typeof objectOf(entry["attachment"])["source_uuid"] === "string";
  return entry["type"] === "user" && (result === null || !(hasNotRun(entry) || asking.has(result["tool_use_id"])));
}
