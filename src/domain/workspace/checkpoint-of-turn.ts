/** Finds the snapshot with a task's files as they were after one of its turns. */
import type { Checkpoint, CheckpointReason } from "./workspace.ts";

/** These have files that a person, or a rewind, put back. */
const putBack: ReadonlySet<CheckpointReason> = new Set(["restore", "restored"]);

/**
 * A turn without a snapshot changed nothing, or the next one followed too soon: then it is the last
 * one before.
 * @param checkpoints of the task, oldest first.
 * @returns null: there is none so early.
 */
export function checkpointOfTurn(checkpoints: readonly Checkpoint[], turn: number): Checkpoint | null {
  // Turns after a rewind have higher numbers, and their attempt begins with files that were put
  // back.
  const next = checkpoints.findIndex((each) => each.turn > turn || (putBack.has(each.reason) && each.turn >= turn));
  return checkpoints.slice(0, next === -1 ? undefined : next).at(-1) ?? null;
}
