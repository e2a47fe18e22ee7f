/** Where everything lives. Pure: it computes paths and creates nothing. */
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { taskVariables } from "../domain/task/task-variables.ts";

/**
 * Longest path of a unix socket in bytes, without the closing NUL (Linux 107; macOS 103, which we
 * keep to everywhere).
 */
const maxSocketPathBytes = 103;
/** The longest name that we put into the run directory: `r-<22 characters>.sock`. */
const longestSocketName = "r-0123456789abcdefghijkl.sock";

export interface Paths {
  /**
   * `CLAUDE_WORKER_HOME`, inside a task the one of its server, default `~/.claude-worker`. Mode
   * 0700.
   */
  readonly home: string;
  readonly database: string;
  /** The local admin token, mode 0600. */
  readonly token: string;
  readonly logs: string;
  /**
   * Directory of sockets, mode 0700: `<home>/run`, or a short one below /tmp when home is too long.
   */
  readonly run: string;
  readonly serverSocket: string;
  /** Held through the OS by the running server. */
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
    serverLock: join(home, "server.lock"),
    serverInfo: join(home, "server.json"),
    serverLog: join(home, "server.log"),
    config: env["CLAUDE_WORKER_CONFIG"] || join(configHome, "claude-worker", "config.json"),
  };
}

/**
 * Where the server itself writes: the data directory, and the logs and the database that may lie
 * elsewhere.
 */
export function ownPaths({ home, logs, database }: Paths): string[] {
  return [home, logs, ...["", "-wal", "-shm", "-journal"].map((ending) => database + ending)];
}

/**
 * The variable that moves this directory: the logs and the database have one of their own where
 * they lie elsewhere than by default.
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

/** The socket of a runner. @param runnerId at most 22 characters. */
export function runnerSocketPath(paths: Paths, runnerId: string): string {
  return join(paths.run, `r-${runnerId}.sock`);
}

/**
 * Depends on nothing but the data directory and the user: callers from elsewhere (ssh, cron, su:
 * another XDG_RUNTIME_DIR or TMPDIR) look in the same place, and so does a server for the runners
 * of the one before. Everybody may write to /tmp, so server and command line ask whose the
 * directory is (own-directory.ts).
 */
function runDirectory(home: string): string {
  const own = join(home, "run");
  if (Buffer.byteLength(join(own, longestSocketName)) <= maxSocketPathBytes) return own;
  // Loaded here only: the command line needs paths at every start and a digest almost never (5 ms).
  const { createHash } = process.getBuiltinModule("node:crypto");
  const digest = createHash("sha256").update(home).digest("hex").slice(0, 12);
  return `/tmp/claude-worker-${process.getuid?.() ?? 0}-${digest}`;
}
