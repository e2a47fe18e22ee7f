/** Sends a notification as one HTTP request, and says what the answer means for it. */
import type { IncomingMessage } from "node:http";
import { urlProblem } from "../domain/notifications/channel.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import type { Sent } from "./adapter.ts";
import { exchange, textOf } from "./exchange.ts";

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
  /** The service's name of the message, from its answer. */
  readonly ref?: (answer: string) => string | null;
}

/** Posts the body; a status of 2xx is a delivery. @throws Error a sentence for people. */
export async function post({ url: text, body, headers, allowPrivate, signal, said, retryAfter, ref }: Post): Promise<Sent> {
  const problem = urlProblem(text, { allowPrivate });
  if (problem !== null) return { delivered: false, error: `The address ${problem}.`, isFinal: true };
  const answer = await exchange({ url: text, method: "POST", body, ...(headers === undefined ? {} : { headers }), allowPrivate, signal });
  const words = await textOf(answer, signal);
  const problemSaid = withoutSecrets(said?.(words) ?? null, new URL(text));
  const sent = judged(answer, problemSaid === null ? "" : ` ${plainLine(problemSaid, 150)}`);
  if (sent.delivered) {
    const name = ref?.(words) ?? null;
    return name === null ? sent : { ...sent, ref: name };
  }
  return sent.retryAfterMs != null ? sent : { ...sent, retryAfterMs: retryAfter?.(words) ?? null };
}

/** Shorter parts of an address are words like `services`. */
const shortestSecret = 8;

/**
 * What the receiver said; null when it repeats a part of the address, which may be the secret. Such
 * words come from other servers, too: `Cannot POST /services/T0/B0/…`.
 */
export function withoutSecrets(words: string | null, { pathname, search }: Pick<URL, "pathname" | "search">): string | null {
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
export function retryAfterMs(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}(\.\d{1,6})?$/.test(value) ? Math.ceil(Number(value) * 1000) : null;
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
