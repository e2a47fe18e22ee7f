/**
 * Reads a request's JSON body: limited, strict UTF-8, of the right media type, without what no
 * field may hold. It knows no schemas.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { WorkerError } from "../../domain/errors.ts";
import { JsonTooDeep, parseJson } from "../../domain/text/parse-json.ts";
import type { MemoryBudget } from "../listener/memory-budget.ts";
import { HttpError } from "./problem.ts";

/** Deeper than any input of ours; a guard against input made to be deep. */
const maxDepth = 32;

/**
 * @param memory of all bodies that arrive at the moment.
 * @returns the parsed body; undefined when there is none.
 * @throws WorkerError payload_too_large, invalid_input, unavailable; HttpError
 * unsupported_media_type.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number, memory: MemoryBudget): Promise<unknown> {
  const { headers } = request;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return undefined;
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  checkMediaType(headers["content-type"], headers["content-encoding"]);
  const bytes = await readBytes(request, maxBytes, memory);
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new WorkerError("invalid_input", "The request's body is not well-formed UTF-8. Encode it as UTF-8.");
  const body = parseBody(bytes.toString("utf8"));
  checkTexts(body);
  return body;
}

function checkMediaType(type: string | undefined, encoding: string | undefined): void {
  if (encoding !== undefined && encoding !== "identity") {
    throw new HttpError(
      "unsupported_media_type",
      `A body with Content-Encoding ${JSON.stringify(encoding)} is not read. Send it as it is.`,
    );
  }
  if (type !== undefined && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) return;
  const sent = type === undefined ? "no Content-Type" : JSON.stringify(type.slice(0, 100));
  throw new HttpError("unsupported_media_type", `The body must be sent as application/json, not as ${sent}.`, {
    "accept-post": "application/json",
  });
}

function readBytes(request: IncomingMessage, maxBytes: number, memory: MemoryBudget): Promise<Buffer> {
  const held: (() => void)[] = [];
  const read = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > maxBytes) throw tooLarge(maxBytes);
        held.push(memory.take(chunk.length));
        chunks.push(chunk);
      } catch (error) {
        request.removeAllListeners("data");
        reject(error);
      }
    });
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(new WorkerError("invalid_input", "The request broke off before its body was complete."));
    });
  });
  return read.finally(() => held.forEach((release) => release()));
}

function parseBody(text: string): unknown {
  try {
    return parseJson(text, maxDepth);
  } catch (error) {
    if (error instanceof JsonTooDeep) throw new WorkerError("invalid_input", `The request's body is ${error.message}.`);
    const why = (error as Error).message.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
    throw new WorkerError("invalid_input", `The request's body is not JSON: ${why}.`);
  }
}

/**
 * Refuses `__proto__`, NUL and lone surrogates anywhere, also in fields that the schema would
 * refuse anyway.
 */
function checkTexts(body: unknown): void {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "string") checkText(value);
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "__proto__") throw new WorkerError("invalid_input", 'The request\'s body has a field "__proto__", which is not known.');
      if (!Array.isArray(value)) checkText(key);
      open.push(inner);
    }
  }
}

function checkText(text: string): void {
  if (text.includes("\0")) throw new WorkerError("invalid_input", "The request's body has a text with a NUL character. Remove it.");
  if (!text.isWellFormed())
    throw new WorkerError("invalid_input", "The request's body has a text with half a surrogate pair. Send well-formed Unicode.");
}

function tooLarge(maxBytes: number): WorkerError {
  const limit = maxBytes >= 2 ** 20 ? `${Math.floor(maxBytes / 2 ** 20)} MB` : `${maxBytes} bytes`;
  return new WorkerError(
    "payload_too_large",
    `The request's body is over the limit of ${limit}. Send less; large material belongs into a file that the prompt names.`,
  );
}
