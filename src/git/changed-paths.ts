/** Lists the files that differ between two commits, with their lines. */
import type { FileChange, FileStatus } from "../domain/workspace/diff.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import type { Objects } from "./objects.ts";

/** Above this many new or deleted files no rename is looked for. */
const renameLimit = 400;
const timeoutMs = 60_000;

/** Every call that shows a difference finds the same renames, whatever the settings are. */
export const diffArguments = [
  "diff-tree",
  "-r",
  "-z",
  "-M",
  `-l${renameLimit}`,
  "--no-color",
  "--full-index",
  "--submodule=short",
  "--ignore-submodules=none",
] as const;

export interface ChangedFile extends FileChange {
  readonly bytes: BytePath;
  readonly oldBytes: BytePath | null;
}

const statuses: Readonly<Record<string, FileStatus>> = {
  A: "added",
  D: "deleted",
  M: "modified",
  R: "renamed",
  C: "copied",
  T: "type_changed",
};

/** In the order of git. @throws GitProblem. */
export async function changedFilesBetween(objects: Objects, from: string, to: string): Promise<ChangedFile[]> {
  return readChanges(await objects.run([...diffArguments, "--raw", "--numstat", from, to, "--"], { timeoutMs }));
}

/** Reads `--raw --numstat -z`: all entries, then the lines of each in the same order. */
export function readChanges(output: Buffer): ChangedFile[] {
  const parts = output.toString("latin1").split("\0");
  const { entries, next } = readEntries(parts, 0);
  let at = next;
  return entries.map((entry) => {
    const [added, removed, path] = (parts[at] ?? "").split("\t");
    at += path === "" ? 3 : 1;
    const isCounted = added !== undefined && added !== "-";
    return { ...entry, lines: isCounted ? { insertions: Number(added), deletions: Number(removed) } : null };
  });
}

/** Reads raw entries: `:100644 100644 … … M`, then one or two paths. */
export function readEntries(parts: readonly string[], from: number): { entries: ChangedFile[]; next: number } {
  const entries: ChangedFile[] = [];
  let at = from;
  for (; parts[at]?.startsWith(":") === true;) {
    const [oldMode = "", newMode = "", , , letter = ""] = (parts[at] ?? "").slice(1).split(" ");
    const isPair = letter.startsWith("R") || letter.startsWith("C");
    const [first, second] = [parts[at + 1] ?? "", parts[at + 2] ?? ""];
    const bytes = isPair ? second : first;
    const oldBytes = isPair ? first : null;
    entries.push({
      path: nameOf(bytes),
      bytes,
      oldPath: oldBytes === null ? null : nameOf(oldBytes),
      oldBytes,
      status: statuses[letter[0] ?? ""] ?? "modified",
      oldMode: modeOf(oldMode),
      newMode: modeOf(newMode),
      lines: null,
    });
    at += isPair ? 3 : 2;
  }
  return { entries, next: at };
}

function modeOf(mode: string): string | null {
  return /^0+$/.test(mode) ? null : mode;
}
