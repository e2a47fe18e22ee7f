/**
 * Implements the server's end of a runner's unix socket: NDJSON both ways. It reports when the
 * other side has closed, and does not decide what that means.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseJson } from "../domain/text/parse-json.ts";
import type { FromRunner, ToRunner } from "../attempt-protocol/protocol.ts";

type Hello = Extract<FromRunner, { type: "hello" }>;

export interface RunnerConnection {
  readonly hello: Hello;
  send(message: ToRunner): void;
  /** Sets the listener for every message after `hello`. Earlier messages are kept for it. */
  onMessage(listener: (message: FromRunner) => void): void;
  /**
   * Sets a listener that is called once when either side closes the connection; at once when it is
   * closed already.
   */
  onClose(listener: () => void): void;
  close(): void;
}

/**
 * Errors that say nothing about the runner: this process has no descriptors or memory left, or too
 * many callers connect to the runner at once.
 */
const ownErrors: ReadonlySet<string | undefined> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN"]);

/**
 * Connects and waits for the runner's `hello`, without a limit: a stopped or hanging runner never
 * answers.
 * @param signal ends the wait.
 * @returns null when no process listens there: the runner is dead or never started. Also null when
 * the signal ended the wait.
 * @throws the system's error when it is not known whether the runner lives.
 */
export function connectRunner(path: string, signal?: AbortSignal): Promise<RunnerConnection | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (ownErrors.has(error.code)) reject(error);
    });
    socket.once("close", () => signal?.removeEventListener("abort", giveUp));
    const giveUp = (): void => void socket.destroy();
    signal?.addEventListener("abort", giveUp, { once: true });
    const settle = (connection: RunnerConnection | null): void => {
      signal?.removeEventListener("abort", giveUp);
      resolve(connection);
    };
    const connection = new NdjsonConnection(socket, () => settle(connection));
    connection.onClose(() => settle(null));
    if (signal?.aborted === true) giveUp();
  });
}

/** A runner's messages are short. */
const longestMessage = 1024 * 1024;

/**
 * Parses a message. null: the line is not a message, so the other side is not a runner of Claude
 * Worker.
 */
function read(line: string): FromRunner | null {
  try {
    return parseJson(line) as FromRunner;
  } catch {
    return null;
  }
}

class NdjsonConnection implements RunnerConnection {
  readonly #socket: Socket;
  readonly #onHello: () => void;
  #hello: Hello | null = null;
  #rest = "";
  #closed = false;
  #early: FromRunner[] = [];
  #listener: ((message: FromRunner) => void) | null = null;
  readonly #closeListeners: (() => void)[] = [];

  constructor(socket: Socket, onHello: () => void) {
    this.#socket = socket;
    this.#onHello = onHello;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#read(chunk));
    // After an error there is always a `close` event, which is handled.
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
  }

  get hello(): Hello {
    if (this.#hello === null) throw new Error("the runner has not said hello yet");
    return this.#hello;
  }

  send(message: ToRunner): void {
    if (!this.#closed) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  onMessage(listener: (message: FromRunner) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const message of early) listener(message);
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#closeListeners.push(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > longestMessage) return void this.#socket.destroy();
    for (const line of lines) {
      if (line === "") continue;
      const message = read(line);
      if (message === null) return void this.#socket.destroy();
      if (message.type === "hello") {
        this.#hello = message;
        this.#onHello();
      } else if (this.#listener === null) this.#early.push(message);
      else this.#listener(message);
    }
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
