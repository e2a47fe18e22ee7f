/**
 * Sends one request over a unix socket on a connection of its own, without node:http: to load and
 * start node:http costs a short-lived process a fifth of the time in which Node itself starts.
 * Reads what an HTTP/1.1 server may answer to `Connection: close`. Knows no streams, redirects or
 * TLS.
 */
import { connect } from "node:net";
import { WorkerError } from "../domain/errors.ts";
import { Silence } from "./wire.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

/** @throws Error of the connection, or an error that says that the bytes are not an answer. */
export async function askOnce(socketPath: string, wire: WireRequest): Promise<WireAnswer> {
  const head = headOf(wire);
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(socketPath);
    const abort = (): void => void socket.destroy(new Error("aborted"));
    wire.signal?.addEventListener("abort", abort, { once: true });
    if (wire.signal?.aborted === true) abort();
    socket.setTimeout(wire.silenceMs, () => socket.destroy(new Silence()));
    socket.on("data", (part: Buffer) => void parts.push(part));
    socket.on("error", reject);
    socket.on("end", () => {
      const answer = parseAnswer(Buffer.concat(parts));
      if (answer === null) reject(brokenOff());
      else resolve(answer);
    });
    socket.on("close", () => {
      wire.signal?.removeEventListener("abort", abort);
      reject(brokenOff()); // Has no effect after success: the promise is settled then.
    });
    // In one write: a second one would wake the server twice.
    socket.write(wire.body === null ? head : Buffer.concat([Buffer.from(head), wire.body]));
  });
}

/** @throws WorkerError invalid_input for a header that could smuggle in another. */
function headOf({ method, target, headers }: WireRequest): string {
  const lines = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
  for (const line of [target, ...lines]) {
    if (!/^[\x20-\x7e]*$/.test(line))
      throw new WorkerError("invalid_input", `A header may hold printable ASCII only, not ${JSON.stringify(line)}.`);
  }
  return [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** @returns the answer in these bytes; null when they end too early or are not an answer. */
export function parseAnswer(bytes: Buffer): WireAnswer | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [first = "", ...fields] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const [, statusDigits, statusText = ""] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (statusDigits === undefined) return null;
  const rest = bytes.subarray(headEnd + 4);
  const status = Number(statusDigits);
  if (status >= 100 && status < 200) return parseAnswer(rest);
  const headers = new Map(
    fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 1).trim()]),
  );
  const body = bodyOf(rest, headers);
  return body === null ? null : { status, statusText, text: body.toString("utf8") };
}

function bodyOf(rest: Buffer, headers: ReadonlyMap<string, string>): Buffer | null {
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") return unchunked(rest);
  const length = headers.get("content-length");
  if (length === undefined) return rest;
  return rest.length < Number(length) ? null : rest.subarray(0, Number(length));
}

function unchunked(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let position = 0; ;) {
    const lineEnd = bytes.indexOf("\r\n", position);
    const size = Number.parseInt(bytes.toString("latin1", position, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(size)) return null;
    if (size === 0) return Buffer.concat(parts);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return null;
    parts.push(bytes.subarray(start, start + size));
    position = start + size + 2;
  }
}

function brokenOff(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}
