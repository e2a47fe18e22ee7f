/** The Claude Code process of a runner: started here, so that its pid is ours to signal and its last words on stderr are kept. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** What the SDK asks to be started (its SpawnOptions). */
interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const keptStderrBytes = 8 * 1024;

export class ClaudeProcess {
  #child: Child | null = null;
  #stderr = "";
  #ended: Promise<void> = Promise.resolve();
  readonly #onSpawned: () => void;

  constructor(onSpawned: () => void) {
    this.#onSpawned = onSpawned;
  }

  /** The SDK's `spawnClaudeCodeProcess`. A later start replaces an earlier one. */
  readonly start = (request: SpawnRequest): Child => {
    const { command, args, cwd, env } = request;
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderrBytes);
    });
    this.#ended = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", () => resolve());
    });
    setImmediate(this.#onSpawned);
    return child;
  };

  /** The last 8 KB that it wrote to stderr. */
  get lastWords(): string {
    return this.#stderr.trim();
  }

  /** Settles when it has ended and its output is read; at once when none was started. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether it came to an end that it did not choose: a signal, or an exit code other than 0. */
  get hasDied(): boolean {
    return this.#child !== null && (this.#child.signalCode !== null || (this.#child.exitCode ?? 0) !== 0);
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#child?.kill(signal);
  }
}
