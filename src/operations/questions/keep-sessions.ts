/**
 * Keeps the transcripts of tasks that wait without a process: Claude Code deletes those that have
 * not changed for some time (`cleanupPeriodDays`, 30 days by default).
 */
import { utimesSync } from "node:fs";
import { findTranscript } from "../../config/claude-transcript.ts";
import type { Store } from "../../store/store.ts";

/** Tasks that are read at once. Few, as each comes with its whole row. */
const page = 50;

export interface KeptSessions {
  /** How many tasks were looked at. */
  readonly tasks: number;
  /** How many of them had a transcript. */
  readonly kept: number;
}

/**
 * Sets the time of change of each such transcript to `now`.
 * @param envOf the environment of a profile's tasks: it decides where Claude Code keeps its files.
 */
export function keepSessions(
  store: Store,
  envOf: (profile: string) => Readonly<Record<string, string | undefined>>,
  now: number,
): KeptSessions {
  let [looked, kept] = [0, 0];
  let cursorId: number | undefined;
  for (;;) {
    const tasks = store.tasks.list({ statuses: ["waiting"], limit: page, ...(cursorId === undefined ? {} : { cursorId }) });
    for (const { openAttemptId, sessionId, profile } of tasks) {
      const transcript = openAttemptId !== null || sessionId === null ? null : findTranscript(envOf(profile), sessionId);
      if (transcript === null) continue;
      if (touch(transcript, now)) kept += 1;
    }
    looked += tasks.length;
    if (tasks.length < page) return { tasks: looked, kept };
    cursorId = tasks.at(-1)?.id;
  }
}

/** @returns false: it is gone by now, or it is another user's. The others are kept all the same. */
function touch(transcript: string, now: number): boolean {
  try {
    utimesSync(transcript, new Date(now), new Date(now));
    return true;
  } catch {
    return false;
  }
}
