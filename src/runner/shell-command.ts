/**
 * Runs one shell command in a process group of its own, within a time limit. It does not end what
 * the command leaves behind: the sweep does.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { ProcessEnd } from "../domain/verification/verify-result.ts";
import { withUsersUmask } from "../processes/users-umask.ts";
import { OutputTail } from "./output-tail.ts";

/** Time between SIGTERM and SIGKILL. */
const termMs = 2_000;
/** A process that waits for a dead disk outlives SIGKILL: it is left alone after this time. */
const killMs = 5_000;
/** What is in the pipe at the end is read within this time. */
const drainMs = 1_000;
/** How much of the end of the output is kept. */
const outputBytes = 64 * 1024;

export interface ShellCommandOptions {
  readonly command: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Ends what the command has left behind. Called once it has ended itself. */
  readonly clear: () => Promise<void>;
}

/** How a command ended, and what it printed. */
export interface ShellCommandEnd extends ProcessEnd {
  /** The end of what it printed, standard output and standard error in their order. */
  readonly output: string;
  readonly outputBytes: number;
  readonly tookMs: number;
}

type Exit = Pick<ProcessEnd, "exitCode" | "signal" | "startProblem">;
const notStarted: Exit = { exitCode: null, signal: null, startProblem: null };

/** A command that runs. */
export class ShellCommand {
  readonly #options: ShellCommandOptions;
  readonly #tail = new OutputTail(outputBytes);
  readonly #timers = new Set<NodeJS.Timeout>();
  #child: ChildProcess | null = null;
  #isTimedOut = false;
  #isStopped = false;
  #giveUp: () => void = () => {};

  constructor(options: ShellCommandOptions) {
    this.#options = options;
  }

  /** Runs it to its end. Called once. */
  async run(): Promise<ShellCommandEnd> {
    const began = performance.now();
    if (!this.#isStopped) this.#after(this.#options.limitMs, () => this.#timeIsUp());
    const end = this.#isStopped ? notStarted : await this.#start();
    const tookMs = Math.round(performance.now() - began);
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#options.clear();
    await this.#drain();
    const { text: output, totalBytes: outputBytes } = this.#tail;
    return { ...end, isTimedOut: this.#isTimedOut, isStopped: this.#isStopped, tookMs, output, outputBytes };
  }

  /** Ends it. May be called twice, and before the start. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = !this.#isTimedOut;
    this.#kill();
  }

  #start(): Promise<Exit> {
    return new Promise((resolve) => {
      const notBegun = ({ code, message }: NodeJS.ErrnoException): void =>
        resolve({ ...notStarted, startProblem: `the shell could not be started (${code ?? message})` });
      this.#giveUp = () => resolve({ exitCode: null, signal: "SIGKILL", startProblem: null });
      try {
        this.#child = this.#spawn();
      } catch (error) {
        return notBegun(error as NodeJS.ErrnoException);
      }
      this.#child.once("error", notBegun);
      this.#child.once("exit", (exitCode, signal) => resolve({ exitCode, signal, startProblem: null }));
    });
  }

  /** The inner shell has the command as it was given, and one pipe for all that it prints. */
  #spawn(): ChildProcess {
    const { command, directory, env } = this.#options;
    const words = ["-c", 'exec /bin/sh -c "$1" 2>&1', "sh", command];
    const child = withUsersUmask(() =>
      spawn("/bin/sh", words, { cwd: directory, env: { ...env }, detached: true, stdio: ["ignore", "pipe", "ignore"] }),
    );
    child.stdout.on("data", (chunk: Buffer) => this.#tail.add(chunk));
    child.stdout.on("error", () => {});
    return child;
  }

  /** The rest of the output. A process that was left behind may hold the pipe open. */
  async #drain(): Promise<void> {
    const stdout = this.#child?.stdout;
    if (stdout == null || stdout.readableEnded || stdout.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, drainMs);
      stdout.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    stdout.destroy();
  }

  #timeIsUp(): void {
    this.#isTimedOut = !this.#isStopped;
    this.#kill();
  }

  #kill(): void {
    this.#signal("SIGTERM");
    this.#after(termMs, () => this.#signal("SIGKILL"));
    this.#after(termMs + killMs, () => this.#giveUp());
  }

  /** Signals the whole group. Its leader is not reaped before its `exit` is reported. */
  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  }

  #after(delayMs: number, act: () => void): void {
    this.#timers.add(setTimeout(act, delayMs));
  }
}
