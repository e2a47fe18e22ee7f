/** Counts what differs between two commits or trees: files and lines. */
import type { ChangeCounts } from "../domain/workspace/workspace.ts";
import type { Git } from "./git.ts";

/** A renamed file counts once, as in `git diff --stat`. Above this many none is looked for. */
const renameLimit = 400;

/** @throws GitProblem. */
export async function countChanges(git: Git, from: string, to: string, timeoutMs: number): Promise<ChangeCounts> {
  const args = ["diff-tree", "-r", "-z", "--numstat", "-M", `-l${renameLimit}`, from, to, "--"];
  return countsIn(await git.run(args, { timeoutMs }));
}

/** Reads `--numstat -z`: `1\t2\tpath`, or `1\t2\t`, old and new path. Binary files have `-`. */
export function countsIn(output: Buffer): ChangeCounts {
  const parts = output.toString("latin1").split("\0");
  let [files, insertions, deletions] = [0, 0, 0];
  for (let at = 0; at < parts.length; at += 1) {
    const [added, removed, path] = (parts[at] ?? "").split("\t");
    if (added === undefined || removed === undefined || path === undefined) continue;
    files += 1;
    insertions += Number(added) || 0;
    deletions += Number(removed) || 0;
    if (path === "") at += 2;
  }
  return { files, insertions, deletions };
}
