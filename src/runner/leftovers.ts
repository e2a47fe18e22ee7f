/** Ends the processes that the agent left, and says in notes which these were. */
import type { RunnerNote } from "../domain/events/record.ts";
import { detachedCommands } from "../processes/detached.ts";
import { sweep } from "../processes/sweep.ts";

/** Time between SIGTERM and SIGKILL. */
const graceMs = 1_000;

export interface LeftoverOptions {
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
  /** Whether commands that Claude left running on purpose are named. */
  readonly namesDetached: boolean;
}

/** Ends everything below this runner but the runner itself. */
export async function endLeftovers(runnerId: string, { isAdopting, namesDetached }: LeftoverOptions): Promise<RunnerNote[]> {
  const tree = { root: process.pid, adopting: isAdopting() };
  const detached = namesDetached ? await detachedCommands(runnerId, tree) : [];
  const processes = await sweep(runnerId, { ...tree, graceMs });
  if (processes.length === 0) return [];
  const ended = detached.filter(({ pid }) => processes.some((each) => each.pid === pid));
  const swept: RunnerNote = { type: "worker", subtype: "swept", processes };
  return ended.length === 0 ? [swept] : [swept, { type: "worker", subtype: "cut_background", names: ended.map(({ command }) => command) }];
}
