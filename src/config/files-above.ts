/**
 * Finds what Claude Code 2.1.330 reads in the directories above its own (measured with strace):
 * instructions, `.mcp.json`, and agents, commands, skills, output styles and workflows of
 * `.claude`. These files count where only this user and root can have written them. Of settings
 * Claude Code reads the local ones at the top of the repository. It follows a `.git` file, also one
 * of another user, to the `.claude` of the checkout that the worktree belongs to, in any place. It
 * does not follow a `.git` directory of another user.
 */
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { gitAbove, mainCheckoutOf } from "./main-checkout.ts";
import { isOurs, mayReplace, othersCanWrite } from "./others-can-write.ts";

const localSettingsName = "settings.local.json";

/** Names that count, in a directory above. */
const namesAbove = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".mcp.json", ".claude"] as const;

/** Names that must not appear in these directories while Claude Code starts. */
export const watchedAbove: readonly string[] = [...namesAbove, ".git"];

export interface FilesAbove {
  /** Directories above, nearest first. */
  readonly directories: readonly string[];
  /** The directories in which another user can add or replace files. */
  readonly open: readonly string[];
  /** Whether another user can replace the working directory by another one. */
  readonly isReplaceable: boolean;
  /** Whether a file of another user is in one of the directories now. */
  readonly hasForeign: boolean;
  /**
   * Patterns of instructions that must not be read, for `claudeMdExcludes`; empty: all may be read.
   */
  readonly excluded: readonly string[];
  /** The `.mcp.json` files that count, nearest first; null: all files that Claude Code finds. */
  readonly mcpFiles: readonly string[] | null;
  /**
   * Where local settings outside of the directory count: at the top of its repository and of the
   * checkout that its worktree belongs to.
   */
  readonly localSettings: readonly string[];
  /** A file or directory of another user that cannot be left out; null: there is none. */
  readonly refused: string | null;
}

/**
 * @param directory real path of the working directory.
 * @param home the directory of the user's own `.claude`, which does not belong to a project.
 */
export function filesAbove(directory: string, home: string): FilesAbove {
  const places = judged(directory);
  const above = places.slice(1);
  const open = above.filter((place) => place.isOpen).map(({ path }) => path);
  const foreign = above.flatMap(({ path, isOpen }) => foreignFiles(path, { isOpen, home }));
  const isForeign = (file: string): boolean => foreign.some(({ path }) => path === file);
  const instructions = foreign.filter(({ kind }) => kind === "instructions").map(({ path }) => path);
  const checkouts = checkoutsOf(directory, home);
  const mcp = foreign.some(({ kind }) => kind === "mcp");
  return {
    directories: above.map(({ path }) => path),
    open,
    isReplaceable: places[0]?.isReplaceable ?? false,
    hasForeign: foreign.length > 0,
    excluded: [...instructions.map(escaped), ...open.flatMap((place) => patternsIn(place, home))],
    mcpFiles: mcp
      ? [directory, ...above.map(({ path }) => path)].map((path) => join(path, ".mcp.json")).filter((file) => !isForeign(file))
      : null,
    localSettings: checkouts.local,
    refused: foreign.find(({ kind }) => kind === "claude")?.path ?? checkouts.refused,
  };
}

/** What to do about a file of another user that cannot be left out (`refused`). */
export function refusedText(file: string): string {
  return `${file} belongs to another user, or others can write it, and Claude Code would read it for every task below. Remove it, or make it yours alone: chown -R $USER ${file} && chmod -R go-w ${file}`;
}

/**
 * Why no task can start in the directory, as sentences; null: no file of another user prevents it.
 */
export function refusalAbove(directory: string, env: Readonly<Record<string, string | undefined>>): string | null {
  try {
    const { refused } = filesAbove(directory, env["HOME"] ?? "");
    return refused === null ? null : refusedText(refused);
  } catch {
    return null; // The directory does not exist or cannot be entered: another check reports that.
  }
}

/**
 * The nearest `.git`, and the checkouts that it leads to. Files in the directory itself are trusted
 * together with the directory.
 */
