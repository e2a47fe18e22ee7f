/**
 * Replaces and removes files of a work tree in which a person may work at the same moment: each is
 * compared with what was seen of it right before, and one that has changed stays as it is.
 */
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import path from "node:path";
import { withUsersUmask } from "../processes/users-umask.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { GitProblem, problemOfDisk } from "./git-problem.ts";

/** What the disk says of files: any write changes it. Empty: it is not there. */
export type SeenFiles = ReadonlyMap<BytePath, string>;

/** So many names are in a message. */
const shownNames = 10;

/** Files were changed by others while they were replaced. None of their changes is lost. */
export class FilesMoved extends GitProblem {
  readonly files: readonly BytePath[];

  /** @param done how many files were replaced or removed before. */
  constructor(files: readonly BytePath[], done: number) {
    const names = files.slice(0, shownNames).map(nameOf).join(", ");
    const more = files.length > shownNames ? ` and ${files.length - shownNames} more` : "";
    const others = done === 1 ? "1 other file was" : `${done} other files were`;
    const before = done === 0 ? "Nothing was changed" : `They stay as they are; ${others} written or removed before`;
    super("failed", `Others changed these files in the same moment: ${names}${more}. ${before}. Try again.`);
    this.files = files;
  }
}

export function lookAt(top: string, files: Iterable<BytePath>): SeenFiles {
  return new Map([...files].map((file) => [file, stampOf(placeOf(top, file))]));
}

/** Those that are not as they were seen. */
export function movedSince(top: string, seen: SeenFiles): BytePath[] {
  return [...seen].filter(([file, stamp]) => stampOf(placeOf(top, file)) !== stamp).map(([file]) => file);
}

export class FileReplacer {
  readonly #top: string;
  readonly #drafts: string;
  readonly #seen: SeenFiles;
  /** What a file was, for a moment: a link, so that nothing is away meanwhile. */
  readonly #aside: string;
  #done = 0;

  /** @param drafts a directory of ours; it has the new files below `files/`. */
  constructor(top: string, drafts: string, seen: SeenFiles) {
    this.#top = top;
    this.#drafts = drafts;
    this.#seen = seen;
    this.#aside = path.join(drafts, "aside");
  }

