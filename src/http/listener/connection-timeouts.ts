/**
 * Limits the time of connections: 5 s for a request's headers, 30 s for the whole request, 30 s for
 * a reader that takes nothing of its answer, and a limit for idle connections. Uses one timer per
 * connection and none without connections: Node's own check would wake an idle server periodically.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { letGo } from "./let-go.ts";
import { HttpError } from "../request/problem.ts";
import { sendProblem } from "../request/send-answer.ts";
import { WriteDeadline } from "./write-deadline.ts";

export interface ConnectionTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  /** From an answer to the next request's complete headers. */
  readonly idleMs: number;
  /** How long a reader may take nothing of an answer or a stream that waits for it. */
  readonly stalledMs: number;
}

export const defaultTimeouts: ConnectionTimeouts = { headersMs: 5000, requestMs: 30_000, idleMs: 30_000, stalledMs: 30_000 };

export interface ConnectionLimits {
  /** All answers of a connection were sent. */
  idle(socket: Socket): void;
  /** A connection is not HTTP any more, and has no limits of ours. */
  leave(socket: Socket): void;
}

/** Puts the limits on a server whose own are switched off. */
export function limitConnections(server: Server, { headersMs, requestMs, idleMs, stalledMs }: ConnectionTimeouts): ConnectionLimits {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const readers = new WriteDeadline(stalledMs);
  const disarm = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  const arm = (socket: Socket, limitMs: number, giveUp: () => void): void => {
    disarm(socket);
    const timer = setTimeout(() => {
      // A busy server, or one whose machine slept, runs its timers before it reads what arrived in
      // time: this turn's reads come first, and may have disarmed the limit.
      setImmediate(() => {
        if (timers.get(socket) === timer) giveUp();
      });
    }, limitMs);
    timers.set(socket, timer);
  };

  server.on("connection", (socket: Socket) => {
    arm(socket, headersMs, () => refuseHeaders(socket));
    socket.once("close", () => {
      disarm(socket);
      readers.unwatch(socket);
    });
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const hasBody = (request.headers["content-length"] ?? "0") !== "0" || request.headers["transfer-encoding"] !== undefined;
    if (hasBody) {
      arm(socket, requestMs, () => refuseBody(request, response));
      request.once("end", () => disarm(socket));
    } else disarm(socket);
    readers.watch(socket);
  });
  return {
    idle(socket) {
      readers.unwatch(socket);
      if (!socket.destroyed) arm(socket, idleMs, () => letGo(socket));
    },
    leave(socket) {
      disarm(socket);
      readers.unwatch(socket);
    },
  };
}

/** Closes a connection whose headers came too late; answers 408 first if it has sent anything. */
function refuseHeaders(socket: Socket): void {
  if (socket.bytesRead > 0 && socket.writable)
    socket.write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  letGo(socket);
}

function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  sendProblem(request, response, new HttpError("request_timeout", "The request's body did not arrive in time. Send it faster."));
  response.end();
  letGo(request.socket);
}
