/**
 * A process of its own that uses the store and can be stopped, continued and killed. It talks in
 * lines of JSON over its pipes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

export interface StoreProcess {
  readonly pid: number;
  /** The next line that it prints, parsed; null when it has ended. */
  next(): Promise<unknown>;
  /** Sends one line. */
  send(message: unknown): void;
  signal(signal: NodeJS.Signals): void;
  /** Kills it and waits for its end. */
  kill(): Promise<void>;
}

interface ProcessOptions {
  readonly script: string;
  /** Handed to the script as JSON. */
  readonly input: unknown;
  /** A command before Node's, such as `prlimit`. */
  readonly prefix?: readonly string[];
}

/** Runs a module of this folder (`lock-holder.ts`). Ended with the test. */
export function startProcess(t: TestContext, { script, input, prefix = [] }: ProcessOptions): StoreProcess {
  const file = new URL(script, import.meta.url).pathname;
  const [command, ...args] = [...prefix, process.execPath, file, JSON.stringify(input)];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  t.after(kill);
  return {
    pid: child.pid ?? 0,
    next: async () => {
      const { value, done } = await lines.next();
      return done === true ? null : (JSON.parse(value) as unknown);
    },
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    signal: (signal) => void child.kill(signal),
    kill,
  };
}
