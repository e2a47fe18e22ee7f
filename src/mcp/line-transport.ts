/**
 * Carries MCP's stdio framing (one JSON message a line) over a socket. Answers a line that is not a
 * message with the error of JSON-RPC. Applies back-pressure: while a client does not read, its
 * messages are not read either, and its notifications are dropped.
 */
import type { Duplex } from "node:stream";
import { parseJSONRPCMessage, serializeMessage } from "@modelcontextprotocol/server";
import { JsonTooDeep, parseJson } from "../domain/text/parse-json.ts";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";

export interface LineTransportOptions {
  readonly maxMessageBytes: number;
  /** Sees every message that arrives, before anybody acts on it. */
  readonly observe?: (message: JSONRPCMessage) => void;
  /** For tests. Default 10 s. */
  readonly lookMs?: number;
}

/** Longest queue of unsent bytes before reading stops. */
const maxUnsentBytes = 1024 * 1024;
/** Calls that one client may have under way at once. */
const maxOpenCalls = 256;
/**
 * A client is disconnected when it has read nothing of such a queue at so many checks in a row,
 * this far apart.
 */
const stalledLooks = 6;
const lookMs = 10_000;
/** How long a client may take to read the rest after the server closes its side. */
const lastWordsMs = 1000;
const newline = 0x0a;

export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #socket: Duplex;
  readonly #options: LineTransportOptions;
  #parts: Buffer[] = [];
  #size = 0;
  /** The rest of a message that was too long is read and dropped. */
  #skipping = false;
  #closed = false;
  /** Calls that have no answer yet. */
  readonly #open = new Set<string | number>();
  /** Looks at a client that does not read; null while it does. */
  #looks: NodeJS.Timeout | null = null;

  constructor(socket: Duplex, options: LineTransportOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("drain", () => {
      this.#stopLooking();
      this.#socket.resume();
    });
    this.#socket.on("error", () => void this.close());
    this.#socket.on("end", () => void this.close());
    this.#socket.on("close", () => void this.close());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) return;
    const { writableLength } = this.#socket;
    const isNotification = "method" in message && !("id" in message);
    if (!("method" in message) && message.id !== undefined) this.#open.delete(message.id);
    if (isNotification && writableLength > maxUnsentBytes) return;
    if (this.#socket.write(serializeMessage(message)) || this.#socket.writableLength <= maxUnsentBytes) return;
    this.#socket.pause();
    this.#look();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopLooking();
    this.#socket.end();
    // A client that does not read the rest in time is disconnected.
    const timer = setTimeout(() => this.#socket.destroy(), lastWordsMs);
    this.#socket.once("close", () => clearTimeout(timer));
    this.onclose?.();
  }

  /** Looks, not a time: the machine may have slept meanwhile. */
  #look(): void {
    let [unsent, without] = [this.#socket.writableLength, 0];
    this.#looks ??= setInterval(() => {
      without = this.#socket.writableLength < unsent ? 0 : without + 1;
      unsent = this.#socket.writableLength;
      if (without >= stalledLooks) this.#socket.destroy();
    }, this.#options.lookMs ?? lookMs);
  }

  #stopLooking(): void {
    if (this.#looks !== null) clearInterval(this.#looks);
    this.#looks = null;
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#line();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    this.#size += part.length;
    if (this.#size > this.#options.maxMessageBytes) {
      this.#parts = [];
      this.#skipping = true;
    } else this.#parts.push(part);
  }

  #line(): void {
    const bytes = Buffer.concat(this.#parts);
    const tooLong = this.#skipping;
    this.#parts = [];
    this.#size = 0;
    this.#skipping = false;
    if (tooLong)
      return this.#refuse(
        null,
        -32600,
        `A message may have ${this.#options.maxMessageBytes} bytes at most. Put large material into a file and name it.`,
      );
    const text = bytes.toString("utf8").trim();
    if (text !== "") this.#deliver(text);
  }

  #deliver(text: string): void {
    let value: unknown;
    try {
      value = parseJson(text);
    } catch (error) {
      if (error instanceof JsonTooDeep) return this.#refuse(null, -32600, `This message is ${error.message}.`);
      return this.#refuse(null, -32700, "This line is not JSON.");
    }
    let message: JSONRPCMessage;
    try {
      message = parseJSONRPCMessage(value);
    } catch {
      return this.#refuse(idOf(value), -32600, "This is not a JSON-RPC 2.0 message.");
    }
    if (!this.#mayOpen(message))
      return this.#refuse(idOf(value), -32000, `More than ${maxOpenCalls} calls are open. Wait for answers first.`);
    this.#options.observe?.(message);
    this.onmessage?.(message);
  }

  /** Counts a call until its answer, or until the client gives it up. */
  #mayOpen(message: JSONRPCMessage): boolean {
    if (!("method" in message)) return true;
    if (!("id" in message)) {
      if (message.method === "notifications/cancelled") this.#open.delete(message.params?.["requestId"] as string | number);
      return true;
    }
    if (this.#open.size >= maxOpenCalls) return false;
    this.#open.add(message.id);
    return true;
  }

  #refuse(id: string | number | null, code: number, message: string): void {
    if (!this.#closed) this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } })}\n`);
  }
}

function idOf(value: unknown): string | number | null {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
