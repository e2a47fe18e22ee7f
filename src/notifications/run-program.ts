/** Runs a program of a channel: without a shell, with a small environment, for a limited time. */
import { spawn } from "node:child_process";
import type { Sent } from "./adapter.ts";

/** What a program needs to find others, and the desktop; no secret is among it. */
const passedOn = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
];

export interface Program {
  readonly command: readonly string[];
  /** Its standard input. */
  readonly input: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** An exit code of 0 is a delivery. At the signal the program and its children are killed. */
export function runProgram({ command: [file = "", ...args], input, env, signal }: Program): Promise<Sent> {
  return new Promise((resolve) => {
    const fail = (error: string): void => resolve({ delivered: false, error });
    if (signal.aborted) return fail("It was stopped before it began.");
    const child = spawn(file, args, {
      // A group of its own, so that its children can be ended with it.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: env["HOME"] ?? "/",
      env: Object.fromEntries(passedOn.map((name) => [name, env[name]]).filter(([, value]) => value !== undefined)) as Record<
        string,
        string
      >,
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener("abort", kill, { once: true });
    const done = (): void => signal.removeEventListener("abort", kill);
    child.once("error", (error: NodeJS.ErrnoException) => {
      done();
      fail(`${file} could not be started (${error.code ?? error.message}).`);
    });
    child.once("exit", (code, end) => {
      done();
      if (code === 0) resolve({ delivered: true });
      else if (signal.aborted) fail(`${file} did not end in time and was killed.`);
      else fail(`${file} ended with ${code === null ? String(end) : `exit code ${code}`}.`);
    });
    child.stdin.on("error", () => {}); // A program need not read its input.
    child.stdin.end(input);
  });
}
