/**
 * Finds in the journal what earlier attempts left at work in the background: it died with their
 * processes.
 */
import { backgroundAfter, nameOfBackground } from "../domain/attempt/background.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { journalTail } from "./transcript.ts";

/** Notes after which what ends was ended by us. */
const endings: ReadonlySet<unknown> = new Set(["stop_requested", "cut_background"]);

/**
 * @param journal the task's journal, in which the present attempt has begun already.
 * @returns the names of what Claude waited for in this session and has not heard of since; none: it
 * waits for nothing.
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
    // A stop ends the background, too: what counts is what ran before.
    if (record["type"] === "worker") isStopping ||= endings.has(record["subtype"]);
    if (record["session_id"] !== sessionId) continue;
    if (record["type"] === "result" && isOwnResult(record)) lost = [];
    if (isStopping) continue;
    live = backgroundAfter(record)?.map(nameOfBackground) ?? live;
    // It ended, but the turn in which Claude hears of it had not begun.
    if (record["subtype"] === "task_notification" && isEnd(record["status"])) lost = [...lost, String(record["summary"])];
  }
  return [...new Set(lost)];
}

function isEnd(status: unknown): boolean {
  return status === "completed" || status === "failed";
}

/** What Claude is told of it, in the place of a notification that cannot come any more. */
export function promptAfterLoss(names: readonly string[]): string {
  const list = names.map((name) => `- ${name}`).join("\n");
  return (
    `The work in the background that you waited for was ended before you heard of its end, because its process died:\n${list}\n` +
    "Look at what it left, run again what is still needed, and then finish the task."
  );
}
