/**
 * What Claude Code 2.1.330 reads in the directories above its own (measured with strace): instructions, `.mcp.json`, and agents,
 * commands, skills, output styles and workflows of `.claude`; no settings. They count as Claude Code reads them where only
 * this user and root can have written them.
 */
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { isOurs, othersCanWrite } from "../../config/others-can-write.ts";

/** Names that count, in a directory above. */
export const namesAbove = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".mcp.json", ".claude"] as const;

export interface FilesAbove {
  /** Directories above, nearest first. */
  readonly directories: readonly string[];
  /** Those in which another user can put or replace files. */
  readonly open: readonly string[];
  /** Whether another user can put another directory into this one's place. */
  readonly isReplaceable: boolean;
  /** Whether something of another user lies above now. */
  readonly hasForeign: boolean;
  /** Patterns of instructions that must not be read, for `claudeMdExcludes`; empty: all may. */
  readonly excluded: readonly string[];
  /** The `.mcp.json` files that count, nearest first; null: all do, as Claude Code finds them. */
  readonly mcpFiles: readonly string[] | null;
  /** What cannot be left out: a file or directory of another user. */
  readonly refused: string | null;
}

/** @param directory real path of the working directory. @param home where the user's own `.claude` lies, which does not belong to a project. */
export function filesAbove(directory: string, home: string): FilesAbove {
  const places = judged(directory);
  const above = places.slice(1);
  const open = above.filter((place) => place.isOpen).map(({ path }) => path);
  const foreign = above.flatMap(({ path, isOpen }) => foreignFiles(path, { isOpen, home }));
  const isForeign = (file: string): boolean => foreign.some(({ path }) => path === file);
  const instructions = foreign.filter(({ kind }) => kind === "instructions").map(({ path }) => path);
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
    refused: foreign.find(({ kind }) => kind === "claude")?.path ?? null,
  };
}

interface Place {
  readonly path: string;
  /** Another user can put files here, or another directory into its place. */
  readonly isOpen: boolean;
  readonly isReplaceable: boolean;
}

/** The directory and those above it, nearest first. Whether one can be replaced depends on all above it. */
function judged(directory: string): Place[] {
  const parent = dirname(directory);
  const above = parent === directory ? [] : judged(parent);
  const [holder] = above;
  const stats = statSync(directory);
  const isReplaceable = holder !== undefined && (holder.isReplaceable || mayRename(statSync(holder.path), stats));
  return [{ path: directory, isReplaceable, isOpen: isReplaceable || othersCanWrite(stats) }, ...above];
}

/** In a directory with the sticky bit (`/tmp`) only the owners of the entry and of the directory can rename it. */
function mayRename(holder: Stats, entry: Stats): boolean {
  if (!othersCanWrite(holder)) return false;
  const isSticky = (holder.mode & 0o1000) !== 0;
  return !(isSticky && isOurs(holder) && isOurs(entry));
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

/** No other user owns or can write the link, the file that it leads to, or a directory on the way there. */
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

/** The first thing below a `.claude` that another user can write; nothing of it can be left out one by one. */
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

/** Only what Claude Code reads there; a large `.claude/projects` is none of it. */
const readInClaude = new Set(["CLAUDE.md", "AGENTS.md", "rules", "agents", "commands", "skills", "output-styles", "workflows"]);

function entriesOf(path: string): string[] {
  const names = readdirSync(path);
  return path.endsWith("/.claude") ? names.filter((name) => readInClaude.has(name)) : names;
}

/** All instructions of a directory, there now or later. */
function patternsIn(directory: string, home: string): string[] {
  const names = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ...(directory === home ? [] : [".claude/**"])];
  return names.map((name) => join(escaped(directory), name));
}

/** A path as a pattern that means only itself. */
function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\]{}()!+@|]/g, String.raw`\$&`);
}
