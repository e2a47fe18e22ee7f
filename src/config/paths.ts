/** Computes all paths. Pure: it creates nothing. */
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { taskVariables } from "../domain/task/task-variables.ts";

/**
 * Longest path of a unix socket in bytes, without the closing NUL. Linux allows 107, macOS 103; 103
 * holds on all systems.
 */
const maxSocketPathBytes = 103;
/** The longest name in the run directory: `r-<22 characters>.sock`. */
const longestSocketName = "r-0123456789abcdefghijkl.sock";

export interface Paths {
  /**
   * `CLAUDE_WORKER_HOME`; inside a task the server's directory; by default `~/.claude-worker`. Mode
   * 0700.
   */
  readonly home: string;
  readonly database: string;
  /** The local admin token, mode 0600. */
  readonly token: string;
  readonly logs: string;
  /**
   * Directory of sockets, mode 0700: `<home>/run`, or a short path below /tmp when that is too
   * long.
   */
  readonly run: string;
  readonly serverSocket: string;
  /** What is kept between the snapshots of tasks' files. */
  readonly snapshots: string;
  /** The git worktrees of tasks. */
  readonly workspaces: string;
  /** What set-ups of worktrees made, for later worktrees. */
  readonly setupCache: string;
  /** Temporary files of tasks with a worktree. */
  readonly temporary: string;
  /** The lock file of the running server. */
  readonly serverLock: string;
  /** pid and URL of the running server: a hint for people, never trusted. */
  readonly serverInfo: string;
  readonly serverLog: string;
  /** `config.json` of the user (XDG). */
  readonly config: string;
}

/** All paths for this environment. @param env process.env or a scratch one. */
export function pathsFrom(env: Readonly<Record<string, string | undefined>>): Paths {
  const userHome = env["HOME"] || homedir();
  const home = resolve(env["CLAUDE_WORKER_HOME"] || env[taskVariables.home] || join(userHome, ".claude-worker"));
  const run = runDirectory(home);
  const configHome = env["XDG_CONFIG_HOME"] || join(userHome, ".config");
  return {
    home,
    database: resolve(env["CLAUDE_WORKER_DB"] || join(home, "tasks.db")),
    token: join(home, "token"),
    logs: resolve(env["CLAUDE_WORKER_LOG_DIR"] || join(home, "logs")),
    run,
    serverSocket: join(run, "server.sock"),
    snapshots: join(home, "snapshots"),
    workspaces: join(home, "workspaces"),
    setupCache: join(home, "setup-cache"),
    temporary: join(home, "tmp"),
    serverLock: join(home, "server.lock"),
    serverInfo: join(home, "server.json"),
    serverLog: join(home, "server.log"),
    config: env["CLAUDE_WORKER_CONFIG"] || join(configHome, "claude-worker", "config.json"),
  };
}

/**
 * The directories that the server writes to: the data directory, and those of the logs and the
 * database, which may be elsewhere.
 */
export function ownPaths({ home, logs, database }: Paths): string[] {
  return [home, logs, ...["", "-wal", "-shm", "-journal"].map((ending) => database + ending)];
}

/**
 * The variable that sets this directory. The logs and the database have their own variables, which
 * count where they are not in the default place.
 */
export function variableOf(directory: string, { home, logs, database }: Paths): string {
  if (directory === home) return "CLAUDE_WORKER_HOME";
  if (directory === logs && logs !== join(home, "logs")) return "CLAUDE_WORKER_LOG_DIR";
  return directory === dirname(database) ? "CLAUDE_WORKER_DB" : "CLAUDE_WORKER_HOME";
}

/** The raw log (journal) of a task. */
export function rawLogPath(paths: Paths, taskId: number): string {
  return join(paths.logs, `task_${taskId}_raw.log`);
}

/** The summary log of a task. */
export function summaryLogPath(paths: Paths, taskId: number): string {
  return join(paths.logs, `task_${taskId}_summary.log`);
}

/** The index for the snapshots of a task's files. */
export function snapshotIndexPath({ snapshots }: Paths, taskId: number): string {
  return join(snapshots, `task_${taskId}.index`);
}

/**
 * Where a task with a worktree has its temporary files. The path is short: programs make sockets
 * there.
 */
export function temporaryPath({ temporary }: Paths, taskId: number): string {
  return join(temporary, String(taskId));
}

/** Where Node keeps the compiled code of runners. Only this user may write there. */
export function compileCachePath({ home }: Paths): string {
  return join(home, "cache");
}

/** The socket of a runner. @param runnerId at most 22 characters. */
export function runnerSocketPath(paths: Paths, runnerId: string): string {
  return join(paths.run, `r-${runnerId}.sock`);
}

/**
 * The directory of sockets. It depends only on the data directory and the user, so that callers
 * with another XDG_RUNTIME_DIR or TMPDIR (ssh, cron, su) find the same place, and a server finds
 * the runners of an earlier one. All users may write to /tmp, so server and command line check the
 * directory's owner (own-directory.ts).
 */
function runDirectory(home: string): string {
  const own = join(home, "run");
  if (Buffer.byteLength(join(own, longestSocketName)) <= maxSocketPathBytes) return own;
  // Loaded here only: the command line needs paths at every start and a digest almost never (5 ms).
  const { createHash } = process.getBuiltinModule("node:crypto");
  const digest = createHash("sha256").update(home).digest("hex").slice(0, 12);
  return `/tmp/claude-worker-${process.getuid?.() ?? 0}-${digest}`;
}
