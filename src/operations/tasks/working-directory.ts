/**
 * Checks whether a task may work in a directory: it exists, can be used, and is trusted. Trust
 * includes all directories below.
 */
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { autoRunsOf } from "../../config/auto-runs.ts";
import { claudeStateFile, claudeStateProblem } from "../../config/claude-state.ts";
import { othersCanWrite } from "../../config/others-can-write.ts";
import { shellQuoted } from "../../domain/text/shell-quoted.ts";
import type { SeenRun } from "../../domain/task/auto-runs.ts";
import { WorkerError } from "../../domain/errors.ts";
import { mainCheckoutOf } from "../../config/main-checkout.ts";
import { lookOnce } from "../../config/one-look.ts";
import type { TrustStore } from "../../store/store.ts";

/** How long what runs by itself in a directory is taken to be the same, for views and batches. */
const lookMs = 100;
const mostLooks = 1_000;

/**
 * The directories that the user trusts in Claude Code, from `~/.claude.json`. The file is read
 * again when it changes.
 */
export class ClaudeCodeTrust {
  /** The environment with HOME and CLAUDE_CONFIG_DIR. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly #looks = new Map<string, { readonly at: number; readonly runs: readonly SeenRun[] }>();
  #modifiedMs = -1;
  #problem: string | null = null;
  #directories: ReadonlySet<string> = new Set();

  /** @param env the environment with HOME and CLAUDE_CONFIG_DIR. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.env = env;
  }

  /** Real paths of the directories whose trust dialog was accepted. */
  directories(): ReadonlySet<string> {
    return lookOnce(this, "directories", () => this.#directoriesNow());
  }

  #directoriesNow(): ReadonlySet<string> {
    const file = claudeStateFile(this.env);
    const stats = statSync(file, { throwIfNoEntry: false });
    // What another user can write there is not this user's word.
    const modifiedMs = stats === undefined || othersCanWrite(stats) ? 0 : stats.mtimeMs;
    if (modifiedMs !== this.#modifiedMs) {
      this.#modifiedMs = modifiedMs;
      this.#directories = modifiedMs === 0 ? new Set() : readTrusted(file);
      this.#problem = modifiedMs === 0 ? null : claudeStateProblem(this.env);
    }
    return this.#directories;
  }

  /**
   * What runs by itself in a directory. A list of many tasks asks for the same directory many
   * times, so an answer is kept for a moment.
   * @param isFresh whether the files are read in any case.
   */
  autoRuns(directory: string, isFresh = false): readonly SeenRun[] {
    const now = performance.now();
    const last = this.#looks.get(directory);
    if (!isFresh && last !== undefined && now - last.at < lookMs) return last.runs;
    if (this.#looks.size > mostLooks) this.#looks.clear();
    const runs = autoRunsOf(directory, this.env);
    this.#looks.set(directory, { at: now, runs });
    return runs;
  }

  /** What is wrong in the file, with its line; null: nothing is known. */
  problem(): string | null {
    this.directories();
    return this.#problem;
  }
}

/** The role of a directory in a task, for error messages. */
export interface DirectoryUse {
  readonly what: string;
  readonly pointer: string;
}

const workingDirectory: DirectoryUse = { what: "working directory", pointer: "/working_directory" };

/** The role of one of the task's additional directories. */
export function additionalDirectory(index: number): DirectoryUse {
  return { what: "additional directory", pointer: `/additional_directories/${index}` };
}

/**
 * The real paths of additional directories.
 * @throws WorkerError invalid_input, like `realDirectory`.
 */
export function realDirectories(paths: readonly string[]): string[] {
  return paths.map((path, index) => realDirectory(path, additionalDirectory(index)));
}

/**
 * The directory's real path.
 * @throws WorkerError invalid_input: relative, missing, not a directory, or not usable by the
 * server's user.
 */
export function realDirectory(path: string, use: DirectoryUse = workingDirectory): string {
  return lookOnce(realDirectory, path, () => findDirectory(path, use));
}

function findDirectory(path: string, { what: name, pointer }: DirectoryUse): string {
  const wrong = (what: string): WorkerError => {
    const sentence = `The ${name} ${path} ${what}.`;
    return new WorkerError("invalid_input", sentence, [{ pointer, detail: sentence }]);
  };
  if (!isAbsolute(path)) throw wrong("is not an absolute path. Give the path from the root");
  let real: string;
  try {
    real = realpathSync.native(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EACCES") throw wrong("may not be read by the server's user");
    throw wrong(code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : `cannot be used (${code ?? "unknown error"})`);
  }
  if (!statSync(real).isDirectory()) throw wrong("is not a directory");
  try {
    accessSync(real, constants.R_OK | constants.X_OK);
  } catch {
    throw wrong("may not be read by the server's user");
  }
  return real;
}

/**
 * Checks that the directory is below an allowed root.
 * @param roots real paths or links; empty: every directory is allowed.
 * @throws WorkerError forbidden when the directory is outside of all roots.
 */
export function requireRoot(directory: string, roots: readonly string[], { pointer }: DirectoryUse = workingDirectory): void {
  if (roots.length === 0 || roots.some((root) => isBelow(directory, realPath(root)[0] ?? root))) return;
  const sentence = `${directory} is outside of the directories in which tasks may work: ${roots.join(", ")}. Choose one below them, or change them: claude-worker config set allowed_roots DIR,DIR`;
  throw new WorkerError("forbidden", sentence, [{ pointer, detail: "outside of the allowed directories" }]);
}

function isBelow(directory: string, root: string): boolean {
  return directory === root || directory.startsWith(root.endsWith("/") ? root : `${root}/`);
}

/**
 * Checks trust, which includes all directories below and the worktrees of a trusted checkout.
 * @throws WorkerError untrusted_directory with the command that trusts it.
 */
export function requireTrust(
  directory: string,
  trust: TrustStore,
  claudeCode: ClaudeCodeTrust,
  { pointer }: DirectoryUse = workingDirectory,
): void {
  const theirs = claudeCode.directories();
  const isTrusted = (path: string): boolean => trust.has(path) || theirs.has(path) || (path !== dirname(path) && isTrusted(dirname(path)));
  const isItself = lookOnce(trust, directory, () => isTrusted(directory));
  if (isItself) return;
  const mainCheckout = mainCheckoutOf(directory);
  if (mainCheckout !== null && isTrusted(mainCheckout)) return;
  const problem = claudeCode.problem();
  if (problem !== null)
    throw new WorkerError(
      "untrusted_directory",
      `${directory} is not trusted, as far as can be known: the file in which Claude Code keeps its trust is broken. ${problem}. Fix the file: Claude Code does not start with it.`,
      [{ pointer, detail: "not trusted" }],
    );
  throw new WorkerError(
    "untrusted_directory",
    `${directory} is not trusted: the settings and hooks of a directory run as your user. If you trust it: claude-worker trust add ${shellQuoted(directory)}`,
    [{ pointer, detail: "not trusted" }],
  );
}

function readTrusted(file: string): ReadonlySet<string> {
  try {
    const content = JSON.parse(readFileSync(file, "utf8")) as { projects?: Record<string, { hasTrustDialogAccepted?: unknown } | null> };
    const accepted = Object.entries(content.projects ?? {}).filter(([, project]) => project?.hasTrustDialogAccepted === true);
    return new Set(accepted.flatMap(([path]) => [path, ...realPath(path)]));
  } catch {
    return new Set(); // Claude Code is writing the file, or it is broken: it trusts nothing then.
  }
}

function realPath(path: string): string[] {
  try {
    return [realpathSync.native(path)];
  } catch {
    return []; // It was removed after it was trusted.
  }
}
