/**
 * Copies a directory with everything in it, so that the copy shares nothing that can be written,
 * and says what a directory has in one digest.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { chmod, copyFile, lstat, mkdir, readdir, readlink, symlink, utimes } from "node:fs/promises";
import path from "node:path";

/** So many entries are handled at once. */
const atOnce = 16;
/** Most entries of one tree. */
const maxEntries = 500_000;

/** Why a tree cannot be kept or copied, as a part of a sentence. */
export class TreeProblem extends Error {}

interface Entry {
  /** Relative to the tree's top; empty: the top itself. */
  readonly name: string;
  readonly stats: BigIntStats;
  /** What a link leads to; null: it is none. */
  readonly link: string | null;
}

/** @throws TreeProblem: it has something else than directories, files and links. */
async function entriesOf(top: string): Promise<Entry[]> {
  const found: Entry[] = [];
  const look = async (name: string): Promise<void> => {
    const place = path.join(top, name);
    const stats = await lstat(place, { bigint: true });
    if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink())
      throw new TreeProblem(`${name} is neither a file, a directory nor a link`);
    if (found.length >= maxEntries) throw new TreeProblem(`it has more than ${maxEntries} files`);
    found.push({ name, stats, link: stats.isSymbolicLink() ? await readlink(place) : null });
    if (!stats.isDirectory()) return;
    const below = await readdir(place);
    await each(below, async (child) => await look(name === "" ? child : `${name}/${child}`));
  };
  await look("");
  return found.toSorted((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
}

/** Runs the work for each item, a limited number at once; the first error counts. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

/**
 * Changes with every write, also one that puts times and sizes back: the kernel sets a file's
 * change time, and no program can.
 */
export async function treeDigest(top: string): Promise<{ digest: string; entries: number }> {
  const hash = createHash("sha256");
  const entries = await entriesOf(top);
  for (const { name, stats, link } of entries) {
    const { mode, size, mtimeNs, ctimeNs } = stats;
    // A directory is as what is in it, and gets new times when it is renamed.
    const facts = stats.isDirectory() ? [mode] : [mode, size, mtimeNs, ctimeNs, link ?? ""];
    hash.update(`${JSON.stringify([name, ...facts.map(String)])}\n`);
  }
  return { digest: hash.digest("hex"), entries: entries.length };
}

export interface CopyOptions {
  /** Why a link cannot be copied as it is; null: it can. */
  readonly linkProblem?: (name: string, target: string) => string | null;
  readonly signal?: AbortSignal | undefined;
}

/** @param to is made. @throws TreeProblem; an error of the system. */
export async function copyTree(from: string, to: string, { linkProblem = () => null, signal }: CopyOptions = {}): Promise<void> {
  const entries = await entriesOf(from);
  const directories = entries.filter(({ stats }) => stats.isDirectory());
  for (const { name } of directories) await mkdir(path.join(to, name), { mode: 0o700 });
  const others = entries.filter(({ stats }) => !stats.isDirectory());
  await each(others, async ({ name, stats, link }) => {
    signal?.throwIfAborted();
    const target = path.join(to, name);
    const problem = link === null ? null : linkProblem(name, link);
    if (problem !== null) throw new TreeProblem(`${name} ${problem}`);
    if (link !== null) return await symlink(link, target);
    await copyFile(path.join(from, name), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await chmod(target, Number(stats.mode) & 0o7777);
    await utimes(target, Number(stats.atimeMs) / 1000, Number(stats.mtimeMs) / 1000);
  });
  // Its owner can always delete it.
  for (const { name, stats } of directories) await chmod(path.join(to, name), (Number(stats.mode) & 0o7777) | 0o700);
}
