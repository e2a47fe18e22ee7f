/** Reads what runs by itself once Claude Code works in a directory. */
import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { autoRunsIn } from "../domain/task/auto-runs.ts";
import type { SeenRun } from "../domain/task/auto-runs.ts";
import { textIn } from "./broken-file.ts";
import { settingsFiles } from "./claude-settings-files.ts";

/**
 * The user's own settings are left out: they are the same everywhere. Files go by their name, not
 * by their place, so a worktree has the same as its checkout.
 * @param directory a real path. @param env the agent's: it says where the user's settings are.
 */
export function autoRunsOf(directory: string, env: Readonly<Record<string, string | undefined>>): SeenRun[] {
  const { user, settings, mcp } = settingsFiles(directory, env);
  const runs = [...settings, ...mcp]
    .filter((file) => dirname(file) !== user)
    .flatMap((file) => {
      const text = textIn(file);
      const name = basename(file);
      return text === null ? [] : autoRunsIn(name === ".mcp.json" ? name : `.claude/${name}`, text);
    });
  const seen = runs.map(({ what, content }) => ({ what, digest: createHash("sha256").update(content).digest("hex") }));
  return [...new Map(seen.map((run) => [`${run.digest} ${run.what}`, run])).values()];
}
