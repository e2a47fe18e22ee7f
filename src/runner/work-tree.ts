/**
 * Finds what a task changed in its Git work tree and did not commit, by comparing the tree before
 * and after. The repository may be hostile: Git must not run programs that its configuration names
 * and must not write, and its time is limited. Returns null for unknown.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import path from "node:path";

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

type Environment = Readonly<Record<string, string | undefined>>;

/** The work tree to compare. */
export interface WorkTree {
  /** A directory in the work tree: its real, absolute path. */
  readonly directory: string;
  /** Git's environment; only a few of its variables are passed on. */
  readonly env: Environment;
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

async function changedFiles({ directory, env, ownPaths }: WorkTree, timeoutMs: number): Promise<ChangedFile[] | null> {
  const root = rootOf(directory);
  if (root === null) return null;
  const until = performance.now() + timeoutMs;
  const git = async (args: readonly string[], overrides: readonly Override[]): Promise<Buffer | null> =>
    await run(["-C", directory, ...args], environment(env, overrides), Math.max(1, Math.ceil(until - performance.now())));
  const filters = await git(["config", "--name-only", "-z", "--get-regexp", String.raw`^filter\.`], fixed);
  if (filters === null) return null;
  const overrides = [...fixed, ...partsOf(filters).flatMap(withoutFilter)];
  const status = await git([...statusArguments, ":/", ...ownPaths.flatMap((own) => excluded(own, root))], overrides);
  if (status === null) return null;
  const lines = partsOf(status);
  return lines.length > maxFiles ? null : lines.map((line) => fileOf(line, root));
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

type Override = readonly [key: string, value: string];

/** Overrides for settings of the repository that would run a program or point to another place. */
const fixed: readonly Override[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["safe.bareRepository", "explicit"],
];

/**
 * Disables a filter, which Git would run on each changed file. The comparison uses the unfiltered
 * files.
 */
function withoutFilter(key: Buffer): Override[] {
  const name = key.toString("utf8").replace(/\.[^.]*$/, "");
  return [
    [`${name}.clean`, ""],
    [`${name}.process`, ""],
    [`${name}.required`, "false"],
  ];
}

/**
 * The environment for Git, without Git's own variables. All transports are disabled, so that
 * nothing is fetched from a promisor.
 */
function environment(env: Environment, overrides: readonly Override[]): Record<string, string> {
  const passed = ["PATH", "HOME", "XDG_CONFIG_HOME"].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const settings = overrides.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return {
    ...(Object.fromEntries([...passed, ...settings]) as Record<string, string>),
    GIT_CONFIG_COUNT: String(overrides.length),
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}

/**
 * Runs Git and returns its output; null when Git failed, was too slow or printed too much. Runs in
 * `/`, so that a relative PATH does not find programs of the repository.
 */
function run(args: readonly string[], env: Record<string, string>, timeoutMs: number): Promise<Buffer | null> {
  const options = { env, cwd: "/", timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: maxOutputBytes, encoding: "buffer" } as const;
  return new Promise((resolve) => {
    const child = execFile("git", args, options, (error, stdout) => {
      // `config --get-regexp` exits with 1 when nothing matches.
      resolve(error === null || (error.code === 1 && stdout.length === 0 && args.includes("config")) ? stdout : null);
    });
    child.stdin?.end();
  });
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
