/**
 * Copies ignored files of the checkout into a new worktree: those that its `.worktreeinclude`
 * names (the syntax of `.gitignore`). Nothing is written outside of the worktree, no link is
 * followed, and no file is overwritten.
 */
import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readlink, rename, rm, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import type { LeftOut } from "../domain/workspace/workspace.ts";
import type { Git } from "./git.ts";
import { GitProblem } from "./git-problem.ts";

/** The file that names them, at the top of the main checkout. */
export const includeFileName = ".worktreeinclude";

export interface IncludeLimits {
  /** Longest file. */
  readonly fileBytes: number;
  /** All files together. */
  readonly totalBytes: number;
  readonly files: number;
}

export const includeLimits: IncludeLimits = { fileBytes: 1_000_000_000, totalBytes: 5_000_000_000, files: 50_000 };

export interface IncludeOrder {
  /** The top of the main checkout. */
  readonly from: string;
  /** The top of the worktree. */
  readonly to: string;
  /** Paths below `from` that are never copied, e.g. our own data directory. */
  readonly except: readonly string[];
  readonly limits: IncludeLimits;
  readonly signal?: AbortSignal;
}

export interface Included {
  readonly files: number;
  readonly bytes: number;
  /** The first that were not copied. */
  readonly leftOut: readonly LeftOut[];
  readonly leftOutCount: number;
}

/** So many names are kept. */
const shownNames = 20;
/** So many files are copied at once. */
const atOnce = 8;
const maxListBytes = 64 * 1024 * 1024;

/**
 * @param git in the main checkout.
 * @returns null: there is no such file. @throws GitProblem, also `disk_full`.
 */
export async function includeFiles(git: Git, order: IncludeOrder): Promise<Included | null> {
  const file = path.join(order.from, includeFileName);
  const stats = await lstat(file).catch(() => null);
  if (stats === null || !stats.isFile()) return null;
  return await new Copying(order).copy(await namedFiles(git, file));
}

/**
 * Ignored files that the patterns name, relative to the top. Repositories inside are not entered.
 */
async function namedFiles(git: Git, patterns: string): Promise<string[]> {
  const call = { isPlain: true, maxBytes: maxListBytes, timeoutMs: 120_000 } as const;
  const named = await git.run(["ls-files", "-z", "--others", "--ignored", `--exclude-from=${patterns}`], call);
  if (named.length === 0) return [];
  const ignored = await git.find(["check-ignore", "-z", "--stdin"], { ...call, input: named });
  return (ignored ?? "").split("\0").filter((name) => name !== "" && !name.endsWith("/"));
}

class Copying {
  readonly #order: IncludeOrder;
  /** What is half copied. On the file system of the worktree, and outside of it. */
  readonly #drafts: string;
  /** Directories of the worktree that are there, and lead nowhere else. */
  readonly #directories = new Map<string, Promise<boolean>>();
  readonly #leftOut: LeftOut[] = [];
  #files = 0;
  #bytes = 0;

  constructor(order: IncludeOrder) {
    this.#order = order;
    this.#drafts = `${order.to}.include`;
  }

  async copy(names: readonly string[]): Promise<Included> {
    await rm(this.#drafts, { recursive: true, force: true });
    try {
      await mkdir(this.#drafts, { mode: 0o700 });
      const left = names.entries();
      await Promise.all(Array.from({ length: atOnce }, () => this.#copyAll(left)));
    } catch (error) {
      throw problemOf(error);
    } finally {
      await rm(this.#drafts, { recursive: true, force: true });
    }
    const leftOut = this.#leftOut.toSorted((one, other) => (one.path < other.path ? -1 : 1));
    return { files: this.#files, bytes: this.#bytes, leftOut: leftOut.slice(0, shownNames), leftOutCount: leftOut.length };
  }

  async #copyAll(left: ArrayIterator<[number, string]>): Promise<void> {
    for (const [at, name] of left) {
      if (this.#order.signal?.aborted === true) throw new GitProblem("stopped", "The copying of ignored files was stopped.");
      const why = await this.#copyOne(name, String(at));
      if (why !== null) this.#leftOut.push({ path: name, why });
    }
  }

  /** @returns why it is left out; null: it is there. @throws where no file can be written. */
  async #copyOne(name: string, draft: string): Promise<string | null> {
    const { from, to, except, limits } = this.#order;
    if (except.some((each) => name === each || name.startsWith(`${each}/`))) return null;
    if (name.includes("\uFFFD")) return "has a name that is not UTF-8";
    const [source, target] = [path.join(from, name), path.join(to, name)];
    const stats = await lstat(source).catch(() => null);
    if (stats === null) return "is gone";
    if (!stats.isFile() && !stats.isSymbolicLink()) return "is neither a file nor a link";
    if (stats.size > limits.fileBytes) return `has more than ${megabytes(limits.fileBytes)}`;
    const linked = stats.isSymbolicLink() ? await readlink(source) : null;
    if (linked !== null && !leadsInside(name, linked)) return "is a link that leads out of the repository";
    if (!(await this.#directory(path.dirname(name)))) return "lies in a directory that is something else in the worktree";
    if ((await lstat(target).catch(() => null)) !== null) return null;
    if (this.#bytes + stats.size > limits.totalBytes) return `would make it more than ${megabytes(limits.totalBytes)}`;
    if (this.#files >= limits.files) return `would make it more than ${limits.files} files`;
    this.#files += 1;
    this.#bytes += stats.size;
    const own = path.join(this.#drafts, draft);
    try {
      if (linked !== null) await symlink(linked, own);
      else await copyFile(source, own, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      // Build tools compare times.
      if (linked === null) await utimes(own, stats.atime, stats.mtime);
      await rename(own, target);
      return null;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (isFull(code)) throw error;
      this.#files -= 1;
      this.#bytes -= stats.size;
      return `could not be copied (${code})`;
    }
  }

  /** Makes a directory of the worktree. @returns false: something else is there. */
  #directory(name: string): Promise<boolean> {
    if (name === ".") return Promise.resolve(true);
    const known = this.#directories.get(name) ?? this.#makeDirectory(name);
    this.#directories.set(name, known);
    return known;
  }

  async #makeDirectory(name: string): Promise<boolean> {
    if (!(await this.#directory(path.dirname(name)))) return false;
    const [source, target] = [path.join(this.#order.from, name), path.join(this.#order.to, name)];
    if ((await lstat(source).catch(() => null))?.isDirectory() !== true) return false;
    await mkdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    return (await lstat(target)).isDirectory();
  }
}

/** Whether a link leads to a place in the same tree, by its text alone. */
function leadsInside(name: string, target: string): boolean {
  if (path.isAbsolute(target)) return false;
  const place = path.normalize(path.join(path.dirname(name), target));
  return place !== ".." && !place.startsWith("../");
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

function isFull(code: string): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

function problemOf(error: unknown): unknown {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (error instanceof GitProblem) return error;
  return isFull(code)
    ? new GitProblem("disk_full", "The disk is full: ignored files could not be copied into the worktree. Free some space.")
    : new GitProblem("failed", `Ignored files could not be copied into the worktree: ${message}`);
}
