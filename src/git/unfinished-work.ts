/** Looks for commands of git that are not finished: then the files are not all of the work. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { GitProblem } from "./git-problem.ts";
import { placeOf } from "./replace-files.ts";
import type { Repository } from "./repository.ts";

const timeoutMs = 120_000;
const shownNames = 10;
/** Larger files are not read. */
const mostBytes = 64 * 1024 * 1024;

/** What git keeps while one of its commands waits for a person. */
const open: readonly (readonly [file: string, what: string])[] = [
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase"],
  ["BISECT_LOG", "a bisect"],
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
];
/** While one of them is open, the files are those of another commit than the work's last one. */
const elsewhere: ReadonlySet<string> = new Set(["a rebase", "a bisect"]);

/** What is open, e.g. `a merge`; null: nothing. */
export function openCommand({ gitDirectory }: Pick<Repository, "gitDirectory">): string | null {
  return open.find(([file]) => existsSync(path.join(gitDirectory, file)))?.[1] ?? null;
}

/** The work of a task cannot be taken as it is. */
export class UnfinishedWork extends GitProblem {
  /** With conflicts, relative to the top. */
  readonly files: readonly string[];

  constructor(reason: string, files: readonly string[]) {
    super("failed", reason);
    this.files = files;
  }
}

/**
 * @returns why the files of a task's work tree are not its work: a rebase or a bisect is open, or
 * files have conflicts that are not resolved. @throws GitProblem.
 */
export async function unfinishedWork(repository: Repository, taskId: number): Promise<UnfinishedWork | null> {
  const command = openCommand(repository);
  const files = await conflictedFiles(repository);
  const place = `the worktree of task ${taskId}`;
  if (files.length > 0) {
    const names = files.slice(0, shownNames).map((each) => plainLine(each, 200));
    const which = `${names.join(", ")}${files.length > shownNames ? " …" : ""}`;
    const of = command === null ? "" : ` of ${command}`;
    return new UnfinishedWork(`Files in ${place} have conflicts${of} that are not resolved: ${which}.`, files);
  }
  return command !== null && elsewhere.has(command) ? new UnfinishedWork(`In ${place} ${command} is not finished.`, []) : null;
}

/** Files that git did not merge, and that have its marks still. */
async function conflictedFiles({ git, top }: Repository): Promise<string[]> {
  const entries = (await git.run(["ls-files", "--unmerged", "-z", "--full-name", "--", top], { timeoutMs })).toString("latin1").split("\0");
  const names = new Set(entries.filter((entry) => entry !== "").map((entry) => entry.slice(entry.indexOf("\t") + 1)));
  return [...names].filter((file) => hasMarks(top, file)).map(nameOf);
}

function hasMarks(top: string, file: BytePath): boolean {
  const place = placeOf(top, file);
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > mostBytes) return false;
  const text = readFileSync(place, "latin1");
  return /^<{7}/m.test(text) && /^>{7}/m.test(text);
}
