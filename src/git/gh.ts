/**
 * Runs GitHub's program `gh`: in a directory of no repository unless the call names one, with
 * limits, without questions, and without the programs that a repository's configuration names.
 */
import { spawn } from "node:child_process";
import { delimiter, isAbsolute } from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { fixedOverrides } from "./git-environment.ts";

const maxBytes = 8_000_000;
/** Waits for the last output of a process that has exited, and not for its children. */
const drainMs = 500;

/**
 * `missing`: there is no such program. `signed_out`: it has no account. `too_old`: it does not know
 * what is asked for. `not_found`: GitHub has no such thing, or does not show it. `failed`: all
 * else, for example no network.
 */
export type GhFailure = "missing" | "signed_out" | "too_old" | "not_found" | "failed";

/** What keeps `gh` from an answer. The message is a sentence with what to do. */
export class GhProblem extends Error {
  readonly kind: GhFailure;

  constructor(kind: GhFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface GhOptions {
  /** A git directory, which tells `gh` where GitHub is. Absent: the call says it. */
  readonly repository?: string;
  /** What it reads. Absent: nothing. */
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Keeps the last bytes only, of an output of any length. */
  readonly tailBytes?: number;
  readonly signal?: AbortSignal;
}

/** @returns what it printed. @throws GhProblem. */
export type RunGh = (args: readonly string[], options?: GhOptions) => Promise<string>;

const defaultMs = 60_000;

/**
 * @param env its PATH, and the account of `gh`. @param where the program runs, as the end of a
 * sentence.
 */
export function ghProgram(env: Readonly<Record<string, string | undefined>>, where = "where the server runs"): RunGh {
  return async (args, options = {}) => {
    const { repository } = options;
    // `gh` asks git for changes, and git takes the directory for the work tree: never `/` then.
    const place = repository === undefined ? { cwd: "/", git: {} } : { cwd: repository, git: { GIT_DIR: repository } };
    const own = { GH_PROMPT_DISABLED: "1", GH_NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1", GH_PAGER: "cat", GIT_TERMINAL_PROMPT: "0" };
    const childEnv = { ...withoutGit(env), PATH: absolutePath(env["PATH"] ?? ""), ...own, ...withoutPrograms(), ...place.git };
    return await run(args, { cwd: place.cwd, env: childEnv, where, ...options });
  };
}

/** A relative entry would find programs of a repository. */
function absolutePath(path: string): string {
  return path
    .split(delimiter)
    .filter((each) => isAbsolute(each))
    .join(delimiter);
}

/** For the git that `gh` starts. */
function withoutPrograms(): Record<string, string> {
  const settings = fixedOverrides.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { ...(Object.fromEntries(settings) as Record<string, string>), GIT_CONFIG_COUNT: String(fixedOverrides.length) };
}

interface Run extends GhOptions {
  readonly where: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function run(args: readonly string[], { cwd, env, where, input, timeoutMs = defaultMs, tailBytes, signal }: Run): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("gh", args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    // It may end without reading.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let [bytes, errorBytes] = [0, 0];
    let problem: GhProblem | null = null;
    let drain: NodeJS.Timeout | undefined;
    const words = `gh ${args.slice(0, 2).join(" ")}`;
    const stop = (message: string): void => {
      problem ??= new GhProblem("failed", message);
      kill(child.pid);
    };
    const limit = setTimeout(() => stop(`${words} took longer than ${Math.ceil(timeoutMs / 1000)} s and was ended.`), timeoutMs);
    const aborted = (): void => stop(`${words} was ended with the server.`);
    signal?.addEventListener("abort", aborted, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      output.push(chunk);
      bytes += chunk.length;
      if (tailBytes === undefined && bytes > maxBytes) stop(`${words} said more than ${maxBytes / 1_000_000} MB.`);
      const most = tailBytes ?? Infinity;
      while (bytes - (output[0]?.length ?? 0) >= most) bytes -= output.shift()?.length ?? bytes;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (errorBytes < 100_000) errors.push(chunk);
      errorBytes += chunk.length;
    });
    const end = (settle: () => void): void => {
      clearTimeout(limit);
      clearTimeout(drain);
      signal?.removeEventListener("abort", aborted);
      child.stdout.destroy();
      child.stderr.destroy();
      settle();
    };
    const settle = (): void => {
      const said = Buffer.concat(output).toString("utf8");
      if (problem !== null) reject(problem);
      else if (child.exitCode === 0) resolve(tailBytes === undefined ? said : said.slice(-tailBytes));
      else reject(problemOf(words, where, Buffer.concat(errors).toString("utf8"), child.exitCode));
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      const kind = error.code === "ENOENT" || error.code === "EACCES" ? "missing" : "failed";
      const text =
        kind === "missing"
          ? `The program gh is not there ${where}. Install it: https://cli.github.com`
          : `${words} could not be started: ${plainLine(error.message, 200)}`;
      end(() => reject(problem ?? new GhProblem(kind, text)));
    });
    child.once("exit", () => (drain = setTimeout(() => end(settle), drainMs)));
    child.once("close", () => end(settle));
    if (signal?.aborted === true) aborted();
  });
}

/** What `gh` says, as one sentence with what to do. */
function problemOf(words: string, where: string, stderr: string, code: number | null): GhProblem {
  const lines = stderr
    .trim()
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (code === 4 || /gh auth login|GH_TOKEN|Bad credentials|HTTP 401/.test(stderr))
    return new GhProblem("signed_out", `gh is not signed in ${where}. Sign in: gh auth login`);
  if (/unknown (flag|command|shorthand flag)|Unknown JSON field/i.test(stderr))
    return new GhProblem("too_old", `gh is too old ${where}. Install gh 2.20 or newer: https://cli.github.com`);
  const why = plainLine(lines.find((line) => /HTTP \d{3}|GraphQL/.test(line)) ?? lines.at(-1) ?? "it said nothing", 300);
  const kind = /HTTP 404|HTTP 410|Could not resolve to an? /.test(stderr) ? "not_found" : "failed";
  return new GhProblem(kind, `${words} failed: ${why}`);
}

/** Ends it with the programs that it started. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has exited.
  }
}

function withoutGit(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("GIT_") && name !== "GH_REPO"));
}
