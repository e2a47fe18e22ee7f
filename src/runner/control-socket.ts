/**
 * Serves the runner's unix socket: greets each new connection, forwards requests, and broadcasts
 * news to all connections. It keeps no state of the work.
 */
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { parseJson } from "../domain/text/parse-json.ts";
import type { FromRunner, ToRunner } from "../attempt-protocol/protocol.ts";

/** A start message may hold a prompt of 10 MB, which JSON escapes can make six times as long. */
const longestMessage = 96 * 1024 * 1024;

export interface ControlSocketHandlers {
  /** The first messages for a new connection. */
  greeting(): readonly FromRunner[];
  onMessage(message: ToRunner, reply: (message: FromRunner) => void): void;
  /** Called when a connection opens or closes, with the number of open ones. */
  onConnections(count: number): void;
}

export class ControlSocket {
  readonly #handlers: ControlSocketHandlers;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(handlers: ControlSocketHandlers) {
    this.#handlers = handlers;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Listens on a unix socket that only this user can open (0600).
   * @throws when the path is taken or too long.
   */
  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path, () => resolve());
    });
    chmodSync(path, 0o600);
  }

  broadcast(message: FromRunner): void {
    for (const socket of this.#sockets) send(socket, message);
  }

  /** Sends pending messages, then closes and removes the socket's file. */
  async close(limitMs = 1_000): Promise<void> {
    this.#server.close();
    const closed = [...this.#sockets].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()).end()));
    // A peer that does not read must not block the runner's end.
    const limit = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), limitMs);
    await Promise.all(closed);
    clearTimeout(limit);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.#handlers.onConnections(this.#sockets.size);
    socket.setEncoding("utf8");
    // After an error there is always a `close` event.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#handlers.onConnections(this.#sockets.size);
    });
    socket.on(
      "data",
      lineReader(socket, (line) => this.#read(socket, line)),
    );
    for (const message of this.#handlers.greeting()) send(socket, message);
  }

  #read(socket: Socket, line: string): void {
    let message: ToRunner;
    try {
      message = parseJson(line) as ToRunner;
    } catch {
      socket.destroy();
      return;
    }
    this.#handlers.onMessage(message, (reply) => send(socket, reply));
  }
}

function send(socket: Socket, message: FromRunner): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

function lineReader(socket: Socket, onLine: (line: string) => void): (chunk: string) => void {
  let parts: string[] = [];
  let length = 0;
  return (chunk) => {
    const lines = chunk.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const whole = parts.join("") + line;
      parts = [];
      length = 0;
      if (whole !== "") onLine(whole);
    }
    parts.push(rest);
    length += rest.length;
    if (length > longestMessage) socket.destroy();
  };
}
