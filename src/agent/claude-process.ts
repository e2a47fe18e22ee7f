/**
 * Runs one Claude Code process of a runner. The runner starts it itself, so that it can signal the
 * process and keep the end of its stderr.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { readFromProc } from "../processes/proc.ts";
import { withUsersUmask } from "../processes/users-umask.ts";

/** The SDK's request to start a process (its SpawnOptions). */
interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const keptStderrBytes = 8 * 1024;
/** How often and how long `spent` checks for an expected end. */
const lookMs = 2;
const lookLimitMs = 500;

export class ClaudeProcess {
  #child: Child | null = null;
  #stderr = "";
  #ended: Promise<void> = Promise.resolve();
  #end: () => void = () => {};
  readonly #onSpawned: () => void;
  /** The newest signal. A process that starts later gets it at once. */
  #signal: "SIGTERM" | "SIGKILL" | null = null;
  /**
   * The directory of the next process, instead of the requested one: a handle always means the same
   * directory, also after its name has changed.
   */
  directory: string | null = null;

  constructor(onSpawned: () => void) {
    this.#onSpawned = onSpawned;
  }

  /** The SDK's `spawnClaudeCodeProcess`. Call it once. */
  readonly start = (request: SpawnRequest): Child => {
    const { command, args, cwd, env } = request;
    const place = this.directory ?? cwd;
    const child = withUsersUmask(() =>
      spawn(command, args.filter(isToBeSeen), { cwd: place, env: { ...env }, stdio: ["pipe", "pipe", "pipe"] }),
    );
    // The SDK adds more exit listeners than Node's limit, and the warning would go into the log.
    child.setMaxListeners(50);
    this.#child = child;
    this.#stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      this.#stderr = newest(this.#stderr + text);
    });
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    child.once("close", this.#end);
    child.once("error", this.#end);
    if (this.#signal !== null) child.kill(this.#signal);
    setImmediate(this.#onSpawned);
    return child;
  };

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** The last 8 KB that it wrote to stderr. */
  get lastWords(): string {
    return this.#stderr.trim();
  }

  /** Settles when it has ended and its output is read; at once when none was started. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Waits for the end of the process after its last message. It counts as ended when it can run no
   * instruction and all of its output is read, which is about 25 ms before the system reports its
   * exit (docs/decisions/0005).
   * @returns false when the process runs for more than half a second, and where there is no /proc.
   */
  async spent(): Promise<boolean> {
    const [child, end] = [this.#child, this.#end];
    if (child?.pid === undefined || !(await runsOut(child.pid))) return false;
    await drained(child.stdout);
    end();
    return true;
  }

  /** Settles when the process is reaped (wait(2)); at once when none was started. */
  get reaped(): Promise<void> {
    const child = this.#child;
    if (child === null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => child.once("exit", () => resolve()));
  }

  /** Whether it ended by a signal or with an exit code other than 0. */
  get hasDied(): boolean {
    return this.#child !== null && (this.#child.signalCode !== null || (this.#child.exitCode ?? 0) !== 0);
  }

  /** Sends the signal, also to a process that has not started yet. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#signal = signal;
    this.#child?.kill(signal);
  }
}

/** The SDK sends the schema of answers over stdin, too: other users can read an argument (`ps`). */
function isToBeSeen(arg: string): boolean {
  return !arg.startsWith("--json-schema=");
}

/** The last 8 KB, without the word at the cut, because half of a secret would not be found. */
function newest(text: string): string {
  return text.length <= keptStderrBytes ? text : text.slice(-keptStderrBytes).replace(/^\S+/, "");
}

/** Whether a process can run no more instructions, waiting up to the limit. */
async function runsOut(pid: number): Promise<boolean> {
  if (process.platform !== "linux") return false;
  for (const start = performance.now(); performance.now() - start < lookLimitMs; await delay(lookMs)) {
    if (readFromProc(pid)?.alive === false) return true;
  }
  return false;
}

/** Resolves when a pipe without a writer is read to its end. */
async function drained(output: Readable): Promise<void> {
  const taken = (): number => ("bytesRead" in output ? Number(output.bytesRead) : 0);
  for (let before = -1; before !== taken() || output.readableLength > 0;) {
    before = taken();
    // Every turn of the event loop reads what a pipe holds. Wait for one more turn, because this
    // turn may be past its reading.
    await nextTurn();
    await nextTurn();
  }
}
