/**
 * One Claude Code process of a runner: started here, so that its pid is ours to signal and its last
 * words on stderr are kept.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { readFromProc } from "../processes/proc.ts";

/** What the SDK asks to be started (its SpawnOptions). */
interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const keptStderrBytes = 8 * 1024;
/** An end that is expected is looked for this often and this long. */
const lookMs = 2;
const lookLimitMs = 500;

export class ClaudeProcess {
  #child: Child | null = null;
  #stderr = "";
  #ended: Promise<void> = Promise.resolve();
  #end: () => void = () => {};
  readonly #onSpawned: () => void;
  /** The newest signal: a process that starts after it gets it at once. */
  #signal: "SIGTERM" | "SIGKILL" | null = null;
  /**
   * Where the next one starts, instead of the directory that is asked for: a handle means the same
   * whatever its name does.
   */
  directory: string | null = null;

  constructor(onSpawned: () => void) {
    this.#onSpawned = onSpawned;
  }

  /** The SDK's `spawnClaudeCodeProcess`. To be called once. */
  readonly start = (request: SpawnRequest): Child => {
    const { command, args, cwd, env } = request;
    const child = spawn(command, args, { cwd: this.directory ?? cwd, env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
    // The SDK listens for its exit in more places than Node takes for sound, and the server's log
    // would say so.
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
   * To be called when it has said its last word. It then counts as ended when it can run no
   * instruction any more and all of its output is read, which is some 25 ms before anybody is told
   * of its exit (docs/decisions/0005).
   * @returns false when it goes on for longer than half a second, and where there is no /proc.
   */
  async spent(): Promise<boolean> {
    const [child, end] = [this.#child, this.#end];
    if (child?.pid === undefined || !(await runsOut(child.pid))) return false;
    await drained(child.stdout);
    end();
    return true;
  }

  /** Settles when nobody has to wait for it (wait(2)) any more; at once when none was started. */
  get reaped(): Promise<void> {
    const child = this.#child;
    if (child === null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => child.once("exit", () => resolve()));
  }

  /** Whether it came to an end that it did not choose: a signal, or an exit code other than 0. */
  get hasDied(): boolean {
    return this.#child !== null && (this.#child.signalCode !== null || (this.#child.exitCode ?? 0) !== 0);
  }

  /** Sends the signal, also to a process that is only about to start. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#signal = signal;
    this.#child?.kill(signal);
  }
}

/**
 * The last 8 KB, without the word that the cut went through: half of a secret would not be found
 * any more.
 */
function newest(text: string): string {
  return text.length <= keptStderrBytes ? text : text.slice(-keptStderrBytes).replace(/^\S+/, "");
}

/** Whether a process can run no instruction any more, within the limit. */
async function runsOut(pid: number): Promise<boolean> {
  if (process.platform !== "linux") return false;
  for (const start = performance.now(); performance.now() - start < lookLimitMs; await delay(lookMs)) {
    if (readFromProc(pid)?.alive === false) return true;
  }
  return false;
}

/** Resolves when nothing more comes out of a pipe into which nobody writes any more. */
async function drained(output: Readable): Promise<void> {
  const taken = (): number => ("bytesRead" in output ? Number(output.bytesRead) : 0);
  for (let before = -1; before !== taken() || output.readableLength > 0;) {
    before = taken();
    // Every turn of the event loop reads what a pipe holds. One more, as this one may be behind its
    // reading.
    await nextTurn();
    await nextTurn();
  }
}
