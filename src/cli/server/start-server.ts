/**
 * Starts this user's server as a process of its own and waits until it answers. What the server
 * does is none of its business.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, closeSync, constants, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requireOwnFile } from "../../config/own-directory.ts";
import { makeDirectory } from "../../config/make-directory.ts";
import { errorCodes, WorkerError } from "../../domain/errors.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Paths } from "../../config/paths.ts";
import type { Connection } from "./connection.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

export interface Started {
  readonly pid: number;
  /** null: the server serves its unix socket only. */
  readonly url: string | null;
  readonly socket: string;
  readonly home: string;
  readonly logFile: string;
  /** What the server has to say about its start, e.g. that the port was taken. */
  readonly notes: readonly string[];
  /**
   * What is degraded from the start, e.g. a full disk: the server reads, and takes tasks when that
   * is over.
   */
  readonly problems: readonly string[];
}

/**
 * How a server's Node is started: new objects may take 3 MB instead of 48 before the collector
 * looks, one helper thread instead of four keeps memory of its own, and the server may call the
 * collector when it is quiet.
 */
export const thriftyFlags: readonly string[] = ["--max-semi-space-size=1", "--v8-pool-size=1", "--expose-gc"];

/**
 * Longest time that a start may take: a large database is opened slowly after a crash, and so is
 * any on a loaded machine.
 */
const startMs = 300_000;

/** After this time, a note says that the server is still starting. */
const tellMs = 10_000;

/**
 * For this long a command starts the server again whose start is cut (it was killed, it ran out of
 * memory).
 */
const restartMs = 60_000;

/** How many times a server is started that ends by itself and prints no reason. */
const mostCrashes = 3;

/** Pause after the first death of a starting server, doubled with each further one. */
const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * How long another's server may take to answer before ours is tried again; twice as long each time.
 */
const firstPatienceMs = 1000;

/**
 * Starts the server.
 * @param flags for the server, e.g. `--port 8001`.
 * @throws WorkerError server_running, storage_unusable, unavailable (the port is taken) … as the
 * server says.
 */
export async function startServer(io: Io, connection: Connection, flags: readonly string[]): Promise<Started> {
  const { paths } = connection;
  const log = openLog(paths.home, paths.serverLog);
  try {
    const child = spawn(process.execPath, [...thriftyFlags, serverEntry(), ...flags], {
      // Not our directory: the server outlives us, and must not keep a removable disk busy.
      cwd: "/",
      detached: true,
      env: { ...io.env, ...absolutePlaces(paths), CLAUDE_WORKER_READY_FD: "3" },
      stdio: ["ignore", log, log, "pipe"],
    });
    const told = setTimeout(() => {
      say(io.stderr, `The server (pid ${String(child.pid)}) is still starting. Its log says more: ${paths.serverLog}`);
    }, tellMs);
    const answer = await firstMessage(child, paths.serverLog).finally(() => clearTimeout(told));
    return { ...answer, logFile: paths.serverLog };
  } finally {
    closeSync(log);
  }
}

/**
 * Asks the server's own program whether it could start in the place of the one that runs. Nothing
 * is started or stopped.
 * @param url of the one that runs; null: it has none.
 * @throws WorkerError as `startServer`.
 */
export async function checkStart(io: Io, connection: Connection, flags: readonly string[], url: string | null): Promise<void> {
  await startServer(io, connection, [...flags, `--check-start-replacing=${url ?? ""}`]);
}

/** Imports for the bundle, which the launcher runs as a script that cannot import. */
declare const launcherImport: ((specifier: string) => Promise<unknown>) | undefined;

/** Becomes the server: returns only when it ends. */
export async function runInForeground({ paths }: Connection, flags: readonly string[]): Promise<never> {
  Object.assign(process.env, absolutePlaces(paths));
  process.argv = [process.execPath, serverEntry(), "--foreground", ...flags];
  const entry = pathToFileURL(serverEntry()).href;
  await (typeof launcherImport === "undefined" ? import(entry) : launcherImport(entry));
  return await new Promise<never>(() => undefined); // The server ends the process itself.
}

/**
 * Starts the server for a command that needs one. Two calls at once both succeed: the later one
 * uses the other's server. A server that dies while it starts is started again.
 */
