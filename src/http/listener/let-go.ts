/**
 * Ends connections for certain: a client that does not read, or that keeps its half open, holds
 * nothing of the server.
 */
import type { Duplex } from "node:stream";

/**
 * How long a client may take, after the server closes its side, to read the rest and to close its
 * own.
 */
const lastWordsMs = 1000;

/**
 * Sends what is written, discards what still arrives, and closes both sides within a second. May be
 * called twice.
 */
export function letGo(socket: Duplex): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), lastWordsMs);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
