/**
 * Git in one directory. Every call of git goes through here: an array of arguments, no shell, no
 * program that the repository's configuration names, no prompt, limited time and output.
 */
import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import { driverPattern, fixedOverrides, gitEnvironment, hookPattern, isHook, withoutDriver, withoutHook } from "./git-environment.ts";
import type { Environment, GitUse, Override } from "./git-environment.ts";
import { commandIn } from "./git-program.ts";
import type { GitEnd, GitProgram } from "./git-program.ts";
import { problemOf } from "./git-problem.ts";
import type { GitProblem } from "./git-problem.ts";

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 64 * 1024 * 1024;

export interface GitCall {
  /** Default: `read`. */
  readonly use?: GitUse;
  /**
   * The command neither reads a file of a work tree nor writes an index (which reads files, too),
   * so that no filter can run: saves the look for filters.
   */
  readonly isPlain?: true;
  readonly input?: string | Buffer;
  /** Settings for this call alone. */
  readonly settings?: readonly Override[];
  /** Variables of ours, like `GIT_INDEX_FILE`. */
  readonly env?: Environment;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** Commands that would show a difference with programs of the repository. */
const differs: ReadonlySet<string> = new Set(["diff", "diff-tree", "diff-index", "diff-files", "log", "show"]);

export class Git {
  readonly #program: GitProgram;
  readonly directory: string;
  readonly #signal: AbortSignal | undefined;
  readonly #own: Environment;
  /** What disables the filters, drivers and hooks that were configured at the first call. */
  #withoutPrograms: Promise<Programs> | null = null;

  /**
   * @param directory absolute: the place that git starts from.
   * @param signal ends its processes. @param own variables of ours for every call.
   */
  constructor(program: GitProgram, directory: string, signal?: AbortSignal, own: Environment = {}) {
    this.#program = program;
    this.directory = directory;
    this.#signal = signal;
    this.#own = own;
  }

  /** The same git in another directory. */
  in(directory: string): Git {
    return new Git(this.#program, directory, this.#signal);
  }

  /** Git for the work tree there, whatever place the repository's settings name later. */
  atWorkTree(top: string): Git {
    return new Git(this.#program, top, this.#signal, { GIT_WORK_TREE: top });
  }

  /** The same git, which looks for filters again. */
  again(signal = this.#signal): Git {
    return new Git(this.#program, this.directory, signal, this.#own);
  }

  /**
   * Runs a command.
   * @returns its output. @throws GitProblem, also for an exit code that is not 0.
   */
  async run(args: readonly string[], call: GitCall = {}): Promise<Buffer> {
    return (await this.talk(args, call)).stdout;
  }

  /** The same with the warnings of a command that succeeded. @throws GitProblem. */
  async talk(args: readonly string[], call: GitCall = {}): Promise<Pick<GitEnd, "stdout" | "stderr">> {
    const { code, stdout, stderr } = await this.#start(args, call);
    if (code !== 0) throw this.#problem(args, call, stderr, code);
    return { stdout, stderr };
  }

  /** The output without the last line's end. @throws GitProblem. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    return (await this.run(args, call)).toString("utf8").replace(/\n$/, "");
  }

  /** The output; null for the exit code 1, with which commands answer "no". @throws GitProblem. */
  async find(args: readonly string[], call: GitCall = {}): Promise<string | null> {
    return (await this.findBytes(args, call))?.toString("utf8").replace(/\n$/, "") ?? null;
  }

  /** The same as it is. @throws GitProblem. */
  async findBytes(args: readonly string[], call: GitCall = {}): Promise<Buffer | null> {
    const { code, stdout, stderr } = await this.#start(args, call);
    if (code === 1) return null;
    if (code !== 0) throw this.#problem(args, call, stderr, code);
    return stdout;
  }

  /** The names of the filters that have a program. @throws GitProblem. */
  async filters(): Promise<ReadonlySet<string>> {
    await this.#program.requireVersion();
    const { drivers } = await (this.#withoutPrograms ??= this.#programs({}));
    return new Set(drivers.flatMap(([key]) => /^filter\.(.*)\.(?:clean|process)$/s.exec(key)?.[1] ?? []));
  }

  #problem(args: readonly string[], { env = {} }: GitCall, stderr: string, code: number): GitProblem {
    const { GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE } = { ...this.#own, ...env };
    const places = [this.directory, GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE, linkedDirectory(this.directory)];
    const known = places.filter((place) => place !== undefined && place !== null);
    return problemOf(`git ${commandIn(args)}`, this.directory, stderr, code, known);
  }

  async #start(args: readonly string[], call: GitCall): Promise<GitEnd> {
    await this.#program.requireVersion();
    const { use = "read", isPlain = false } = call;
    const mayFilter = !isPlain && use !== "checkout";
    const mayHook = use !== "read" && this.#program.hasNamedHooks;
    const { drivers, hooks } = mayFilter || mayHook ? await (this.#withoutPrograms ??= this.#programs(call)) : noPrograms;
    return await this.#launch(args, call, mayFilter ? [...drivers, ...hooks] : hooks);
  }

  #launch(args: readonly string[], call: GitCall, disabled: readonly Override[]): Promise<GitEnd> {
    const { use = "read", input, env = {}, settings: own = [], timeoutMs, maxBytes } = call;
    const [command = "", ...rest] = args;
    const settings = [...fixedOverrides, ...own].flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    const safe = differs.has(command) ? [command, "--no-ext-diff", "--no-textconv", ...rest] : args;
    return this.#program.start({
      args: ["--no-pager", ...settings, "-C", this.directory, ...safe],
      directory: this.directory,
      env: gitEnvironment(this.#program.env, use, disabled, { ...this.#own, ...env }),
      input,
      timeoutMs: timeoutMs ?? defaultTimeoutMs,
      maxBytes: maxBytes ?? defaultMaxBytes,
      signal: this.#signal,
    });
  }

  /** Names may hold anything but NUL, so they are passed in the environment, not as arguments. */
  async #programs({ timeoutMs }: GitCall): Promise<Programs> {
    const args = ["config", "--name-only", "-z", "--get-regexp", `${driverPattern}|${hookPattern}`];
    const { code, stdout, stderr } = await this.#launch(args, timeoutMs === undefined ? {} : { timeoutMs }, []);
    if (code === 1 && stdout.length === 0) return noPrograms;
    if (code !== 0) throw problemOf("git config", this.directory, stderr, code);
    const keys = stdout
      .toString("utf8")
      .split("\0")
      .filter((key) => key !== "");
    const [hooks, drivers] = [keys.filter(isHook), keys.filter((key) => !isHook(key))].map((each) => [...new Set(each)]);
    return { drivers: (drivers ?? []).flatMap(withoutDriver), hooks: (hooks ?? []).flatMap(withoutHook) };
  }
}

/** Git's directory of a worktree, which may be on another disk; null: this is none. */
function linkedDirectory(directory: string): string | null {
  try {
    const file = path.join(directory, ".git");
    // A pipe would hold this process.
    if (!lstatSync(file).isFile()) return null;
    const [, found] = /^gitdir: (.+)/.exec(readFileSync(file, "utf8")) ?? [];
    return found === undefined ? null : path.resolve(directory, found);
  } catch {
    return null;
  }
}

/** What disables the programs that settings name. */
interface Programs {
  readonly drivers: readonly Override[];
  readonly hooks: readonly Override[];
}

const noPrograms: Programs = { drivers: [], hooks: [] };
