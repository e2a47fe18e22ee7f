/** Finds the work tree and the repository that a directory is in. */
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import type { Git } from "./git.ts";
import { bareSentence, GitProblem } from "./git-problem.ts";

/** A work tree and its repository. All paths are absolute. */
export interface Repository {
  /** Git at the top of the work tree. */
  readonly git: Git;
  readonly top: string;
  /** The directory below `top` that was asked for; empty: it is `top`. */
  readonly prefix: string;
  /** Git's files of this work tree. */
  readonly gitDirectory: string;
  /** Git's files that all work trees of the repository share. */
  readonly commonDirectory: string;
}

/**
 * Looks where a directory is.
 * @param git in the directory, which is a real path.
 * @throws GitProblem `not_a_repository`, `bare`, `foreign_owner`, `missing`, `too_old` …
 */
export async function openRepository(git: Git): Promise<Repository> {
  const { directory } = git;
  const asked = ["--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir", "--show-prefix"];
  const said = await git.text(["rev-parse", "--path-format=absolute", ...asked], { isPlain: true });
  const [isBare, isInside, gitDirectory, commonDirectory, prefix, ...more] = said.split("\n");
  if (isBare === "true") throw new GitProblem("bare", bareSentence(directory));
  if (more.length > 0 || gitDirectory === undefined || commonDirectory === undefined)
    throw new GitProblem("failed", `${plainLine(directory, 1000)} has a line break in its path, which git cannot report. Rename it.`);
  const below = (prefix ?? "").replace(/\/$/, "");
  const top = below === "" ? directory : directory.slice(0, -below.length - 1);
  if (isInside !== "true" || path.join(top, below) !== directory)
    throw new GitProblem(
      "not_a_repository",
      `${plainLine(directory, 1000)} lies outside of the files of its repository. Choose another directory.`,
    );
  return { git: git.atWorkTree(top), top, prefix: below, gitDirectory, commonDirectory };
}

/** A path relative to the top of a work tree; empty for one outside of it. */
export function pathBelow(file: string, top: string): string[] {
  const relative = path.relative(top, file);
  return relative === "" || relative.split(path.sep, 1)[0] === ".." || path.isAbsolute(relative) ? [] : [relative];
}

/**
 * The commit that a revision names.
 * @returns null when it names none. @throws GitProblem.
 */
export async function commitOf({ git }: Repository, revision: string): Promise<string | null> {
  return await git.find(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`], { isPlain: true });
}
