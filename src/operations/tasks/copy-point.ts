/**
 * Finds up to where a copy takes a task's conversation: to its present end, or to the end of a
 * turn. Reads transcripts, so it runs before a write of the store.
 */
import { findTranscript } from "../../config/claude-transcript.ts";
import { entryOfMessage, lastEntry } from "../../config/transcript-entry.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";

/** What is copied of a session. */
export interface CopyPoint<Entry = string | null> {
  readonly sessionId: string;
  /** The last line, by its UUID; null: all lines. */
  readonly entry: Entry;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The conversation of a session as it is now. A rewound one may not have been copied yet. */
export async function presentPoint(store: Store, env: Env, sessionId: string): Promise<CopyPoint> {
  const transcript = findTranscript(env, sessionId);
  const rewind = transcript === null ? store.rewinds.get(sessionId) : null;
  if (rewind !== null) return { sessionId: rewind.fromSession, entry: rewind.entry };
  return { sessionId, entry: transcript === null ? null : await lastEntry(transcript) };
}

/**
 * The end of a turn, in the newest session that has it.
 * @throws WorkerError not_found: the task has no such turn; conflict: no session has it any more.
 */
export async function pointOfTurn(store: Store, env: Env, task: Task, turn: number): Promise<CopyPoint<string>> {
  const messageId = store.turns.messageOf(task.id, turn);
  if (messageId === null) throw noTurn(task, turn);
  const sessions = [...store.attempts.ofTask(task.id).map(({ sessionId }) => sessionId), task.sessionId];
  for (const sessionId of new Set(sessions.toReversed())) {
    if (sessionId === null) continue;
    const transcript = findTranscript(env, sessionId);
    const entry = transcript === null ? null : await entryOfMessage(transcript, messageId);
    if (entry !== null) return { sessionId, entry };
  }
  throw new WorkerError(
    "conflict",
    `Turn ${turn} of task ${task.id} is in no session: a kill cut it off, or Claude Code has deleted the session. Choose another turn: claude-worker logs ${task.id}`,
  );
}

function noTurn({ id, numTurns }: Task, turn: number): WorkerError {
  const which =
    numTurns === null || numTurns === 0 ? "it has none yet" : numTurns === 1 ? "it has only turn 1" : `it has turns 1 to ${numTurns}`;
  return new WorkerError("not_found", `Task ${id} has no turn ${turn}: ${which}. See them: claude-worker logs ${id}`);
}
