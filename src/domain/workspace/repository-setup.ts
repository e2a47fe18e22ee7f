/** Reads how a repository's `.claude-worker.json` wants its worktrees to be set up. */
import { didYouMean } from "../text/did-you-mean.ts";
import { isObject } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/** Longest set-up command, in characters. */
export const maxSetupCharacters = 2_000;

/** What of a set-up is kept for later worktrees. Paths are relative to the top of the work tree. */
export interface SetupCache {
  /** Files whose content decides whether the kept paths still fit. */
  readonly key: readonly string[];
  /** Directories that the command makes. */
  readonly paths: readonly string[];
}

export interface RepositorySetup {
  readonly command: string;
  /** Null: nothing is kept, and the command runs in each worktree. */
  readonly cache: SetupCache | null;
}

const maxPaths = 20;
const maxPathCharacters = 500;
const cacheKeys = ["key", "paths"];

/** @returns what is wrong: a part of a sentence behind the file's name. */
export function setupFieldsProblem({ setup, setup_cache: cache }: JsonObject): string | null {
  if (setup === undefined) return cache === undefined ? null : 'has a "setup_cache" and no "setup"';
  if (typeof setup !== "string" || setup.trim() === "") return 'has a "setup" that is not a command';
  if (setup.length > maxSetupCharacters || setup.includes("\0")) return 'has a "setup" that is too long, or holds NUL';
  if (cache === undefined) return null;
  if (!isObject(cache)) return 'has a "setup_cache" that is not an object with "key" and "paths"';
  const unknown = Object.keys(cache).find((key) => !cacheKeys.includes(key));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, cacheKeys);
    return `has the unknown field "${unknown}" in "setup_cache"${near === null ? "" : `: did you mean "${near}"?`}`;
  }
  for (const key of cacheKeys) {
    const problem = pathsProblem(cache[key]);
    if (problem !== null) return `has a "${key}" in "setup_cache" that ${problem}`;
  }
  return null;
}

/** Of a file without problems. Null: it names no set-up. */
export function repositorySetup({ setup, setup_cache: cache }: JsonObject): RepositorySetup | null {
  if (typeof setup !== "string") return null;
  const { key, paths } = (cache ?? {}) as { key?: string[]; paths?: string[] };
  return { command: setup.trim(), cache: key === undefined || paths === undefined ? null : { key: [...key], paths: [...paths] } };
}

function pathsProblem(value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return "is not a list of paths";
  if (value.length > maxPaths) return `has more than ${maxPaths} paths`;
  for (const path of value as unknown[]) {
    if (typeof path !== "string") return "is not a list of paths";
    if (!isInside(path)) return `has the path ${JSON.stringify(path)}: paths lie below the top of the repository, and not in .git`;
  }
  return null;
}

/** Written in one way only: without `.`, `..`, and empty parts. */
function isInside(path: string): boolean {
  const parts = path.split("/");
  if (path.length > maxPathCharacters || path.includes("\0")) return false;
  return parts.every((part) => part !== "" && part !== "." && part !== ".." && part.toLowerCase() !== ".git");
}
