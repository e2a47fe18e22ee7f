/**
 * Connects a client's standard streams with the server. Passes messages on and holds no rules.
 * After the end of a server, connects to the next one as soon as the client needs it, and repeats
 * what that server must know.
 */
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { messageOf } from "../../domain/errors.ts";
import { Lines } from "./lines.ts";
import { PendingCalls } from "./pending-calls.ts";

export interface PipeOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Opens a connection. @param start whether to start the server when none runs. */
  connect(start: boolean): Promise<Socket>;
  /** Tells a person. */
  say(sentence: string): void;
}

const firstRetryMs = 1000;
const longestRetryMs = 30_000;

/**
 * Runs until the client closes its side.
 * @throws what the first connection throws; later ones are tried again when the client asks for
 * something.
 */
export async function runPipe(options: PipeOptions): Promise<void> {
  await new Pipe(options).run();
}

class Pipe {
  readonly #options: PipeOptions;
  readonly #calls = new PendingCalls();
  readonly #over = Promise.withResolvers<void>();
  #isOver = false;
  #socket: Socket | null = null;
  #isOpening = false;
  #retry: NodeJS.Timeout | null = null;
  #retryMs = firstRetryMs;
  /** What is to be said first on the next connection. */
  #unsent: string[] = [];

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { input, output } = this.#options;
    const lines = new Lines();
    this.#isOpening = true;
    input.on("data", (chunk: Buffer) => {
      for (const line of lines.take(chunk)) this.#fromClient(line);
    });
    for (const end of ["end", "error", "close"]) input.on(end, () => this.#finish());
    output.on("error", () => this.#finish());
    output.on("drain", () => this.#socket?.resume());
    await this.#open(true);
    await this.#over.promise;
  }

  /** @throws when there is no server to be had. */
  async #open(start: boolean): Promise<void> {
    this.#isOpening = true;
    let socket: Socket;
    try {
      socket = await this.#options.connect(start);
    } finally {
      this.#isOpening = false;
    }
    if (this.#isOver) return void socket.destroy();
    this.#socket = socket;
    this.#retryMs = firstRetryMs;
    const lines = new Lines();
    socket.on("data", (chunk: Buffer) => {
      for (const line of lines.take(chunk)) if (this.#calls.fromServer(line)) this.#toClient(line);
    });
    socket.on("drain", () => this.#options.input.resume());
    socket.on("error", () => undefined); // Its close follows.
    socket.on("close", () => this.#lost());
    socket.resume();
    for (const line of this.#unsent.splice(0)) this.#toServer(line);
  }

  #fromClient(line: string): void {
    this.#calls.fromClient(line);
    if (this.#socket !== null) return this.#toServer(line);
    this.#unsent.push(line);
    if (!this.#isOpening) void this.#reopen(true);
  }

  #toServer(line: string): void {
    if (this.#socket?.write(`${line}\n`) === false) this.#options.input.pause();
  }

  #toClient(line: string): void {
    if (!this.#options.output.write(`${line}\n`)) this.#socket?.pause();
  }

  #lost(): void {
    this.#socket = null;
    this.#options.input.resume();
    if (this.#isOver) return this.#over.resolve();
    this.#prepare();
    if (this.#calls.isWaiting) void this.#reopen(true);
    else if (this.#calls.isWatching) this.#reopenLater();
  }

  /** Decides which messages the next connection gets, and which calls are lost. */
  #prepare(): void {
    const { say, giveUp } = this.#calls.afterLoss();
    for (const line of giveUp) this.#toClient(line);
    this.#unsent = [...say];
  }

  /**
   * @param start the client waits for an answer; otherwise it only watches, and a server is not
   * started for that.
   */
  async #reopen(start: boolean): Promise<void> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      await this.#open(start);
    } catch (error) {
      if (this.#isOver) return;
      if (!start && !this.#calls.isWaiting) return this.#reopenLater();
      this.#options.say(messageOf(error));
      for (const line of this.#calls.failAll(messageOf(error))) this.#toClient(line);
      this.#prepare();
    }
  }

  /** Retries later: nothing reports that the server is back. */
  #reopenLater(): void {
    this.#retry = setTimeout(() => void this.#reopen(false), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }

  /** Ends the pipe after the client has left. Its calls end; tasks that they started continue. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#socket === null) return this.#over.resolve();
    this.#socket.end();
    // A server that does not notice is not waited for.
    this.#socket.setTimeout(finishMs, () => this.#socket?.destroy());
  }
}

const finishMs = 2000;
