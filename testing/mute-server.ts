/**
 * A server that accepts MCP connections, reads them and never answers, until it dies. For tests of
 * who talks to it.
 */
import { renameSync } from "node:fs";
import net from "node:net";
import type { TestContext } from "node:test";

export interface MuteServer {
  /** Messages that it read, over all connections, in order. */
  readonly lines: readonly Record<string, unknown>[];
  /** Closes the socket and every connection, at once. */
  die(): void;
}

let made = 0;

/** Replaces the socket at `path` atomically: at every moment a socket is there. */
export async function muteServer(t: TestContext, path: string): Promise<MuteServer> {
  const lines: Record<string, unknown>[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // The other side may go at any time.
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const head = text.indexOf("\r\n\r\n");
      if (head !== -1) {
        text = text.slice(head + 4);
        socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      }
      const complete = text.split("\n");
      text = complete.pop() ?? "";
      lines.push(...complete.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>));
    });
  });
  const die = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  t.after(die);
  const beside = `${path}.${(made += 1)}`;
  await new Promise<void>((resolve) => server.listen(beside, resolve));
  renameSync(beside, path);
  return { lines, die };
}
