/** Checks git, without which tasks have neither worktrees nor snapshots. */
import { GitProblem } from "../../git/git-problem.ts";
import { GitProgram } from "../../git/git-program.ts";
import { ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** @param env of the caller: its `PATH` counts. */
export async function checkGit(env: Readonly<Record<string, string | undefined>>): Promise<Check> {
  try {
    await new GitProgram(env).requireVersion();
    return ok("Git", "is there, for worktrees and snapshots");
  } catch (error) {
    if (!(error instanceof GitProblem)) throw error;
    const [what = "", ...fix] = error.message.split(/(?<=\.) /);
    return warn("Git", `${what.replace(/\.$/, "")}: tasks run without worktrees and snapshots`, fix.join(" ").replace(/\.$/, "") || null);
  }
}
