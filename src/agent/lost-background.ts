/**
 * Finds in the journal the background work of earlier attempts, which died with their processes.
 */
import { backgroundAfter, nameOfBackground } from "../domain/attempt/background.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { journalTail } from "./transcript.ts";

/** Notes after which the runner ends the background work. */
const endings: ReadonlySet<unknown> = new Set(["stop_requested", "cut_background"]);

/**
 * @param journal the task's journal, in which the present attempt has begun already.
 * @returns the names of work that Claude waits for in this session, and whose end it does not know;
 * empty: there is no such work.
 */
export function lostBackground(journal: string, sessionId: string): string[] {
  let live: string[] = [];
  let lost: string[] = [];
  let isStopping = false;
  for (const record of journalTail(journal)) {
    if (record["type"] === "worker" && record["subtype"] === "started") {
      lost = [...lost, ...live];
      live = [];
      isStopping = false;
    }
    // A stop also ends the background work: what ran before the stop counts.
    if (record["type"] === "worker") isStopping ||= endings.has(record["subtype"]);
    if (record["session_id"] !== sessionId) continue;
    if (record["type"] === "result" && isOwnResult(record)) lost = [];
    if (isStopping) continue;
    live = backgroundAfter(record)?.map(nameOfBackground) ?? live;
    // It ended, but the turn that reports it to Claude had not begun.
    if (record["subtype"] === "task_notification" && isEnd(record["status"])) lost = [...lost, String(record["summary"])];
  }
  return [...new Set(lost)];
}

function isEnd(status: unknown): boolean {
  return status === "completed" || status === "failed";
}

/**
 * The prompt that reports the loss to Claude, in place of a notification that can no longer come.
 */
export function promptAfterLoss(names: readonly string[]): string {
  const list = names.map((name) => `- ${name}`).join("\n");
  return (
    `The work in the background that you waited for was ended before you heard of its end, because its process died:\n${list}\n` +
    "Look at what it left, run again what is still needed, and then finish the task."
  );
}
