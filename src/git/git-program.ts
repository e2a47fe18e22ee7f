/**
 * Starts git: a limited number at once, each with a limit for its time and its output. git.ts says
 * with which settings.
 */
import { spawn } from "node:child_process";
import { plainLine } from "../domain/text/plain-text.ts";
import { withUsersUmask } from "../processes/users-umask.ts";
import { waitingForPipe } from "../processes/waiting-for-pipe.ts";
import { GitProblem } from "./git-problem.ts";
import { findNamedPipe } from "./named-pipe.ts";
import type { Environment } from "./git-environment.ts";

/** Older versions do not read settings from the environment, which keeps programs from running. */
const oldest = [2, 31] as const;
/** Since this version settings define hooks. */
const namedHooks = [2, 54] as const;
/** How many processes of git run at once. */
const maxProcesses = 4;
/** Between SIGTERM, at which git removes its lock files, and SIGKILL. */
const killMs = 2_000;
/** When it is looked whether git waits for a named pipe: most calls have ended before. */
const pipeLooksMs = [1_000, 3_000, 10_000, 30_000, 120_000];
/** So long is looked for the pipe. */
const pipeSearchMs = 2_000;

export interface GitStart {
  readonly args: readonly string[];
  /** Where git works. Absent: it reads no repository. */
  readonly directory?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Buffer | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

export interface GitEnd {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export class GitProgram {
  /** The caller's environment: says where git is, and where the user's settings of git are. */
  readonly env: Environment;
  #version: Promise<void> | null = null;
  #hasNamedHooks = false;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(env: Environment) {
    this.env = env;
  }

  /** @throws GitProblem `missing`, `too_old`. Starts git only once. */
  requireVersion(): Promise<void> {
    this.#version ??= this.#checkVersion();
    return this.#version;
  }

  /** Whether settings can define hooks (git 2.54). Call `requireVersion` before. */
  get hasNamedHooks(): boolean {
    return this.#hasNamedHooks;
  }

  /** @throws GitProblem `missing`, `blocked`, `too_slow`, `too_much`; an exit code is an answer. */
  async start(start: GitStart): Promise<GitEnd> {
    if (this.#running >= maxProcesses) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await run(start);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #checkVersion(): Promise<void> {
    const { stdout } = await this.start({
      args: ["version"],
      env: { PATH: this.env["PATH"], HOME: this.env["HOME"], LC_ALL: "C" },
      timeoutMs: 10_000,
      maxBytes: 10_000,
    });
    const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(stdout.toString("latin1")) ?? [];
    const isAtLeast = ([wantedMajor, wantedMinor]: readonly [number, number]): boolean =>
      Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
    this.#hasNamedHooks = isAtLeast(namedHooks);
    if (isAtLeast(oldest)) return;
    throw new GitProblem("too_old", `git ${major}.${minor} is too old. Install git ${oldest.join(".")} or newer.`);
  }
}

/** Runs in `/`, so that a relative PATH does not find programs of a repository. */
function run({ args, directory, env, input, timeoutMs, maxBytes, signal }: GitStart): Promise<GitEnd> {
  const command = `git ${commandIn(args)}`;
  return new Promise((resolve, reject) => {
    const child = withUsersUmask(() => spawn("git", args, { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] }));
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let problem: GitProblem | null = null;
    let kill: NodeJS.Timeout | undefined;
    const end = (reason: GitProblem): void => {
      problem ??= reason;
      child.kill("SIGTERM");
      kill ??= setTimeout(() => child.kill("SIGKILL"), killMs);
    };
    const limit = setTimeout(() => {
      end(new GitProblem("too_slow", `${command} took longer than ${Math.ceil(timeoutMs / 1000)} s and was ended.`));
    }, timeoutMs);
    const stop = (): void => end(new GitProblem("stopped", `${command} was stopped.`));
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    const looks = (directory === undefined ? [] : pipeLooksMs).map((ms) =>
      setTimeout(() => void lookForPipe(child.pid, directory ?? "").then((blocked) => blocked !== null && endBlocked(blocked)), ms),
    );
    const endBlocked = ({ pids, problem: reason }: Blocked): void => {
      // A child of git holds its output open, and git waits for it.
      for (const pid of pids) if (pid !== child.pid) endProcess(pid);
      end(reason);
    };
    const clear = (): void => {
      clearTimeout(limit);
      for (const look of looks) clearTimeout(look);
      clearTimeout(kill);
      signal?.removeEventListener("abort", stop);
    };
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) into.push(chunk);
      else end(new GitProblem("too_much", `${command} printed more than ${Math.round(maxBytes / 1e6)} MB and was ended.`));
    };
    child.stdout.on("data", collect(stdout));
    child.stderr.on("data", collect(stderr));
    child.on("error", (error: NodeJS.ErrnoException) => {
      clear();
      reject(notStarted(error));
    });
    child.on("close", (code) => {
      clear();
      if (problem !== null) return reject(problem);
      const said = Buffer.concat(stderr).toString("utf8");
      if (code === null) return reject(new GitProblem("failed", `${command} was ended by a signal.`));
      resolve({ code, stdout: Buffer.concat(stdout), stderr: said });
    });
    // Git may end without reading all of its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

interface Blocked {
  readonly pids: readonly number[];
  readonly problem: GitProblem;
}

/** Null: git does not wait for a named pipe, as far as that can be seen. */
async function lookForPipe(pid: number | undefined, directory: string): Promise<Blocked | null> {
  const pids = pid === undefined ? [] : waitingForPipe(pid);
  if (pids?.length === 0) return null;
  const pipe = await findNamedPipe(directory, performance.now() + pipeSearchMs).catch(() => null);
  if (pipe === null && pids === null) return null;
  // A pipe that another process opens for a moment is none that git waits for.
  const still = pid === undefined || pids === null ? pids : waitingForPipe(pid);
  if (still?.length === 0) return null;
  const what = pipe === null ? `A file that git reads for ${plainLine(directory, 1000)}` : plainLine(pipe, 1000);
  const problem = new GitProblem("blocked", `${what} is a named pipe, and git would wait for it without end. Remove it.`);
  return { pids: still ?? [], problem };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended.
  }
}

/** Git's own command behind the settings: `status` of `-c a=b -C /x status --porcelain`. */
export function commandIn(args: readonly string[]): string {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "-c" || arg === "-C") at += 1;
    else if (!arg.startsWith("-")) return arg;
  }
  return args[0] ?? "";
}

function notStarted(error: NodeJS.ErrnoException): GitProblem {
  if (error.code === "ENOENT")
    return new GitProblem("missing", `git is not installed, or not in PATH. Install git ${oldest.join(".")} or newer.`);
  return new GitProblem("failed", `git could not be started (${error.code ?? error.message}).`);
}
