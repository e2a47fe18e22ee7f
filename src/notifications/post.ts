/**
 * Sends one HTTP request of a notification: to addresses that were judged, without redirects, with
 * a bounded answer.
 */
import { request as requestPlain } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import type { LookupFunction } from "node:net";
import { urlProblem } from "../domain/notifications/channel.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import { allowedAddresses } from "./address.ts";
import type { Sent } from "./adapter.ts";

const mostAnswerBytes = 64 * 1024;

export interface Post {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  /**
   * What the answer says about a problem, for people. Only of services that a person chose by their
   * kind: the answer of any other address is not shown.
   */
  readonly said?: (answer: string) => string | null;
  /** How long the answer asks to wait, where no header says it. */
  readonly retryAfter?: (answer: string) => number | null;
}

/** Posts the body; a status of 2xx is a delivery. @throws Error a sentence for people. */
export async function post({ url: text, body, headers, allowPrivate, signal, said, retryAfter }: Post): Promise<Sent> {
  const problem = urlProblem(text, { allowPrivate });
  if (problem !== null) return { delivered: false, error: `The address ${problem}.`, isFinal: true };
  const url = new URL(text);
  const addresses = await unlessAborted(allowedAddresses(url.hostname, { allowPrivate }), signal);
  const pinned: LookupFunction = (_host, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, addresses);
    else if (first === undefined) done(new Error("no address"), "", 0);
    else done(null, first.address, first.family);
  };
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request(url, {
      method: "POST",
      // A connection of its own: a kept one could lead to an address of an earlier judgement.
      agent: false,
      lookup: pinned,
      signal,
      headers: {
        "user-agent": "claude-worker",
        "content-type": "application/json",
        ...headers,
        "content-length": String(Buffer.byteLength(body)),
      },
    });
    call.once("response", resolve);
    call.on("error", (error) => reject(sentenceOf(error, signal)));
    call.end(body);
  });
  const words = await textOf(answer, signal);
  const problemSaid = withoutSecrets(said?.(words) ?? null, url);
  const sent = judged(answer, problemSaid === null ? "" : ` ${plainLine(problemSaid, 150)}`);
  return sent.delivered || sent.retryAfterMs != null ? sent : { ...sent, retryAfterMs: retryAfter?.(words) ?? null };
}

/** Shorter parts of an address are words like `services`. */
const shortestSecret = 8;

/**
 * What the receiver said; null when it repeats a part of the address, which may be the secret. Such
 * words come from other servers, too: `Cannot POST /services/T0/B0/…`.
 */
function withoutSecrets(words: string | null, { pathname, search }: URL): string | null {
  const parts = `${pathname}${search}`.split(/[/?&=]/).filter((part) => part.length >= shortestSecret);
  return words !== null && parts.some((part) => words.includes(part)) ? null : words;
}

function judged({ statusCode = 0, headers }: IncomingMessage, words: string): Sent {
  if (statusCode >= 200 && statusCode < 300) return { delivered: true };
  if (statusCode >= 300 && statusCode < 400) {
    return { delivered: false, error: `The receiver answered ${statusCode}, a redirect, which is not followed. Give its last address.` };
  }
  if (statusCode === 410) return { delivered: false, error: "The receiver answered 410: it wants no more messages.", isFinal: true };
  const error = `The receiver answered ${statusCode}.${words}`;
  return { delivered: false, error, retryAfterMs: retryAfterMs(headers["retry-after"]) };
}

/** Only the form in seconds; null: not given. */
function retryAfterMs(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}(\.\d{1,6})?$/.test(value) ? Math.ceil(Number(value) * 1000) : null;
}

/** The answer's text up to its limit. */
async function textOf(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of answer) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > mostAnswerBytes) break;
    }
  } catch (error) {
    if (signal.aborted) throw sentenceOf(error as Error, signal);
    // The receiver broke off after its status, which counts.
  } finally {
    answer.destroy();
  }
  return Buffer.concat(parts).toString("utf8");
}

/** JSON of an answer; null: it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The field of a JSON answer that says what is wrong. */
export function wordOf(field: string): (answer: string) => string | null {
  return (answer) => stringOf(objectOf(jsonIn(answer))[field]);
}

export function sentenceOf(error: Error, signal: AbortSignal): Error {
  if (signal.aborted) return new Error("The receiver did not answer in time.", { cause: error });
  return new Error(`The receiver could not be reached (${(error as NodeJS.ErrnoException).code ?? error.message}).`, { cause: error });
}

/** Rejects at the signal, although the work cannot be stopped. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Error("The receiver's name was not resolved in time."));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => undefined); // Its result is not used after an abort.
  }
}
