/** Says why git could not do something: a kind for code, and a sentence for people. */
import { statfsSync } from "node:fs";
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";

export type GitProblemKind =
  /** There is no git. */
  | "missing"
  | "too_old"
  | "not_a_repository"
  /** Git does not use a repository of another user. */
  | "foreign_owner"
  | "bare"
  | "no_commits"
  /** It ran out of time. */
  | "too_slow"
  /** It would wait without end for a named pipe. */
  | "blocked"
  /** The caller wanted it no more. */
  | "stopped"
  /** It printed more than it may. */
  | "too_much"
  /** A worktree vanished and cannot be rebuilt. */
  | "lost"
  /** The disk has no room. */
  | "disk_full"
  /** Anything else; the sentence has git's own words. */
  | "failed";

/** A disk with less room counts as full where git cannot write. */
const leastBytes = 1024 * 1024;

export class GitProblem extends Error {
  readonly kind: GitProblemKind;
  /** Git's exit code; null: it was not started, or was ended. */
  readonly exitCode: number | null;

  /** @param message one sentence says what happened, one says what to do. */
  constructor(kind: GitProblemKind, message: string, exitCode: number | null = null) {
    super(message);
    this.name = "GitProblem";
    this.kind = kind;
    this.exitCode = exitCode;
  }
}

/** What `git` prints under `LC_ALL=C`, and what it means. */
const meanings: readonly (readonly [RegExp, GitProblemKind])[] = [
  [/not a git repository|not a gitdir/i, "not_a_repository"],
  [/cannot use bare repository/i, "bare"],
  [/dubious ownership/i, "foreign_owner"],
  [/No space left on device|Disk quota exceeded/i, "disk_full"],
];

/**
 * The problem of a git that ended with an error.
 * @param command for people, e.g. `git status`. @param places where it may have written.
 */
export function problemOf(
  command: string,
  directory: string,
  stderr: string,
  exitCode: number,
  places: readonly string[] = [directory],
): GitProblem {
  const said = meanings.find(([pattern]) => pattern.test(stderr))?.[1] ?? "failed";
  // Git often says only which file it could not write.
  const kind = said === "failed" && places.some(isFull) ? "disk_full" : said;
  return new GitProblem(kind, sentenceOf(kind, { command, directory, stderr }), exitCode);
}

/** A problem of the file system, in git's stead: a full disk is said as one. */
export function problemOfDisk(what: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new GitProblem("disk_full", `The disk is full: ${what}. Free some space.`);
}

/** Whether the disk of a file or directory, or of what is above it, has hardly any room. */
function isFull(place: string): boolean {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(place);
    return bavail * bsize < leastBytes || (files > 0 && ffree === 0);
  } catch {
    const above = path.dirname(place);
    return above !== place && isFull(above);
  }
}

function sentenceOf(kind: GitProblemKind, { command, directory, stderr }: { command: string; directory: string; stderr: string }): string {
  const place = plainLine(directory, 1000);
  // Of a worktree whose repository was moved or deleted, git names what it looked for.
  const lost = /not a git repository: (.+)/i.exec(stderr)?.[1];
  if (kind === "not_a_repository" && lost !== undefined)
    return `The repository of ${place} is not there any more: ${plainLine(lost, 1000)}. Bring it back to its place, then try again.`;
  if (kind === "not_a_repository") return `${place} is not in a git repository. Make one (git init), or choose another directory.`;
  if (kind === "bare") return bareSentence(directory);
  if (kind === "foreign_owner")
    return `The repository of ${place} belongs to another user, so git does not use it. If you trust it: git config --global --add safe.directory ${place}`;
  if (kind === "disk_full")
    return `The disk is full: ${command} could not write (${firstError(stderr) ?? "it said nothing"}). Free some space.`;
  const missing = /^fatal: cannot change to '(.+)': No such file/m.exec(stderr)?.[1];
  if (missing !== undefined) return `${plainLine(missing, 1000)} is not there any more. Bring it back to its place, then try again.`;
  const said = firstError(stderr) ?? "it said nothing";
  const lock = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1];
  if (lock === undefined) return `${command} failed: ${said}`;
  return `${command} failed, because another git works there or one was killed: ${plainLine(lock, 1000)} exists. When no git runs there, delete that file, then try again.`;
}

export function bareSentence(directory: string): string {
  return `${plainLine(directory, 1000)} is a bare repository, which has no files to work on. Choose a clone or a worktree of it.`;
}

/** The line that names the error; warnings and hints may stand before it. */
function firstError(stderr: string): string | null {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((each) => /^(fatal|error):/.test(each)) ?? lines.at(-1);
  return line === undefined ? null : plainLine(line.replace(/^(fatal|error): /, ""), 500);
}
