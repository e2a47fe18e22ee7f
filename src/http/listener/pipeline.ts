/**
 * Pipelined requests of one connection, answered one after the other: the next one is begun when
 * the answer before it is sent, so that a client which sends thousands and reads nothing makes the
 * server hold one answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** More requests that wait on one connection are an attack. */
const maxWaiting = 100;

/** Answers the requests of each connection one after the other. */
export class Pipelines {
  /** What waits for the answer that is under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();
  readonly #onIdle: (socket: Socket) => void;

  /** @param onIdle called when all answers of a connection were sent. */
  constructor(onIdle: (socket: Socket) => void) {
    this.#onIdle = onIdle;
  }

  /** Calls `answer` when it is this request's turn. Never, when the connection is closed before. */
  take({ socket }: IncomingMessage, response: ServerResponse, answer: () => void): void {
    const begin = (): void => {
      response.once("close", () => this.#next(socket));
      answer();
    };
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      begin();
    } else if (waiting.length < maxWaiting) waiting.push(begin);
    else socket.destroy();
  }

  #next(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
    if (next !== undefined) return next();
    this.#waiting.delete(socket);
    this.#onIdle(socket);
  }
}
