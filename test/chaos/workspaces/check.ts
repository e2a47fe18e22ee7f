/** What must be true of a world after each kill, looked at with plain git and on the disk. */
import { existsSync, readFileSync } from "node:fs";
import type { World } from "../world.ts";
import type { Deeds } from "./deeds.ts";
import { gitIn } from "./git.ts";

/** @returns a sentence for each thing that is wrong. */
export function checkWorld(world: World, deeds: Deeds, { isAtRest = false } = {}): string[] {
  const git = gitIn(world.place.work);
  const found: string[] = [];
  const attempt = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      found.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  attempt("fsck", () => void git("fsck", "--strict", "--no-dangling", "--connectivity-only"));
  if (git("symbolic-ref", "--short", "HEAD") !== "main") found.push("the checkout is not on main");
  for (const commit of deeds.commits)
    attempt(`the person's commit ${commit} is not in main`, () => void git("merge-base", "--is-ancestor", commit, "main"));
  if (git("diff", "--cached", "--name-only") !== "") found.push(`the checkout's index differs: ${git("status", "--porcelain")}`);
  for (const [file, text] of deeds.untouchable)
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) found.push(`${file} is not as the person left it`);
  for (const line of git("for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n"))
    if (!/^(main|side|cw\/\d+-[a-z0-9-]+)$/.test(line)) found.push(`there is a branch ${line}`);
  if (isAtRest) {
    const scratch = git("worktree", "list", "--porcelain")
      .split("\n")
      .filter((line) => /^worktree .*\/\.(scratch-|land-)/.test(line));
    for (const line of scratch) found.push(`${line} is left`);
  }
  return [...found, ...deeds.contents.missing(world)];
}