  /** Removes a file, and directories that are empty then. @throws FilesMoved, GitProblem. */
  remove(file: BytePath): void {
    if (hasLinkAbove(this.#top, file)) return;
    const place = placeOf(this.#top, file);
    if (stampOf(place) !== "") this.#change(file, () => unlinkSync(place));
    for (const parent of parentsOf(file).toReversed()) {
      try {
        rmdirSync(placeOf(this.#top, parent));
      } catch {
        return;
      }
    }
  }

  /** Puts the new file into its place. @throws FilesMoved, GitProblem. */
  write(file: BytePath): void {
    const place = placeOf(this.#top, file);
    const draft = Buffer.concat([Buffer.from(`${this.#drafts}${path.sep}files${path.sep}`), Buffer.from(file, "latin1")]);
    // Git has said why.
    if (stampOf(draft) === "") throw new GitProblem("failed", `${nameOf(file)} could not be written by git. Look: git status`);
    for (const parent of parentsOf(file)) {
      if (kindAt(this.#top, parent) === "none") this.#makeDirectory(file, parent);
      else if (kindAt(this.#top, parent) !== "directory") throw new FilesMoved([file], this.#done);
    }
    if (kindAt(this.#top, file) === "directory") removeEmpty(place);
    if (this.#seen.get(file) === "" || stampOf(place) === "") this.#make(file, draft, place);
    else this.#change(file, () => this.#replace(draft, place));
  }

  #makeDirectory(file: BytePath, directory: BytePath): void {
    try {
      withUsersUmask(() => mkdirSync(placeOf(this.#top, directory)));
    } catch (error) {
      throw codeOf(error) === "EEXIST" ? new FilesMoved([file], this.#done) : this.#problem(file, error);
    }
  }

  /** Where nothing was: a file that came meanwhile is not overwritten. */
  #make(file: BytePath, draft: Buffer, place: Buffer): void {
    try {
      if (lstatSync(draft).isSymbolicLink()) symlinkSync(readlinkSync(draft, { encoding: "buffer" }), place);
      else linkOrCopy(draft, place);
      this.#done += 1;
    } catch (error) {
      throw codeOf(error) === "EEXIST" ? new FilesMoved([file], this.#done) : this.#problem(file, error);
    }
  }

  #replace(draft: Buffer, place: Buffer): void {
    try {
      renameSync(draft, place);
    } catch (error) {
      if (codeOf(error) !== "EXDEV") throw error;
      // The work tree lies on another file system than the repository.
      const near = Buffer.concat([
        Buffer.from(`${path.dirname(place.toString("latin1"))}${path.sep}.cw-put-back-${process.pid}`, "latin1"),
      ]);
      rmSync(near, { force: true });
      if (lstatSync(draft).isSymbolicLink()) symlinkSync(readlinkSync(draft, { encoding: "buffer" }), near);
      else copyFileSync(draft, near, constants.COPYFILE_EXCL);
      renameSync(near, place);
    }
  }

  /** Only while the file is as it was seen. What is written into it just then comes back. */
  #change(file: BytePath, act: () => void): void {
    const place = placeOf(this.#top, file);
    const before = statsOf(place);
    if (stampOf(place) !== (this.#seen.get(file) ?? "")) throw new FilesMoved([file], this.#done);
    const isKept = this.#keep(place);
    try {
      act();
    } catch (error) {
      throw this.#problem(file, error);
    }
    const after = isKept ? statsOf(Buffer.from(this.#aside)) : null;
    if (before !== null && after !== null && (after.size !== before.size || after.mtimeNs !== before.mtimeNs || after.ino !== before.ino)) {
      renameSync(this.#aside, place);
      throw new FilesMoved([file], this.#done);
    }
    this.#done += 1;
  }

  /** False where the file system has no hard links: the comparison before is all there is. */
  #keep(place: Buffer): boolean {
    try {
      rmSync(this.#aside, { force: true });
      if (lstatSync(place).isSymbolicLink()) return false;
      linkSync(place, this.#aside);
      return true;
    } catch {
      return false;
    }
  }

  #problem(file: BytePath, error: unknown): GitProblem {
    if (error instanceof GitProblem) return error;
    const full = problemOfDisk(`${nameOf(file)} could not be written`, error);
    if (full instanceof GitProblem) return full;
    return new GitProblem("failed", `${nameOf(file)} cannot be changed (${codeOf(error) ?? "unknown error"}). Fix that, then try again.`);
  }
}

function linkOrCopy(draft: Buffer, place: Buffer): void {
  try {
    linkSync(draft, place);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw error;
    copyFileSync(draft, place, constants.COPYFILE_EXCL);
  }
}

/** A directory that has only empty directories. */
function removeEmpty(directory: Buffer): void {
  for (const entry of readdirSync(directory, { encoding: "buffer", withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(Buffer.concat([directory, Buffer.from(path.sep), entry.name]));
  try {
    rmdirSync(directory);
  } catch {
    // Something came into it: the write says that.
  }
}

function stampOf(place: Buffer): string {
  const stats = statsOf(place);
  return stats === null ? "" : [stats.ino, stats.size, stats.mode, stats.mtimeNs, stats.ctimeNs].join(":");
}

function statsOf(place: Buffer) {
  try {
    return lstatSync(place, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** `a`, `a/b` of `a/b/c`. */
export function parentsOf(file: BytePath): BytePath[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Whether something above the file is not a directory: then the file is not in the work tree. */
export function hasLinkAbove(top: string, file: BytePath): boolean {
  return parentsOf(file).some((parent) => kindAt(top, parent) !== "directory");
}

export function kindAt(top: string, file: BytePath): "none" | "directory" | "other" {
  try {
    const stats = lstatSync(placeOf(top, file), { throwIfNoEntry: false });
    return stats === undefined ? "none" : stats.isDirectory() ? "directory" : "other";
  } catch {
    return "none";
  }
}

export function placeOf(top: string, file: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
