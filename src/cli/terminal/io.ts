/**
 * The command line's way to the world: streams, environment, directory and Ctrl-C, so that tests
 * can hand in their own.
 */
import type { Output } from "./output.ts";
import { writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { WorkerError } from "../../domain/errors.ts";
import { visibleText } from "../../domain/text/plain-text.ts";
import { wrap } from "./render/wrap.ts";
import { terminalText } from "./terminal-text.ts";

export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** The descriptor of `stdin`, to see what it is without opening it; null: just read it. */
  readonly inputFd: number | null;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current directory. @throws WorkerError invalid_input: it was removed. */
  readonly cwd: string;
  /** Calls `listener` at Ctrl-C instead of ending the process. Returns the undo. */
  onInterrupt(listener: () => void): () => void;
  /**
   * Calls `listener` before a signal other than Ctrl-C ends the process: to leave the terminal
   * clean. Returns the undo.
   */
  onKill(listener: () => void): () => void;
}

export interface ProcessIo extends Io {
  /**
   * Resolves when the readers of both outputs have received everything that was written. Ends the
   * process when an output cannot be written.
   */
  written(): Promise<void>;
}

/** One JSON value for programs: a line of its own, indented where a person looks. */
export function writeJson(output: Output, value: unknown): void {
  output.exact(`${visibleText(JSON.stringify(value, null, output.isTTY ? 2 : undefined))}\n`);
}

/** One JSON value as one line of a stream, everywhere. */
export function jsonLine(value: unknown): string {
  return `${visibleText(JSON.stringify(value))}\n`;
}

/**
 * Streams are made when they are first asked for: each costs milliseconds, and most calls need one
 * of the three.
 */
export function processIo(host: NodeJS.Process): ProcessIo {
  const outputs: { stdout?: Output; stderr?: Output } = {};
  return {
    get stdin() {
      return host.stdin;
    },
    inputFd: 0,
    get stdout() {
      return (outputs.stdout ??= outputTo(host.stdout, host.env));
    },
    get stderr() {
      return (outputs.stderr ??= outputTo(host.stderr, host.env));
    },
    env: host.env,
    get cwd() {
      return cwdOf(host);
    },
    onInterrupt(listener) {
      host.on("SIGINT", listener);
      return () => void host.off("SIGINT", listener);
    },
    onKill(listener) {
      const end = (signal: keyof typeof endingSignals): void => {
        listener();
        host.exit(128 + endingSignals[signal]);
      };
      const signals = Object.keys(endingSignals) as (keyof typeof endingSignals)[];
      for (const signal of signals) host.on(signal, end);
      return () => signals.forEach((signal) => void host.off(signal, end));
    },
    async written() {
      await Promise.all([writtenTo(host.stdout), ...(outputs.stderr === undefined ? [] : [writtenTo(host.stderr)])]);
      // Lets the error event of the last write come first.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Signals that end a process, with their numbers. */
const endingSignals = { SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/**
 * An output on a stream; colour per stream: NO_COLOR, FORCE_COLOR, else whether it is a terminal
 * that has colours.
 */
export function outputTo(stream: Stream, env: Io["env"]): Output {
  const isTTY = stream.isTTY === true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader (`| head`) has closed its end, which is normal. A full disk is an error.
    if (error.code === "EPIPE") process.exit(0);
    tellLost(error);
    process.exit(1);
  });
  const colour = wantsColour(isTTY, env);
  const decoder = new TextDecoder();
  const exact = (text: string): void => void stream.write(terminalText(text, { colour }));
  const flow = async (chunk: string | Uint8Array): Promise<void> => {
    if (stream.write(chunk)) return;
    await new Promise<void>((resolve) => stream.once("drain", resolve));
  };
  return {
    isTTY,
    get columns() {
      return sizeOr(stream.columns, 80);
    },
    get rows() {
      return sizeOr(stream.rows, 24);
    },
    colour,
    write: (text) => exact(isTTY ? wrap(text, sizeOr(stream.columns, 80)).join("\n") : text),
    exact,
    flow: (text) => flow(terminalText(text, { colour })),
    raw: (bytes) => flow(isTTY ? visibleText(typeof bytes === "string" ? bytes : decoder.decode(bytes, { stream: true })) : bytes),
    control: (sequence) => void (isTTY && stream.write(sequence)),
  };
}

/** A terminal's size; some terminals do not know theirs and report 0. */
function sizeOr(reported: number | undefined, usual: number): number {
  return reported !== undefined && reported > 0 ? reported : usual;
}

function tellLost({ message }: Error): void {
  try {
    writeSync(2, `Error: The output cannot be written (${message}). What was asked for may have been done all the same.\n`);
  } catch {
    // It is the standard error itself: there is nowhere left to say so.
  }
}

function cwdOf(host: NodeJS.Process): string {
  try {
    return host.cwd();
  } catch {
    throw new WorkerError("invalid_input", "The current directory does not exist any more. Change to one that does.");
  }
}

async function writtenTo(stream: Writable): Promise<void> {
  if (stream.writableLength === 0) return;
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}

function wantsColour(isTTY: boolean, env: Io["env"]): boolean {
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTTY && env["TERM"] !== "dumb";
}