export async function startByItself(io: Io, connection: Connection): Promise<void> {
  const until = performance.now() + restartMs;
  let deaths = 0;
  for (let patienceMs = firstPatienceMs; ;) {
    try {
      const started = await startServer(io, connection, ["--socket-only-if-taken"]);
      const where = started.url ?? `${started.socket} (the unix socket only)`;
      say(io.stderr, `Started the server: pid ${started.pid}, ${where}.`);
      for (const note of [...started.notes, ...started.problems]) say(io.stderr, note);
      return;
    } catch (error) {
      if (!(error instanceof WorkerError) || performance.now() > until) throw error;
      if (error instanceof ServerDied) {
        deaths += 1;
        if (error.bySignal === null && deaths >= mostCrashes) throw error;
        if (deaths === 1) io.stderr.write(`${error.what} Starting it again.\n`);
        await delay(Math.min(longestPauseMs, firstPauseMs * 2 ** deaths));
        continue;
      }
      if (error.code !== "server_running") throw error;
    }
    if (await answersWithin(patienceMs, connection)) return;
    patienceMs *= 2;
  }
}

/**
 * Asks until the server that holds the data directory answers. That server either starts, and then
 * it answers soon, or it is about to end, and then it never answers. Nothing else tells the two
 * cases apart.
 */
async function answersWithin(patienceMs: number, { client }: Connection): Promise<boolean> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await delay(25)) {
    if ((await client.health().catch(() => null)) !== null) return true;
  }
  return false;
}

/** The server has another working directory than we: relative places must mean the same to it. */
function absolutePlaces({ home, database, logs, config }: Paths): Record<string, string> {
  return { CLAUDE_WORKER_HOME: home, CLAUDE_WORKER_DB: database, CLAUDE_WORKER_LOG_DIR: logs, CLAUDE_WORKER_CONFIG: resolve(config) };
}

/** Beside us in src/ (TypeScript, read by Node itself) or in dist/. */
function serverEntry(): string {
  const url = import.meta.url; // Written out: the build replaces these very words.
  return fileURLToPath(new URL(url.endsWith(".ts") ? "../../server/main.ts" : "../../server/main.js", url));
}

function openLog(home: string, file: string): number {
  try {
    makeDirectory(home, 0o700);
    requireOwnFile(file);
    const log = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    chmodSync(file, 0o600);
    return log;
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new WorkerError("storage_full", `The disk of the server's log ${file} is full (${code}). Free some space.`);
    throw new WorkerError(
      "storage_unusable",
      `The server's log ${file} cannot be written (${code}). Correct its permissions, or choose another place: CLAUDE_WORKER_HOME.`,
    );
  }
}

type Answer = Omit<Started, "logFile">;

/** The server's one line on its descriptor 3: ready, or why not. Afterwards it is on its own. */
async function firstMessage(child: ChildProcess, logFile: string): Promise<Answer> {
  const channel = child.stdio[3] as Readable;
  try {
    return await new Promise<Answer>((fulfil, reject) => {
      const timer = setTimeout(() => reject(tooSlow(child, logFile)), startMs);
      let text = "";
      channel.setEncoding("utf8");
      channel.on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("\n")) settle(() => fulfil(answerOf(text)));
      });
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        try {
          how();
        } catch (error) {
          reject(error);
        }
      };
      child.once("error", (error) => settle(() => reject(new WorkerError("internal", `The server cannot be started: ${error.message}.`))));
      child.once("exit", (code, signal) => settle(() => reject(new ServerDied(code, signal, logFile))));
    });
  } finally {
    channel.destroy();
    child.unref();
  }
}

function answerOf(text: string): Answer {
  const message = JSON.parse(text.slice(0, text.indexOf("\n"))) as {
    ready?: boolean;
    error?: { code: string; message: string };
    warnings?: string[];
    problems?: string[];
  } & Answer;
  if (message.error !== undefined) {
    const code = (errorCodes as readonly string[]).includes(message.error.code) ? (message.error.code as ErrorCode) : "internal";
    throw new WorkerError(code, message.error.message);
  }
  return {
    pid: message.pid,
    url: message.url,
    socket: message.socket,
    home: message.home,
    notes: message.warnings ?? [],
    problems: message.problems ?? [],
  };
}

/** The server process ended before it said whether it could start. */
class ServerDied extends WorkerError {
  readonly what: string;
  /** The signal that ended it; null: it ended by itself. */
  readonly bySignal: string | null;

  constructor(code: number | null, signal: string | null, logFile: string) {
    const what = `The server ended before it answered (${signal ?? `exit code ${String(code)}`}).`;
    super("unavailable", `${what} Its log says why: ${logFile}`);
    this.what = what;
    this.bySignal = signal;
  }
}

function tooSlow(child: ChildProcess, logFile: string): WorkerError {
  const message = `The server (pid ${String(child.pid)}) did not answer within ${startMs / 1000} s. Its log says more: ${logFile}`;
  return new WorkerError("unavailable", message);
}
