/**
 * Warns of remotes to which a plain `git push` also takes the snapshots of tasks, and of those
 * whose `git fetch --prune` deletes them.
 */
import { plainLine } from "../../domain/text/plain-text.ts";
import { Git } from "../../git/git.ts";
import { GitProblem } from "../../git/git-problem.ts";
import { GitProgram } from "../../git/git-program.ts";
import { warn } from "./check.ts";
import type { Check } from "./check.ts";

const timeoutMs = 5_000;

/**
 * @param directory where `doctor` was called: its repository counts.
 * @returns nothing outside of a repository, and where no such remote is.
 */
export async function checkMirrors(directory: string, env: Readonly<Record<string, string | undefined>>): Promise<Check[]> {
  const git = new Git(new GitProgram(env), directory);
  try {
    const mirrors = await namesOf(git, ["--type=bool", "--get-regexp", "^remote\\..*\\.mirror$"], (value) => value === "true");
    const wide = await namesOf(git, ["--get-regexp", "^remote\\..*\\.push$"], (value) => /^\+?refs\/\*:/.test(value));
    const taken = await namesOf(git, ["--get-regexp", "^remote\\..*\\.fetch$"], (value) => /^\+?refs\/\*:refs\/\*$/.test(value));
    const pruned = [...new Set(taken)].map((name) => {
      const shown = plainLine(name, 200);
      return warn(
        "Git remote",
        `git fetch --prune ${shown} also deletes refs/claude-worker: the snapshots of tasks`,
        `Fetch branches into a place of their own: git config remote.${shown}.fetch "+refs/heads/*:refs/remotes/${shown}/*"`,
      );
    });
    const published = [...new Set([...mirrors, ...wide])].map((name) => {
      const shown = plainLine(name, 200);
      return warn(
        "Git remote",
        `git push ${shown} also publishes refs/claude-worker: the snapshots of tasks, with files that were never committed`,
        `Push branches by name (git push ${shown} BRANCH), or take this out of the remote's configuration (git config edit): mirror, or push = refs/*:refs/*`,
      );
    });
    return [...published, ...pruned];
  } catch (error) {
    // No repository, or no git: tasks say so where they need it.
    if (error instanceof GitProblem) return [];
    throw error;
  }
}

/** The remotes whose setting has such a value. */
async function namesOf(git: Git, args: readonly string[], isMeant: (value: string) => boolean): Promise<string[]> {
  const found = (await git.find(["config", "-z", ...args], { isPlain: true, timeoutMs })) ?? "";
  return found.split("\0").flatMap((entry) => {
    const [key = "", ...value] = entry.split("\n");
    return isMeant(value.join("\n")) ? [key.slice("remote.".length, key.lastIndexOf("."))] : [];
  });
}
