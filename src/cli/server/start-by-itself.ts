/**
 * Starts the server for a command that needs one, again where it dies, and beside other commands
 * that do the same.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerError } from "../../domain/errors.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";
import type { Connection } from "./connection.ts";
import { ServerDied } from "./start-answer.ts";
import { startServer } from "./start-server.ts";

/**
 * For this long a command starts the server again whose start is cut (it was killed, it ran out of
 * memory).
 */
const restartMs = 60_000;

/** How many times a server is started that ends by itself and prints no reason. */
const mostCrashes = 3;

/** Pause after the first death of a starting server, doubled with each further one. */
const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * How long another's server may take to answer before ours is tried again; twice as long each time.
 */
const firstPatienceMs = 1000;

/**
 * Starts the server for a command that needs one. Two calls at once both succeed: the later one
 * uses the other's server. A server that dies while it starts is started again.
 */
export async function startByItself(io: Io, connection: Connection): Promise<void> {
  const until = performance.now() + restartMs;
  let deaths = 0;
  for (let patienceMs = firstPatienceMs; ;) {
    try {
      const started = await startServer(io, connection, ["--socket-only-if-taken"]);
      const where = started.url ?? `${started.socket} (the unix socket only)`;
      say(io.stderr, `Started the server: pid ${started.pid}, ${where}.`);
      for (const note of [...started.notes, ...started.problems]) say(io.stderr, note);
      return;
    } catch (error) {
      if (!(error instanceof WorkerError) || performance.now() > until) throw error;
      if (error instanceof ServerDied) {
        deaths += 1;
        if (error.bySignal === null && deaths >= mostCrashes) throw error;
        if (deaths === 1) io.stderr.write(`${error.what} Starting it again.\n`);
        await delay(Math.min(longestPauseMs, firstPauseMs * 2 ** deaths));
        continue;
      }
      if (error.code !== "server_running") throw error;
    }
    if (await answersWithin(patienceMs, connection)) return;
    patienceMs *= 2;
  }
}

/**
 * Asks until the server that holds the data directory answers. That server either starts, and then
 * it answers soon, or it is about to end, and then it never answers. Nothing else tells the two
 * cases apart.
 */
async function answersWithin(patienceMs: number, { client }: Connection): Promise<boolean> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await delay(25)) {
    if ((await client.health().catch(() => null)) !== null) return true;
  }
  return false;
}
