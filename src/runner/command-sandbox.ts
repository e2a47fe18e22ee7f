/**
 * Puts the commands that Claude Worker runs for a task into the sandbox that Claude's own have
 * (Anthropic's sandbox runtime: bubblewrap with socat, Seatbelt), and finds out whether the machine
 * has one.
 */
import { accessSync, constants, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { ownBinary } from "../config/own-claude.ts";
import { worktreeFacts } from "../git/worktree-facts.ts";
import { runtimeSandbox, withEntry } from "../domain/task/sandbox.ts";
import type { SandboxOrder } from "../domain/task/sandbox.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { lastLines } from "../domain/text/last-lines.ts";
import { ShellCommand } from "./shell-command.ts";

const runtime = "@anthropic-ai/sandbox-runtime/dist/cli.js";
const trialMs = 30_000;

export interface CommandSandboxOptions {
  /** Undefined: no sandbox is asked for. */
  readonly order: SandboxOrder | undefined;
  /** What commands get. */
  readonly env: Readonly<Record<string, string>>;
  /** Claude Code's binary, or null for the SDK's own: it has ripgrep in it. */
  readonly claude: string | null;
}

export class CommandSandbox {
  readonly #options: CommandSandboxOptions;
  #isOn = false;
  #ripgrep = "rg";

  constructor(options: CommandSandboxOptions) {
    this.#options = options;
  }

  /** Whether commands run in it. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /**
   * Tries a command in the sandbox. @param cwd an existing directory.
   * @returns why the machine has none, as a sentence; null: it has, or none is asked for.
   */
  async begin(cwd: string): Promise<string | null> {
    const { order, env } = this.#options;
    if (order === undefined) return null;
    const problem = missing(env["PATH"] ?? "") ?? this.#prepare(order);
    if (problem !== null) return problem;
    this.#isOn = true;
    const command = this.wrapped("exit 0");
    const trial = new ShellCommand({ command, directory: cwd, env, limitMs: trialMs, clear: async () => {} });
    const { exitCode, output } = await trial.run();
    if (exitCode === 0) return null;
    this.#isOn = false;
    const said = plainLine(lastLines(output, { characters: 500, lines: 1 }), 500);
    return `No command can be run in a sandbox here: ${said === "" ? "it did not start" : said}.`;
  }

  /** The command as the shell gets it; the same where the sandbox is off. */
  wrapped(command: string): string {
    const { order, env } = this.#options;
    if (!this.#isOn || order === undefined) return command;
    this.#write(order);
    // The sandbox sets a temporary directory of its own.
    const temporary = env["TMPDIR"];
    const inside = temporary === undefined ? command : `export TMPDIR=${quoted(temporary)}; exec /bin/sh -c ${quoted(command)}`;
    const words = [process.execPath, runtimePath() ?? "", "--settings", join(order.directory, "settings.json"), "-c", inside];
    // It makes sockets there, whose paths must be short.
    return `TMPDIR=/tmp exec ${words.map(quoted).join(" ")}`;
  }

  /** Removes its files. */
  end(): void {
    const { order } = this.#options;
    if (order !== undefined) rmSync(order.directory, { recursive: true, force: true });
  }

  #prepare(order: SandboxOrder): string | null {
    const { env, claude } = this.#options;
    if (runtimePath() === null)
      return "The package @anthropic-ai/sandbox-runtime is not installed. Install Claude Worker again with optional dependencies.";
    mkdirSync(order.directory, { recursive: true, mode: 0o700 });
    const own = join(order.directory, "rg");
    const binary = claude ?? ownBinary();
    rmSync(own, { force: true });
    // Claude Code is ripgrep where it is called so.
    if (binary !== null) symlinkSync(binary, own);
    this.#ripgrep = isOnPath("rg", env["PATH"] ?? "") ? "rg" : own;
    return null;
  }

  /** The worktree may have been made since. */
  #write(order: SandboxOrder): void {
    const settings = JSON.stringify(runtimeSandbox(placed(order), this.#ripgrep));
    writeFileSync(join(order.directory, "settings.json"), settings, { mode: 0o600 });
  }
}

/** The order for the worktree as it is now, with the directory that git has for it. */
export function placed(order: SandboxOrder): SandboxOrder {
  const { worktree } = order;
  return worktree === undefined ? order : withEntry(order, worktreeFacts(worktree.path, worktree.repository).entry);
}

/** Which program the system lacks, as a sentence; null: none. */
function missing(path: string): string | null {
  if (process.platform === "darwin") return null;
  if (process.platform !== "linux") return `There is no sandbox on ${process.platform}.`;
  const programs = ["bwrap", "socat"].filter((program) => !isOnPath(program, path));
  if (programs.length === 0) return null;
  return `The sandbox needs ${programs.join(" and ")}. Install bubblewrap and socat with your system's package manager.`;
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function runtimePath(): string | null {
  try {
    return createRequire(import.meta.url).resolve(runtime);
  } catch {
    return null;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