function checkoutsOf(directory: string, home: string): { readonly local: readonly string[]; readonly refused: string | null } {
  const git = gitAbove(directory);
  if (git === null) return { local: [], refused: null };
  const top = dirname(git);
  const stats = lstatSync(git);
  if (top !== directory && !stats.isDirectory() && !isTrustworthy(git)) return { local: [], refused: git };
  const main = mainCheckoutOf(top);
  const above = top === directory ? [] : [top];
  const elsewhere = main === null || main === home ? [] : [main];
  // The owner of the trusted directory can have files read without another checkout, so such
  // checkouts are not judged.
  const judgedToo = isOurs(statSync(directory)) ? elsewhere : [];
  const refused = [...above, ...judgedToo].map(foreignCheckout).find((path) => path !== null) ?? null;
  const local = [...above, ...elsewhere].filter((place) => refused === null && isOursThere(join(place, ".git")));
  return { local: local.map((place) => join(place, ".claude", localSettingsName)), refused };
}

/**
 * A file of a checkout's `.claude` that another user can have written, local settings included;
 * null: there is none.
 */
function foreignCheckout(place: string): string | null {
  if (judged(place)[0]?.isReplaceable === true) return place;
  const claude = join(place, ".claude");
  const local = join(claude, localSettingsName);
  return foreignInClaude(claude)[0] ?? (isThere(local) && !isTrustworthy(local) ? local : null);
}

function isOursThere(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && isOurs(stats);
}

interface Place {
  readonly path: string;
  /** Whether another user can add files here, or replace the directory. */
  readonly isOpen: boolean;
  readonly isReplaceable: boolean;
}

/**
 * The directory and those above it, nearest first. Whether a directory can be replaced depends on
 * all directories above it.
 */
function judged(directory: string): Place[] {
  const parent = dirname(directory);
  const above = parent === directory ? [] : judged(parent);
  const [holder] = above;
  const stats = statSync(directory);
  const isReplaceable = holder !== undefined && (holder.isReplaceable || mayReplace(statSync(holder.path), stats));
  return [{ path: directory, isReplaceable, isOpen: isReplaceable || othersCanWrite(stats) }, ...above];
}

/**
 * Whether another user can replace this directory by another one.
 * @param directory real path.
 */
export function isReplaceable(directory: string): boolean {
  return judged(directory)[0]?.isReplaceable ?? false;
}

interface Foreign {
  readonly path: string;
  readonly kind: "instructions" | "mcp" | "claude";
}

function foreignFiles(directory: string, { isOpen, home }: { isOpen: boolean; home: string }): Foreign[] {
  return namesAbove.flatMap((name): Foreign[] => {
    const path = join(directory, name);
    if (name === ".claude") return directory === home ? [] : foreignInClaude(path).map((file) => ({ path: file, kind: "claude" }));
    if (!isThere(path) || (!isOpen && isTrustworthy(path))) return [];
    return [{ path, kind: name === ".mcp.json" ? "mcp" : "instructions" }];
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Whether no other user owns or can write the link, its target, or a directory on the way there.
 */
function isTrustworthy(path: string): boolean {
  try {
    const link = lstatSync(path);
    if (!isOurs(link)) return false;
    const real = realpathSync.native(path);
    if (othersCanWrite(statSync(real))) return false;
    return !link.isSymbolicLink() || !judged(dirname(real)).some((place) => place.isOpen);
  } catch {
    return false;
  }
}

const deepest = 6;

/**
 * The first entry below a `.claude` that another user can write. Single entries cannot be left out.
 */
function foreignInClaude(path: string, depth = 0): string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!isTrustworthy(path)) return [path];
  if (!statSync(path).isDirectory() || depth === deepest) return [];
  for (const name of entriesOf(path)) {
    const [first] = foreignInClaude(join(path, name), depth + 1);
    if (first !== undefined) return [first];
  }
  return [];
}

/** The entries that Claude Code reads there. A large `.claude/projects` is not read. */
const readInClaude = new Set(["CLAUDE.md", "AGENTS.md", "rules", "agents", "commands", "skills", "output-styles", "workflows"]);

function entriesOf(path: string): string[] {
  const names = readdirSync(path);
  return path.endsWith("/.claude") ? names.filter((name) => readInClaude.has(name)) : names;
}

/** Patterns for all instructions of a directory, present now or later. */
function patternsIn(directory: string, home: string): string[] {
  const names = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ...(directory === home ? [] : [".claude/**"])];
  return names.map((name) => join(escaped(directory), name));
}

/** A path as a pattern that matches only this path. */
function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\]{}()!+@|]/g, String.raw`\$&`);
}
