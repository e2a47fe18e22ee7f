/**
 * Time limits of connections: a request's headers within 5 s, the whole request within 30 s, an idle connection closed.
 * One timer per connection, none without connections: Node's own check would wake an idle server again and again.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface ConnectionTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  /** From an answer to the next request's complete headers. */
  readonly idleMs: number;
}

export const defaultTimeouts: ConnectionTimeouts = { headersMs: 5000, requestMs: 30_000, idleMs: 30_000 };

/** Puts the limits on a server whose own are switched off. */
export function limitConnections(server: Server, { headersMs, requestMs, idleMs }: ConnectionTimeouts): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const arm = (socket: Socket, limitMs: number): void => {
    clearTimeout(timers.get(socket));
    timers.set(socket, setTimeout(() => giveUp(socket), limitMs));
  };
  const disarm = (socket: Socket): void => clearTimeout(timers.get(socket));

  server.on("connection", (socket: Socket) => {
    arm(socket, headersMs);
    socket.once("close", () => disarm(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const isComplete = (request.headers["content-length"] ?? "0") === "0" && request.headers["transfer-encoding"] === undefined;
    if (isComplete) disarm(socket);
    else {
      arm(socket, requestMs);
      request.once("end", () => disarm(socket));
    }
    response.once("finish", () => {
      if (!socket.destroyed) arm(socket, idleMs);
    });
  });
}

const timeoutAnswer = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** A connection that has sent something is told; an answer that is already on its way is not mixed with another. */
function giveUp(socket: Socket): void {
  const answering = "_httpMessage" in socket && socket._httpMessage !== null;
  if (socket.bytesRead > 0 && socket.bytesWritten === 0 && !answering && socket.writable) socket.write(timeoutAnswer);
  socket.destroySoon();
}
