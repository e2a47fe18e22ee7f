/** Writes answers: JSON, text and problems, with the headers that every answer carries. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { MemoryBudget } from "../listener/memory-budget.ts";
import type { Answer, PageRoute } from "./route.ts";
import { problemOf } from "./problem.ts";

/** On every answer: data is not stored, not guessed at, not framed. */
const guards = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;

/**
 * Larger answers are sent in pieces of this size, each when the reader has room, and count against
 * the budget.
 */
const pieceBytes = 64 * 1024;

/**
 * An answer's body is complete here; streams write their own head with `streamHead`.
 * @param memory of all answers that wait to be read.
 * @param onLarge called for an answer that took long to build.
 * @throws WorkerError unavailable: too much waits to be read.
 */
export function sendAnswer(
  response: ServerResponse,
  answer: Exclude<Answer, "streamed">,
  memory: MemoryBudget,
  onLarge: () => void = () => undefined,
): void {
  if ("text" in answer) return sendBody(response, answer.status, answer.text, answer.headers, memory);
  if (answer.json === undefined) return sendText(response, answer.status, "", answer.headers ?? {});
  const headers = { "content-type": "application/json; charset=utf-8", ...answer.headers };
  const body = JSON.stringify(answer.json);
  if (body.length > pieceBytes) onLarge();
  sendBody(response, answer.status, body, headers, memory);
}

function sendBody(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
  memory: MemoryBudget,
): void {
  if (response.req.method === "HEAD" || body.length <= pieceBytes) return sendText(response, status, body, headers);
  // A page that all readers share costs nothing more for one of them.
  if (typeof body === "string") response.once("close", memory.take(body.length));
  response.writeHead(status, { ...guards, ...headers, "content-length": Buffer.byteLength(body) });
  sendPieces(response, typeof body === "string" ? Buffer.from(body) : body);
}

function sendPieces(response: ServerResponse, bytes: Buffer): void {
  let sent = 0;
  const writeRest = (): void => {
    while (sent < bytes.length) {
      const piece = bytes.subarray(sent, sent + pieceBytes);
      sent += piece.length;
      if (!response.write(piece)) return void response.once("drain", writeRest);
    }
    response.end();
  };
  writeRest();
}

/**
 * Writes an error's problem document, or its page for people. What is left of the request's body is
 * read and dropped for a while, so that a client which is still sending gets to read the answer.
 */
export function sendProblem(request: IncomingMessage, response: ServerResponse, thrown: unknown, page?: PageRoute): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, problem } = problemOf(thrown);
  const shown = page?.problem(problem);
  const body = shown?.text ?? JSON.stringify(problem);
  const head = { "content-type": "application/problem+json; charset=utf-8", ...shown?.headers, ...headers };
  if (request.complete) return sendText(response, status, body, head);
  response.writeHead(status, { ...guards, ...head, "content-length": Buffer.byteLength(body), connection: "close" });
  response.write(request.method === "HEAD" ? "" : body);
  dropRest(request, response);
}

/** Headers of an answer that the route writes itself. */
export function streamHead(headers: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return { ...guards, ...headers };
}

function sendText(response: ServerResponse, status: number, text: string | Buffer, headers: Readonly<Record<string, string>>): void {
  const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(text) };
  response.writeHead(status, { ...guards, ...headers, ...length });
  response.end(text);
}

const lingerMs = 2000;

function dropRest(request: IncomingMessage, response: ServerResponse): void {
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerMs);
  request.once("end", finish).once("close", finish).resume();
}
