/** A call's connection to its server, which is started where it is missing. */
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import { WorkerClient } from "../../client/worker-client.ts";
import type { Io } from "../terminal/io.ts";
import { serverPlace } from "./server-place.ts";
import type { ServerPlace } from "./server-place.ts";

export interface Connection extends ServerPlace {
  readonly client: WorkerClient;
}

/** The client that a call made last: whether a server has answered it. */
const clients = new WeakMap<Io, WorkerClient>();

/** null: the call has none. */
export function clientUsedBy(io: Io): WorkerClient | null {
  return clients.get(io) ?? null;
}

/** Connects to nothing yet. @throws WorkerError invalid_input when a setting is wrong. */
export function connectionOf(io: Io): Connection {
  const place = serverPlace(io.env);
  const client = new WorkerClient(place.address, { isShortLived: true });
  clients.set(io, client);
  return { ...place, client };
}

export function clientOf(io: Io): WorkerClient {
  return connectionOf(io).client;
}

/** A server that is killed again and again is started again for this long. */
const restartMs = 60_000;

/**
 * What `read` answers from the server, which is started when none runs, and the client for what
 * follows.
 * @param read only reads, so that it may be repeated.
 */
export async function reading<T>(io: Io, read: (client: WorkerClient) => Promise<T>): Promise<{ client: WorkerClient; found: T }> {
  const connection = connectionOf(io);
  const { client } = connection;
  return { client, found: await withServer(io, connection, async () => await read(client), { isRepeatable: true }) };
}

/**
 * Does `work`. When no server listens, starts this user's server, says so on the standard error,
 * and does `work` then.
 * @param isRepeatable whether `work` may be done twice without harm. If so, `work` is repeated also
 * when the server was killed before it answered.
 */
export async function withServer<T>(
  io: Io,
  connection: Connection,
  work: () => Promise<T>,
  { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
): Promise<T> {
  for (const until = performance.now() + restartMs; ;) {
    try {
      return await work();
    } catch (error) {
      const isGone = error instanceof ServerUnreachable && (error.connectionRefused || (isRepeatable && error.brokeOff));
      if (!isGone || !connection.mayStart || performance.now() > until) throw error;
    }
    const { startByItself } = await import("./start-by-itself.ts");
    await startByItself(io, connection);
  }
}
