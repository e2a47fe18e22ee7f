/**
 * Finds what a task changed in its Git work tree and did not commit, by comparing the tree before
 * and after. The repository may be hostile (git/git.ts). Returns null for unknown.
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import path from "node:path";
import { Git } from "../git/git.ts";
import type { GitProgram } from "../git/git-program.ts";

/** More changed files than this are not compared. */
const maxFiles = 5_000;
const maxOutputBytes = 8 * 1024 * 1024;
/** Time limits for Git before a task, which waits for it, and after a task. */
const beforeMs = 2_000;
const afterMs = 10_000;

/**
 * A file with uncommitted changes: its path, and a digest of its state in the index, its path and
 * its inode's data.
 */
interface ChangedFile {
  readonly path: string;
  readonly digest: string;
}

/** The work tree to compare. */
export interface WorkTree {
  /** A directory in the work tree: its real, absolute path. */
  readonly directory: string;
  readonly program: GitProgram;
  /** Absolute paths of the server's own files, which do not count, with everything below them. */
  readonly ownPaths: readonly string[];
}

/** Digests of the files that are changed now; null: not in a Git work tree, or unknown. */
export async function workTreeBefore(tree: WorkTree): Promise<string[] | null> {
  return (await changedFiles(tree, beforeMs))?.map(({ digest }) => digest) ?? null;
}

/**
 * Paths, relative to the work tree, of files with uncommitted changes that were not there before;
 * null: unknown.
 */
export async function changedSince(before: readonly string[], tree: WorkTree): Promise<string[] | null> {
  const known = new Set(before);
  const files = await changedFiles(tree, afterMs);
  return files?.filter(({ digest }) => !known.has(digest)).map((file) => file.path) ?? null;
}

async function changedFiles({ directory, program, ownPaths }: WorkTree, timeoutMs: number): Promise<ChangedFile[] | null> {
  const root = rootOf(directory);
  if (root === null) return null;
  const paths = [":/", ...ownPaths.flatMap((own) => excluded(own, root))];
  try {
    const status = await new Git(program, directory).run([...statusArguments, ...paths], { timeoutMs, maxBytes: maxOutputBytes });
    const lines = partsOf(status);
    return lines.length > maxFiles ? null : lines.map((line) => fileOf(line, root));
  } catch {
    return null;
  }
}

const statusArguments = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all", "--"];

/** The Git argument that leaves this path out; none for a path outside of the root. */
function excluded(own: string, root: string): string[] {
  const relative = path.relative(root, realPathOf(own));
  const isBelow = relative !== "" && relative.split(path.sep, 1)[0] !== ".." && !path.isAbsolute(relative);
  return isBelow ? [`:(top,exclude,literal)${relative}`] : [];
}

/** The real path of a file that may not exist, like the files beside a database. */
function realPathOf(file: string): string {
  try {
    return path.join(realpathSync.native(path.dirname(file)), path.basename(file));
  } catch {
    return file;
  }
}

/** The directory that holds `.git`; Git itself decides whether that is a repository. */
function rootOf(directory: string): string | null {
  if (existsSync(path.join(directory, ".git"))) return directory;
  const parent = path.dirname(directory);
  return parent === directory ? null : rootOf(parent);
}

function partsOf(output: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0, to = output.indexOf(0); to !== -1; from = to + 1, to = output.indexOf(0, from)) parts.push(output.subarray(from, to));
  return parts;
}

/** Parses a line `XY path`; the path may hold any bytes. */
function fileOf(line: Buffer, root: string): ChangedFile {
  const file = line.subarray(3);
  const digest = createHash("sha256")
    .update(line)
    .update("\0")
    .update(inodeOf(Buffer.concat([Buffer.from(`${root}/`), file])));
  return { path: file.toString("utf8"), digest: digest.digest("base64url").slice(0, 16) };
}

function inodeOf(file: Buffer): string {
  try {
    const { ino, mode, size, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
    return [ino, mode, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return "gone";
  }
}
