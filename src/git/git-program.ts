/**
 * Starts git: a limited number at once, each with a limit for its time and its output. git.ts says
 * with which settings.
 */
import { spawn } from "node:child_process";
import { GitProblem } from "./git-problem.ts";
import type { Environment } from "./git-environment.ts";

/** Older versions do not read settings from the environment, which keeps programs from running. */
const oldest = [2, 31] as const;
/** How many processes of git run at once. */
const maxProcesses = 4;
/** Between SIGTERM, at which git removes its lock files, and SIGKILL. */
const killMs = 2_000;

export interface GitStart {
  readonly args: readonly string[];
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

  /** @throws GitProblem `missing`, `too_slow`, `too_much`; an exit code is an answer. */
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
    const [wantedMajor, wantedMinor] = oldest;
    if (Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor)) return;
    throw new GitProblem("too_old", `git ${major}.${minor} is too old. Install git ${oldest.join(".")} or newer.`);
  }
}

/** Runs in `/`, so that a relative PATH does not find programs of a repository. */
function run({ args, env, input, timeoutMs, maxBytes, signal }: GitStart): Promise<GitEnd> {
  const command = `git ${commandIn(args)}`;
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
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
    const clear = (): void => {
      clearTimeout(limit);
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
