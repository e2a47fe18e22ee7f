/**
 * Rewinds an ended task: its conversation ends with an earlier turn again, and where there are
 * snapshots its files are as they were then. The next attempt begins with a copy of the session up
 * to there, so every session stays as it is.
 */
import { randomUUID } from "node:crypto";
import type { Caller } from "../../contract/caller.ts";
import type { RewindInput } from "../../contract/operations/tasks.ts";
import type { PutBackInput } from "../../contract/operations/workspaces.ts";
import type { PutBackView } from "../../contract/views/workspace.ts";
import { sessionEnvironment } from "../../config/profile-environment.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task, TaskStatus } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { putBackToTurn } from "../workspaces/put-back-files.ts";
import type { PutBackContext } from "../workspaces/put-back-files.ts";
import { pointOfTurn } from "./copy-point.ts";
import type { CopyPoint } from "./copy-point.ts";
import { requireTask } from "./require-task.ts";

/** What a task does that has not ended. */
const doing: Partial<Record<TaskStatus, string>> = { pending: "waits to run", running: "runs", waiting: "waits for an answer" };

interface RewindContext extends PutBackContext {
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What became of the files: what was put back, or why they stay as they are, as a sentence. */
export type RewoundFiles = PutBackView | string;

/**
 * @param input.to the last turn of the conversation from now on.
 * @throws WorkerError not_found: no such task or turn; conflict: it has not ended or never began, a
 * message waits, no session has the turn any more, or the files cannot be put back; forbidden: an
 * agent's caller.
 */
export async function rewindTask(
  context: RewindContext,
  id: number,
  { to: turn, files: withFiles, ...input }: RewindInput,
  caller: Caller,
): Promise<{ readonly task: Task; readonly files: RewoundFiles }> {
  const { store } = context;
  if (isAgent(caller))
    throw new WorkerError("forbidden", `Agents do not rewind tasks. Ask the user to do it: claude-worker rewind ${id} --to ${turn}`);
  requireRewindable(store, requireTask(store, id));
  return await context.gate.with(id, "it is rewound", async () => {
    const task = requireTask(store, id);
    const point = await pointOfTurn(store, sessionEnvironment(context, task.profile), task, turn);
    // The files come first: where they cannot be put back, nothing has changed. A second rewind
    // after a kill in between finds them as they should be.
    const files = withFiles ? await putBack(context, id, turn, input, caller) : "They stay, as the request says.";
    return { task: input.dry_run ? requireTask(store, id) : await rewind(context, id, turn, point, caller), files };
  });
}

async function putBack(context: RewindContext, id: number, turn: number, input: PutBackInput, caller: Caller): Promise<RewoundFiles> {
  try {
    return await putBackToTurn(context, id, turn, input, caller);
  } catch (error) {
    if (!(error instanceof WorkerError) || (error.code !== "conflict" && error.code !== "untrusted_directory")) throw error;
    const alone = `To rewind the conversation alone: claude-worker rewind ${id} --to ${turn} --keep-files (REST: "files": false)`;
    throw new WorkerError(error.code, `${error.message} ${alone}`);
  }
}

async function rewind(
  { store, now }: RewindContext,
  id: number,
  turn: number,
  { sessionId: fromSession, entry }: CopyPoint<string>,
  caller: Caller,
): Promise<Task> {
  return await store.write(() => {
    const task = requireTask(store, id);
    const leftSession = requireRewindable(store, task);
    const at = now();
    const sessionId = randomUUID();
    const wasTurn = headOf(store, task);
    store.rewinds.insert({ sessionId, taskId: id, turn, fromSession, entry, leftSession, wasTurn, turns: task.numTurns ?? 0, at });
    const data = { turn, was_turn: wasTurn, session_id: sessionId, left_session_id: leftSession, from_session_id: fromSession };
    store.events.append(id, null, [{ type: "rewound", at, data: { ...doneBy(caller), ...data } }], null);
    const rewound = store.tasks.patch(id, at, { sessionId, resumable: true });
    if (rewound === null) throw new WorkerError("internal", `Task ${id} is gone in the middle of its own change.`);
    return rewound;
  });
}

/** The newest turn of the task's present conversation. */
function headOf({ rewinds }: Store, { sessionId, numTurns }: Task): number {
  const rewind = sessionId === null ? null : rewinds.get(sessionId);
  return rewind === null || (numTurns ?? 0) > rewind.turns ? (numTurns ?? 0) : rewind.turn;
}

/** @returns the session that it has now. */
function requireRewindable(store: Store, { id, status, sessionId }: Task): string {
  if (!isTerminal(status))
    throw new WorkerError(
      "conflict",
      `Task ${id} ${doing[status] ?? `is ${status}`}. Only an ended task can be rewound. Wait for its end, or end it: claude-worker cancel ${id}`,
    );
  if (sessionId === null) throw new WorkerError("conflict", `Task ${id} has no conversation to rewind. Run it: claude-worker retry ${id}`);
  const waits = store.messages.open(id).find((message) => message.status === "queued");
  if (waits === undefined) return sessionId;
  const ways = `Take it back (claude-worker unsend ${id} m${waits.id}), or let the task get it: claude-worker retry ${id} --resume`;
  throw new WorkerError("conflict", `Message m${waits.id} to task ${id} is not delivered yet. ${ways}`);
}
