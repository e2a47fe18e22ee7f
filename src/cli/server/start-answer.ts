/** Reads what a starting server says of its start: that it is ready, or why not. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { errorCodes, WorkerError } from "../../domain/errors.ts";
import type { ErrorCode } from "../../domain/errors.ts";

export interface Started {
  readonly pid: number;
  /** null: the server serves its unix socket only. */
  readonly url: string | null;
  readonly socket: string;
  readonly home: string;
  readonly logFile: string;
  /** What the server has to say about its start, e.g. that the port was taken. */
  readonly notes: readonly string[];
  /**
   * What is degraded from the start, e.g. a full disk: the server reads, and takes tasks when that
   * is over.
   */
  readonly problems: readonly string[];
}

/**
 * Longest time that a start may take: a large database is opened slowly after a crash, and so is
 * any on a loaded machine.
 */
const startMs = 300_000;

type Answer = Omit<Started, "logFile">;

/** The server's one line on its descriptor 3: ready, or why not. Afterwards it is on its own. */
export async function firstMessage(child: ChildProcess, logFile: string): Promise<Answer> {
  const channel = child.stdio[3] as Readable;
  try {
    return await new Promise<Answer>((fulfil, reject) => {
      const timer = setTimeout(() => reject(tooSlow(child, logFile)), startMs);
      let text = "";
      channel.setEncoding("utf8");
      channel.on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("\n")) settle(() => fulfil(answerOf(text)));
      });
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        try {
          how();
        } catch (error) {
          reject(error);
        }
      };
      child.once("error", (error) => settle(() => reject(new WorkerError("internal", `The server cannot be started: ${error.message}.`))));
      child.once("exit", (code, signal) => settle(() => reject(new ServerDied(code, signal, logFile))));
    });
  } finally {
    channel.destroy();
    child.unref();
  }
}

function answerOf(text: string): Answer {
  const message = JSON.parse(text.slice(0, text.indexOf("\n"))) as {
    ready?: boolean;
    error?: { code: string; message: string };
    warnings?: string[];
    problems?: string[];
  } & Answer;
  if (message.error !== undefined) {
    const code = (errorCodes as readonly string[]).includes(message.error.code) ? (message.error.code as ErrorCode) : "internal";
    throw new WorkerError(code, message.error.message);
  }
  return {
    pid: message.pid,
    url: message.url,
    socket: message.socket,
    home: message.home,
    notes: message.warnings ?? [],
    problems: message.problems ?? [],
  };
}

/** The server process ended before it said whether it could start. */
export class ServerDied extends WorkerError {
  readonly what: string;
  /** The signal that ended it; null: it ended by itself. */
  readonly bySignal: string | null;

  constructor(code: number | null, signal: string | null, logFile: string) {
    const what = `The server ended before it answered (${signal ?? `exit code ${String(code)}`}).`;
    super("unavailable", `${what} Its log says why: ${logFile}`);
    this.what = what;
    this.bySignal = signal;
  }
}

function tooSlow(child: ChildProcess, logFile: string): WorkerError {
  const message = `The server (pid ${String(child.pid)}) did not answer within ${startMs / 1000} s. Its log says more: ${logFile}`;
  return new WorkerError("unavailable", message);
}
