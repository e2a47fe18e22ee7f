/**
 * At the server's start ends processes that carry this data directory's marker and belong to no
 * open attempt, and removes sockets that no process serves.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { markersInUse } from "../processes/process-table.ts";
import { markerName, sweep } from "../processes/sweep.ts";
import type { Store } from "../store/store.ts";

export interface OrphanOptions {
  readonly store: Store;
  readonly log: Logger;
  /**
   * The prefix of this data directory's markers. Processes with other markers are never touched.
   */
  readonly idPrefix: string;
  readonly runDirectory: string;
}

/** Call it before this server starts runners. */
export async function endOrphans({ store, log, idPrefix, runDirectory }: OrphanOptions): Promise<void> {
  const known = new Set(store.attempts.open().map(({ runnerId }) => runnerId));
  const strangers = [...(await markersInUse(markerName))].filter((id) => id.startsWith(idPrefix) && !known.has(id));
  for (const runnerId of strangers) {
    const processes = await sweep(runnerId);
    // Not the whole command lines: the settings that their secrets came from are not known here.
    const named = processes.map(({ pid, command, signal }) => ({ pid, program: command.split(" ", 1)[0], signal }));
    if (named.length > 0) log.warn({ runnerId, processes: named }, "processes that no attempt owns were ended");
  }
  for (const name of readdirSync(runDirectory)) {
    const runnerId = /^r-(.+)\.sock$/.exec(name)?.[1];
    if (runnerId !== undefined && !known.has(runnerId)) rmSync(join(runDirectory, name), { force: true });
  }
}
