/**
 * The server's end of a runner's unix socket: NDJSON both ways. It says when the other side is
 * gone; it never decides what that means.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseJson } from "../domain/text/parse-json.ts";
import type { FromRunner, ToRunner } from "../attempt-protocol/protocol.ts";

type Hello = Extract<FromRunner, { type: "hello" }>;

export interface RunnerConnection {
  readonly hello: Hello;
  send(message: ToRunner): void;
  /**
   * Called with every message after `hello`. Messages that came before a listener was set are kept
   * for it.
   */
  onMessage(listener: (message: FromRunner) => void): void;
  /** Called once when the connection is closed, from either side; at once when it is already. */
  onClose(listener: () => void): void;
  close(): void;
}

/**
 * What says nothing of the runner: we have no descriptors or memory left, or it has more callers
 * than it can take at once.
 */
const ownFaults: ReadonlySet<string | undefined> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN"]);

/**
 * Connects and waits for the runner's `hello`: for ever, if the runner is stopped or hangs.
 * @param signal ends the wait.
 * @returns null when nobody listens there: the runner is dead (or was never born). Also when the
 * wait was ended.
 * @throws the system's error when it cannot be told whether the runner lives.
 */
export function connectRunner(path: string, signal?: AbortSignal): Promise<RunnerConnection | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (ownFaults.has(error.code)) reject(error);
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

/** null: what came is not a message, so what speaks there is not a runner of ours. */
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
    // An error is always followed by `close`, which is what counts.
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
