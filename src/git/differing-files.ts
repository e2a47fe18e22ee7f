/** Lists the files of some patterns that differ between two states, or that git overlooks. */
import { lstatSync } from "node:fs";
import path from "node:path";
import type { Git } from "./git.ts";

/** A file that differs: `M` changed, `A` new, `D` gone, and so on, as git says it. */
export interface DifferingFile {
  readonly how: string;
  /** Relative to the directory that git runs in. */
  readonly path: string;
}

/** Patterns are git's globs, relative to the directory, which may lie below the one of git. */
export function pathspecs(patterns: readonly string[], prefix = ""): string[] {
  const below = prefix === "" ? "" : `${prefix.replaceAll(/[*?[\\]/g, String.raw`\$&`)}/`;
  return patterns.map((pattern) => `:(glob)${below}${pattern}`);
}

/**
 * Between two commits or trees. A renamed file is one that is gone and one that is new.
 * @throws GitProblem.
 */
export async function differingFiles(git: Git, from: string, to: string, patterns: readonly string[]): Promise<DifferingFile[]> {
  const args = [
    "diff-tree",
    "-r",
    "-z",
    "--name-status",
    "--no-renames",
    "--ignore-submodules=none",
    "--relative",
    from,
    to,
    "--",
    ...pathspecs(patterns),
  ];
  const parts = (await git.run(args)).toString("utf8").split("\0");
  const files: DifferingFile[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) files.push({ how: parts[at] ?? "", path: parts[at + 1] ?? "" });
  return files;
}

/**
 * Files in the work tree that the index hides (`assume-unchanged`, `skip-worktree`): a snapshot
 * does not show what becomes of them. @throws GitProblem.
 */
export async function hiddenFiles(git: Git, patterns: readonly string[]): Promise<string[]> {
  const entries = (await git.run(["ls-files", "-v", "-z", "--", ...pathspecs(patterns)])).toString("utf8").split("\0");
  const hidden = entries.filter((entry) => /^[a-zS] /.test(entry)).map((entry) => entry.slice(2));
  return hidden.filter((file) => lstatSync(path.join(git.directory, file), { throwIfNoEntry: false }) !== undefined);
}
