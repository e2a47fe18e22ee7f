/** A receiver of webhooks on loopback: keeps what it got, and answers as the test says. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Webhook } from "standardwebhooks";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What the next requests are answered with; default: 204. */
  answer: (request: Received, response: ServerResponse) => void;
  /** Ends it; with a test context the test does that. */
  stop(): void;
  /** The message if its signature and its time are right. @throws when they are not. */
  verify(request: Received, secret: string): Record<string, unknown>;
}

export async function receiver(t: TestContext | null): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => void take(request, response));
  async function take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString("utf8");
    const { method = "", url = "", headers } = message;
    const request = { method, path: url, headers, text, json: () => JSON.parse(text) as Record<string, unknown> };
    received.push(request);
    self.answer(request, response);
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t?.after(stop);
  const self: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    stop,
    answer: (_, response) => void response.writeHead(204).end(),
    verify: ({ text, headers }, secret) => new Webhook(secret).verify(text, headers as Record<string, string>) as Record<string, unknown>,
  };
  return self;
}
