/**
 * Keeps what a set-up made for later worktrees of the repository. What is kept appears in one
 * rename, never changes after that, and is copied: a worktree shares nothing with it. Anything that
 * was changed since is thrown away, not used (docs/decisions/0023).
 */
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { plainLine } from "../domain/text/plain-text.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import { parseJson } from "../domain/text/parse-json.ts";
import type { SetupCacheOrder } from "../domain/workspace/setup.ts";
import { failpoint } from "../processes/failpoint.ts";
import { copyTree, treeDigest, TreeProblem } from "./copy-tree.ts";
import type { Git } from "./git.ts";
import { lockRepository } from "./repository-lock.ts";

/** So many states of one repository are kept. */
const keptStates = 3;
const unusedMs = 30 * 86_400_000;
/** A draft that is older than this was left by a process that died. */
const draftMs = 86_400_000;
const maxKeyBytes = 100_000_000;
const syncMs = 300_000;

export interface SetupCacheOptions {
  readonly order: SetupCacheOrder;
  readonly command: string;
  /** The top of the worktree. */
  readonly top: string;
  /** Git in the worktree. */
  readonly git: Git;
  /** Directory for what is in the way. */
  readonly trash: string;
  readonly signal: AbortSignal;
}

/** What is kept for the content of a worktree's key files. */
export class SetupCache {
  readonly #options: SetupCacheOptions;
  readonly #name: string;
  /** What is half copied: beside the worktree. */
  readonly #drafts: string;

  private constructor(options: SetupCacheOptions, name: string) {
    this.#options = options;
    this.#name = name;
    this.#drafts = `${options.top}.set-up`;
  }

  /** @returns a sentence where nothing can be kept. @throws GitProblem. */
  static async open(options: SetupCacheOptions): Promise<SetupCache | string> {
    const { order, git, command } = options;
    const tracked = await git.text(["ls-files", "--", ...order.paths.map((each) => `:(top,literal)${each}`)], { isPlain: true });
    const [first = ""] = tracked.split("\n");
    if (first !== "") return `Nothing of the set-up is kept: ${plainLine(first, 200)} is a file of the commit.`;
    const files = await Promise.all(order.key.map(async (name) => [name, await digestOfFile(options.top, name)] as const));
    if (files.every(([, digest]) => digest === null)) return `Nothing of the set-up is kept: ${order.key.join(", ")} is not there.`;
    const facts = JSON.stringify([1, process.platform, process.arch, command, order.paths, files]);
    return new SetupCache(options, createHash("sha256").update(facts).digest("hex").slice(0, 32));
  }

  /** A short name of the state, for people. */
  get name(): string {
    return this.#name.slice(0, 12);
  }

  get #place(): string {
    return path.join(this.#options.order.directory, this.#name);
  }

