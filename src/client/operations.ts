/**
 * The operations of a server as functions: their types come from the contract's operations, and
 * what goes over the wire from its endpoints. It loads no schema.
 */
import { endpoints } from "../contract/endpoints.ts";
import type { Endpoint, OperationName } from "../contract/endpoints.ts";
import type { ClientInput, ClientOperation, ClientOutput } from "../contract/client-input.ts";
import type { NoInput } from "../contract/operations/operation.ts";
import type { Exchange } from "./http-exchange.ts";

export interface CallOptions {
  /**
   * For submits: the same key with the same input again gives the same task. For clients that do
   * not know whether their first try arrived.
   */
  readonly idempotencyKey?: string | undefined;
  /** How long the server may be silent. */
  readonly silenceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Call<I, O> = NoInput extends I ? (input?: I, options?: CallOptions) => Promise<O> : (input: I, options?: CallOptions) => Promise<O>;

/**
 * One method an operation. Each may throw WorkerError with the server's code, and
 * ServerUnreachable.
 */
export type ClientOperations = { readonly [K in ClientOperation]: Call<ClientInput<K>, ClientOutput<K>> };

type Fields = Readonly<Record<string, unknown>>;

/** The request of an operation: each field of the input goes where the endpoint wants it. */
export function requestOf(name: OperationName, input: Fields = {}, options: CallOptions = {}): Exchange {
  const { method, path, repeatable, silenceMs }: Endpoint = endpoints[name];
  const { idempotencyKey, signal } = options;
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_place, field: string) => {
    const value = String(rest.get(field));
    rest.delete(field);
    return encodeURIComponent(value);
  });
  const isQuery = method === "GET";
  return {
    method,
    path: isQuery ? filled + queryText(rest) : filled,
    ...(isQuery || rest.size === 0 ? {} : { body: Object.fromEntries(rest) }),
    ...(idempotencyKey === undefined ? {} : { headers: { "idempotency-key": idempotencyKey } }),
    isRepeatable: repeatable || idempotencyKey !== undefined,
    silenceMs: options.silenceMs ?? silenceMs,
    signal,
  };
}

/** `?a=1&b=2`, a list as a repeated name; empty when nothing is set. */
function queryText(fields: ReadonlyMap<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of fields) for (const each of [value].flat()) query.append(name, String(each));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
