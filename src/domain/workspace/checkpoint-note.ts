/** Reads the runner's note about a snapshot. */
import { arrayOf, countOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { checkpointReasons } from "./workspace.ts";
import type { ChangeCounts, Checkpoint } from "./workspace.ts";

export interface CheckpointNote extends Omit<Checkpoint, "taskId" | "attemptId" | "turn" | "at"> {
  /** The top of the work tree, and the common git directory. */
  readonly top: string;
  readonly repository: string;
  readonly isDirty: boolean;
  /** The model's message whose step it followed; null: it followed none of its attempt. */
  readonly message: string | null;
}

/** Null: it is not such a note. */
export function checkpointIn(note: JsonObject): CheckpointNote | null {
  if (note["type"] !== "worker" || note["subtype"] !== "checkpoint") return null;
  const reason = checkpointReasons.find((each) => each === note["reason"]);
  const [number, ref, commit, tree] = [countOf(note["number"]), ...["ref", "commit", "tree"].map((field) => stringOf(note[field]))];
  const [top, repository] = [stringOf(note["top"]), stringOf(note["repository"])];
  if (reason === undefined || number === null || ref == null || commit == null || tree == null || top === null || repository === null)
    return null;
  const leftOut = arrayOf(note["leftOut"])
    .map(objectOf)
    .map(({ path, why }) => ({ path: stringOf(path) ?? "", why: stringOf(why) ?? "" }));
  return {
    number,
    reason,
    ref,
    commit,
    tree,
    top,
    repository,
    head: stringOf(note["head"]),
    branch: stringOf(note["branch"]),
    isDirty: note["isDirty"] === true,
    message: stringOf(note["message"]),
    changes: countsIn(note["changes"]),
    leftOut,
    leftOutCount: countOf(note["leftOutCount"]) ?? leftOut.length,
  };
}

function countsIn(value: unknown): ChangeCounts | null {
  const { files, insertions, deletions } = objectOf(value);
  const counts = { files: countOf(files), insertions: countOf(insertions), deletions: countOf(deletions) };
  return counts.files === null ? null : { files: counts.files, insertions: counts.insertions ?? 0, deletions: counts.deletions ?? 0 };
}
