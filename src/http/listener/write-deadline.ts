/**
 * The deadline for readers: a connection whose client takes nothing of its answer for so long is
 * closed. It is a deadline for progress: a slow link may take hours for a long log. One timer for
 * all connections, none while no answer is being sent.
 */
import type { Socket } from "node:net";

/**
 * A connection is closed at the last of so many looks in a row without progress: looks, as a
 * machine may have slept for longer than the limit.
 */
const looksPerLimit = 5;

interface Progress {
  /** Bytes that the system took, so far. */
  taken: number;
  looksWithout: number;
}

/** Closes connections whose clients stop reading. */
export class WriteDeadline {
  readonly #limitMs: number;
  readonly #sockets = new Map<Socket, Progress>();
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** An answer begins on this connection. May be called again. */
  watch(socket: Socket): void {
    if (!this.#sockets.has(socket)) this.#sockets.set(socket, { taken: takenOf(socket), looksWithout: 0 });
    this.#timer ??= setInterval(() => this.#look(), this.#limitMs / looksPerLimit);
  }

  /** All answers were sent, or the connection is closed. */
  unwatch(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    for (const [socket, progress] of this.#sockets) {
      const taken = takenOf(socket);
      const isStalled = socket.writableLength > 0 && taken <= progress.taken;
      progress.taken = taken;
      progress.looksWithout = isStalled ? progress.looksWithout + 1 : 0;
      if (progress.looksWithout >= looksPerLimit) socket.destroy();
    }
  }
}

function takenOf(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
