/** Says how callers write the patterns of files that a task must not change. */
import { verifyWords } from "./verify-command.ts";

/** Most patterns of one task. */
export const maxProtected = 50;
/** Longest pattern, in characters. */
export const maxProtectedCharacters = 500;

/** What is wrong with a pattern, as the end of a sentence; null: nothing. */
export function patternProblem(pattern: string): string | null {
  if (pattern.trim() === "") return "is empty. Give one like test/**";
  if (pattern.startsWith("/")) return "is an absolute path. Give one relative to the working directory, like test/**";
  if (pattern.split("/").includes("..")) return "leads out of the working directory. Give one below it";
  return null;
}

/** The patterns that count: `@none` takes those of an earlier run away. */
export function protectedPatterns(given: readonly string[]): readonly string[] {
  return given.length === 1 && given[0] === verifyWords.none ? [] : given;
}
