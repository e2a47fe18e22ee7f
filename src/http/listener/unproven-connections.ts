/**
 * TCP connections that have not yet shown a token: any user of this machine can open them. There
 * may be so many of them; one more sends the oldest away, so that they cannot keep out a client who
 * shows its token at once.
 */
import type { Socket } from "node:net";

const maxUnproven = 256;

/** The set of open connections without a token, oldest first. */
export class UnprovenConnections {
  /** In the order of their arrival. */
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    for (const oldest of this.#sockets) {
      if (this.#sockets.size < maxUnproven) break;
      this.#sockets.delete(oldest);
      oldest.destroy();
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** It has shown a token that is good. */
  prove(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
