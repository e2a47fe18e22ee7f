/** A completed task whose files have snapshots in a real repository. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";
import { snapshotsOf } from "../../../testing/task-snapshots.ts";
import type { SnapshotSeries } from "../../../testing/task-snapshots.ts";

export const person: Caller = { scope: "admin", name: "socket" };

export interface Worked extends RealApi {
  readonly id: number;
  readonly snapshots: SnapshotSeries;
  /** Writes a file of the work tree. */
  write(name: string, text: string): void;
  /** Null: it is not there. */
  read(name: string): string | null;
  file(name: string): string;
}

/** The task has ended. No snapshot is taken yet. */
export async function worked(t: TestContext): Promise<Worked> {
  const real = realApi(t);
  const { api, store, corner } = real;
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await real.run(id, []);
  const attemptId = store.attempts.ofTask(id)[0]?.id ?? 0;
  const snapshots = await snapshotsOf(store, { id, directory: corner.work, home: corner.home, attemptId });
  const file = (name: string): string => path.join(corner.work, name);
  return {
    ...real,
    id,
    snapshots,
    file,
    write: (name, text) => void corner.file(`work/${name}`, text),
    read: (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : null),
  };
}
