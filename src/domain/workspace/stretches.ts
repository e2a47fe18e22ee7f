/**
 * Tells a task's changes from those of others, as far as its checkpoints show it: what changed
 * between attempts, and after the last one, is not the task's.
 */
import type { Checkpoint, CheckpointReason } from "./workspace.ts";

/** Two snapshots, and whether the task made what differs between them. */
export interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly isOfTask: boolean;
}

/** These are taken when the task did not work since the checkpoint before. */
const afterOthers: ReadonlySet<CheckpointReason> = new Set(["start", "restore"]);

/**
 * What happened since a checkpoint, oldest first.
 * @param checkpoints of the task, oldest first. @param present the commit with the files as they
 * are now.
 */
export function stretchesSince(checkpoints: readonly Checkpoint[], number: number, present: string): Stretch[] {
  const since = checkpoints.filter((each) => each.number >= number);
  const stretches: Stretch[] = [];
  const add = (next: Stretch): void => {
    const last = stretches.at(-1);
    if (last?.isOfTask === next.isOfTask) stretches.splice(-1, 1, { ...last, to: next.to });
    else if (next.from !== next.to) stretches.push(next);
  };
  for (const [at, { commit: to, reason }] of since.entries()) {
    const before = since[at - 1];
    if (before !== undefined) add({ from: before.commit, to, isOfTask: !afterOthers.has(reason) });
  }
  const last = since.at(-1);
  if (last !== undefined) add({ from: last.commit, to: present, isOfTask: false });
  return stretches;
}
