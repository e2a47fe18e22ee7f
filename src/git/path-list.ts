/** Lists files of snapshots with their modes and contents. */
import type { BytePath } from "./changed-files.ts";
import type { Objects } from "./objects.ts";

const timeoutMs = 60_000;

export interface FileEntry {
  /** Git's mode, e.g. `100644`. */
  readonly mode: string;
  readonly blob: string;
}

/** Every file of a commit. @throws GitProblem. */
export async function filesOf(objects: Objects, commit: string): Promise<Map<BytePath, FileEntry>> {
  const output = await objects.run(["ls-tree", "-r", "-z", "--full-tree", commit], { timeoutMs });
  const files = new Map<BytePath, FileEntry>();
  for (const line of output.toString("latin1").split("\0")) {
    const end = line.indexOf("\t");
    const [mode, , blob] = line.slice(0, end).split(" ");
    if (end !== -1 && mode !== undefined && blob !== undefined) files.set(line.slice(end + 1), { mode, blob });
  }
  return files;
}

/** The paths that differ between two commits. @throws GitProblem. */
export async function pathsBetween(objects: Objects, from: string, to: string): Promise<BytePath[]> {
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none", from, to, "--"];
  const output = await objects.run(args, { timeoutMs });
  return output
    .toString("latin1")
    .split("\0")
    .filter((path) => path !== "");
}
