/** Tells which files a task changed since one of its snapshots, and which ones others did. */
import type { Stretch } from "../domain/workspace/stretches.ts";
import type { BytePath } from "./changed-files.ts";
import type { Objects } from "./objects.ts";
import { pathsBetween } from "./path-list.ts";

export interface ChangesSince {
  readonly ofTask: ReadonlySet<BytePath>;
  readonly ofOthers: ReadonlySet<BytePath>;
}

/** A file can be in both. @throws GitProblem. */
export async function changesSince(objects: Objects, stretches: readonly Stretch[]): Promise<ChangesSince> {
  const [ofTask, ofOthers] = [new Set<BytePath>(), new Set<BytePath>()];
  for (const { from, to, isOfTask } of stretches) {
    for (const each of await pathsBetween(objects, from, to)) (isOfTask ? ofTask : ofOthers).add(each);
  }
  return { ofTask, ofOthers };
}
