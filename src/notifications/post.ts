/**
 * Sends one HTTP request of a notification: to addresses that were judged, without redirects, with
 * a bounded answer.
 */
import { request as requestPlain } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import type { LookupFunction } from "node:net";
import { urlProblem } from "../domain/notifications/channel.ts";
import { allowedAddresses } from "./address.ts";
import type { Sent } from "./adapter.ts";

const mostAnswerBytes = 64 * 1024;

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** Posts the body; a status of 2xx is a delivery. @throws Error a sentence for people. */
export async function post({ url: text, body, headers, allowPrivate, signal }: Post): Promise<Sent> {
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
      headers: { "user-agent": "claude-worker", ...headers, "content-length": String(Buffer.byteLength(body)) },
    });
    call.once("response", resolve);
    call.on("error", (error) => reject(sentenceOf(error, signal)));
    call.end(body);
  });
  try {
    await drain(answer, signal);
  } finally {
    answer.destroy();
  }
  return judged(answer);
}

function judged({ statusCode = 0, headers }: IncomingMessage): Sent {
  if (statusCode >= 200 && statusCode < 300) return { delivered: true };
  if (statusCode >= 300 && statusCode < 400) {
    return { delivered: false, error: `The receiver answered ${statusCode}, a redirect, which is not followed. Give its last address.` };
  }
  if (statusCode === 410) return { delivered: false, error: "The receiver answered 410: it wants no more messages.", isFinal: true };
  const error = `The receiver answered ${statusCode}.`;
  return { delivered: false, error, retryAfterMs: retryAfterMs(headers["retry-after"]) };
}

/** Only the form in seconds; null: not given. */
function retryAfterMs(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null;
}

/** Reads the answer to its end or its limit. Only the status counts, so the rest is not kept. */
async function drain(answer: IncomingMessage, signal: AbortSignal): Promise<void> {
  let length = 0;
  try {
    for await (const part of answer) {
      length += (part as Buffer).length;
      if (length > mostAnswerBytes) return;
    }
  } catch (error) {
    if (signal.aborted) throw sentenceOf(error as Error, signal);
    // The receiver broke off after its status, which counts.
  }
}

function sentenceOf(error: Error, signal: AbortSignal): Error {
  if (signal.aborted) return new Error("The receiver did not answer in time.", { cause: error });
  return new Error(`The receiver could not be reached (${(error as NodeJS.ErrnoException).code ?? error.message}).`, { cause: error });
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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
