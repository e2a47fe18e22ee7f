/**
 * Reads a request's body, JSON or the fields of a form: limited, strict UTF-8, of the right media
 * type, without what no field may hold. It knows no schemas.
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
  checkMediaType(json, headers);
  const bytes = await readBytes(request, maxBytes, memory);
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new WorkerError("invalid_input", "The request's body is not well-formed UTF-8. Encode it as UTF-8.");
  const body = parseBody(bytes.toString("utf8"));
  checkTexts(body);
  return body;
}

/**
 * The fields of an HTML form, each with its values in their order.
 * @throws as `readJsonBody`.
 */
export async function readFormBody(request: IncomingMessage, maxBytes: number, memory: MemoryBudget): Promise<Map<string, string[]>> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  checkMediaType(form, request.headers);
  const fields = new Map<string, string[]>();
  const text = (await readBytes(request, maxBytes, memory)).toString("latin1");
  for (const pair of text === "" ? [] : text.split("&")) {
    const [name = "", value = ""] = pair.split(/=(.*)/s, 2).map(formText);
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

/** Percent-encoded UTF-8 with `+` for blanks. Lines end with LF here, with CRLF in a form. */
function formText(encoded: string): string {
  let text: string;
  try {
    text = decodeURIComponent(encoded.replaceAll("+", " ")).replaceAll("\r\n", "\n");
  } catch {
    throw new WorkerError("invalid_input", "The form is not well-formed UTF-8. Encode it as UTF-8.");
  }
  checkText(text);
  return text;
}

const json = { type: "application/json", pattern: /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i };
const form = {
  type: "application/x-www-form-urlencoded",
  pattern: /^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i,
};

function checkMediaType(wanted: typeof json, headers: IncomingMessage["headers"]): void {
  const { "content-type": type, "content-encoding": encoding } = headers;
  if (encoding !== undefined && encoding !== "identity") {
    throw new HttpError(
      "unsupported_media_type",
      `A body with Content-Encoding ${JSON.stringify(encoding)} is not read. Send it as it is.`,
    );
  }
  if (type !== undefined && wanted.pattern.test(type)) return;
  const sent = type === undefined ? "no Content-Type" : JSON.stringify(type.slice(0, 100));
  throw new HttpError("unsupported_media_type", `The body must be sent as ${wanted.type}, not as ${sent}.`, {
    "accept-post": wanted.type,
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
