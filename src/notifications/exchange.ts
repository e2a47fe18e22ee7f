/**
 * Sends one HTTP request to addresses that were judged, and follows no redirect. post.ts judges the
 * answer of a notification.
 */
import { request as requestPlain } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import type { TcpSocketConnectOpts } from "node:net";
import type { LookupAddress } from "node:dns";
import { urlProblem } from "../domain/notifications/channel.ts";
import { allowedAddresses } from "./address.ts";

const mostBytes = 64 * 1024;

export interface Exchange {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** JSON, with `POST`. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** The answer once its head is there. @throws Error a sentence for people. */
export async function exchange({ url: text, method, body, headers, allowPrivate, signal }: Exchange): Promise<IncomingMessage> {
  const problem = urlProblem(text, { allowPrivate });
  if (problem !== null) throw new Error(`The address ${problem}.`);
  const url = new URL(text);
  const addresses = await unlessAborted(allowedAddresses(url.hostname, { allowPrivate }), signal);
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  const ofBody = body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request(url, {
      method,
      // A connection of its own: a kept one could lead to an address of an earlier judgement.
      agent: false,
      ...pinnedTo(addresses),
      signal,
      headers: { "user-agent": "claude-worker", ...headers, ...ofBody },
    });
    call.once("response", resolve);
    call.on("error", (error) => reject(sentenceOf(error, signal)));
    call.end(body);
  });
}

/**
 * By default Node gives an address up after 250 ms, also a working one that is far away, and then
 * has only those that refuse. A receiver has 15 s for its whole answer.
 */
const attemptMs = 4_000;

/** Options of a connection to these addresses only, one after the other until one answers. */
export function pinnedTo(
  addresses: readonly LookupAddress[],
): Required<Pick<TcpSocketConnectOpts, "lookup" | "autoSelectFamily" | "autoSelectFamilyAttemptTimeout">> {
  return {
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    lookup: (_host, options, done) => {
      const [first] = addresses;
      if (options.all === true) done(null, [...addresses]);
      else if (first === undefined) done(new Error("no address"), "", 0);
      else done(null, first.address, first.family);
    },
  };
}

/** The answer's text up to its limit. */
export async function textOf(answer: IncomingMessage, signal: AbortSignal, limit = mostBytes): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of answer) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > limit) break;
    }
  } catch (error) {
    if (signal.aborted) throw sentenceOf(error as Error, signal);
    // The receiver broke off after its status, which counts.
  } finally {
    answer.destroy();
  }
  return Buffer.concat(parts).toString("utf8");
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