  /**
   * Waits until no other set-up of the same state runs: what that one keeps can be used then.
   * @returns a function that lets the next one run. @throws GitProblem `too_slow`, `stopped`.
   */
  async lock(timeoutMs: number): Promise<() => void> {
    return await lockRepository(path.join(this.#options.order.directory, `.lock-${this.#name}`), timeoutMs, this.#options.signal);
  }

  /**
   * Copies what is kept into the worktree.
   * @returns whether it is there now; a sentence: what is kept cannot be used.
   */
  async use(): Promise<boolean | string> {
    if (!existsSync(this.#place)) return false;
    try {
      if (!(await this.#isWhole())) return await this.#discard("it was changed, or is not whole");
      await this.#copyOut();
      await utimes(path.join(this.#place, "manifest.json"), new Date(), new Date()).catch(() => {});
      return true;
    } catch (error) {
      this.#options.signal.throwIfAborted();
      return `What was kept of the set-up is not used: ${messageOf(error)}.`;
    } finally {
      await rm(this.#drafts, { recursive: true, force: true });
    }
  }

  /** Keeps what the command has made. @returns a sentence: why nothing is kept; null: it is. */
  async store(): Promise<string | null> {
    const { order, top, signal } = this.#options;
    const draft = path.join(order.directory, `.draft-${randomUUID()}`);
    try {
      await mkdir(path.join(draft, "files"), { recursive: true, mode: 0o700 });
      for (const [at, each] of order.paths.entries()) {
        if (!(await isDirectory(top, each))) throw new TreeProblem(`${each} is not a directory of the worktree`);
        const linkProblem = (name: string, target: string): string | null => problemOfLink(top, path.join(each, name), target);
        await copyTree(path.join(top, each), path.join(draft, "files", String(at)), { linkProblem, signal });
      }
      failpoint("setup.copied");
      // Without this a power cut could leave files that only look whole.
      await flush(draft);
      const { digest } = await treeDigest(path.join(draft, "files"));
      await writeFile(path.join(draft, "manifest.json"), JSON.stringify({ version: 1, digest, paths: order.paths }));
      await flush(draft);
      await rename(draft, this.#place);
      failpoint("setup.kept");
      await this.#prune();
      return null;
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      // Another runner was faster.
      if ((code === "ENOTEMPTY" || code === "EEXIST") && existsSync(this.#place)) return null;
      return `Nothing of the set-up is kept: ${messageOf(error)}.`;
    } finally {
      await remove(draft);
    }
  }

  async #isWhole(): Promise<boolean> {
    try {
      const manifest = objectOf(parseJson(await readFile(path.join(this.#place, "manifest.json"), "utf8")));
      const { digest } = await treeDigest(path.join(this.#place, "files"));
      return stringOf(manifest["digest"]) === digest;
    } catch {
      return false;
    }
  }

  async #copyOut(): Promise<void> {
    const { order, top, trash, signal } = this.#options;
    await rm(this.#drafts, { recursive: true, force: true });
    await mkdir(this.#drafts, { mode: 0o700 });
    for (const at of order.paths.keys())
      await copyTree(path.join(this.#place, "files", String(at)), path.join(this.#drafts, String(at)), { signal });
    for (const [at, each] of order.paths.entries()) {
      const target = path.join(top, each);
      if (!(await makeParents(top, path.dirname(each))))
        throw new TreeProblem(`the directory of ${each} is something else in the worktree`);
      if ((await lstat(target).catch(() => null)) !== null) {
        await mkdir(trash, { recursive: true, mode: 0o700 });
        await rename(target, path.join(trash, `${path.basename(top)}-set-up-${Date.now()}-${at}`));
      }
      await rename(path.join(this.#drafts, String(at)), target);
    }
  }

  async #discard(why: string): Promise<string> {
    await remove(this.#place);
    return `What was kept of the set-up is not used: ${why}.`;
  }

  /** Deletes what died on the way, and what was not used for longest. */
  async #prune(): Promise<void> {
    const { directory } = this.#options.order;
    const now = Date.now();
    for (const { place, usedAt } of (await statesIn(directory)).slice(keptStates)) if (usedAt < now) await remove(place);
    for (const each of await namesIn(path.dirname(directory))) {
      const repository = path.join(path.dirname(directory), each);
      for (const { place, usedAt } of await statesIn(repository)) if (usedAt < now - unusedMs) await remove(place);
      for (const name of await namesIn(repository)) {
        const age = now - ((await stat(path.join(repository, name)).catch(() => null))?.mtimeMs ?? now);
        if ((name.startsWith(".draft-") || name.startsWith(".old-")) && age > draftMs) await remove(path.join(repository, name));
      }
    }
  }
}

interface State {
  readonly place: string;
  readonly usedAt: number;
}

/** What is kept of a repository, the last used first. */
async function statesIn(directory: string): Promise<State[]> {
  const names = (await namesIn(directory)).filter((name) => /^[0-9a-f]{32}$/.test(name));
  const states = await Promise.all(
    names.map(async (name) => {
      const place = path.join(directory, name);
      return { place, usedAt: (await stat(path.join(place, "manifest.json")).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  return states.toSorted((one, other) => other.usedAt - one.usedAt);
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

/** Renames first: who copies from it sees that it is gone. */
async function remove(place: string): Promise<void> {
  const old = path.join(path.dirname(place), `.old-${randomUUID()}`);
  await rename(place, old).catch(() => {});
  await rm(old, { recursive: true, force: true, maxRetries: 2 }).catch(() => {});
}

/** Null: there is no such file. A link does not count. */
async function digestOfFile(top: string, name: string): Promise<string | null> {
  if (!(await isDirectory(top, path.dirname(name)))) return null;
  const file = path.join(top, name);
  const stats = await lstat(file).catch(() => null);
  if (stats === null || !stats.isFile() || stats.size > maxKeyBytes) return null;
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

/** Whether it is a directory, and no part of its path a link. */
async function isDirectory(top: string, name: string): Promise<boolean> {
  if (name === ".") return true;
  if (!(await isDirectory(top, path.dirname(name)))) return false;
  return (await lstat(path.join(top, name)).catch(() => null))?.isDirectory() === true;
}

async function makeParents(top: string, name: string): Promise<boolean> {
  if (name === ".") return true;
  if (!(await makeParents(top, path.dirname(name)))) return false;
  await mkdir(path.join(top, name)).catch(() => {});
  return await isDirectory(top, name);
}

/** A link that another worktree could not have. */
function problemOfLink(top: string, name: string, target: string): string | null {
  const isInside = (place: string): boolean => place === top || place.startsWith(`${top}/`);
  if (path.isAbsolute(target)) return isInside(path.normalize(target)) ? "is a link that names this worktree" : null;
  return isInside(path.join(top, path.dirname(name), target)) ? null : "is a link that leads out of the worktree";
}

/** Writes everything of the file system to the disk. */
async function flush(directory: string): Promise<void> {
  const args = process.platform === "linux" ? ["-f", directory] : [];
  await promisify(execFile)("sync", args, { timeout: syncMs });
}

function messageOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  return error instanceof TreeProblem ? message : (code ?? plainLine(message, 200));
}
