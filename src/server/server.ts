/** Starts the server, step by step. */
import { prepareDataDirectory } from "./data-directory.ts";
import { explainStartError } from "./explain-start-error.ts";
import { leaveAtOnce } from "./lock-watch.ts";
import type { ServerBase, ServerContext } from "./server-context.ts";
import { buildServices } from "./services.ts";
import { takeServerLocks } from "./server-locks.ts";
import { Shutdown } from "./shutdown.ts";
import type { StopOptions } from "./shutdown.ts";
import { ensureToken } from "./token-file.ts";
import { version } from "./version.ts";
import { openStore } from "../store/sqlite/sqlite.ts";

export interface RunningServer {
  readonly url: string | null;
  /** Sentences for the caller who started it, e.g. that the port was taken. */
  readonly warnings: readonly string[];
  /**
   * Sentences about parts that are degraded from the start, e.g. a full disk: then the server only
   * reads until there is room.
   */
  readonly problems: readonly string[];
  /**
   * Resolves with the exit code when it has stopped: 1 when it could not continue and a service
   * manager should start it again.
   */
  readonly stopped: Promise<number>;
  /** Stops it. A stronger mode overrides a weaker one that is still waiting. */
  stop(options: StopOptions): Promise<void>;
}

/**
 * Starts the server. Resolves when it answers on its socket.
 * @throws WorkerError server_running, storage_unusable, conflict (port) …; then the process has to
 * end.
 */
export async function startServer(context: ServerContext): Promise<RunningServer> {
  const { paths, options, log } = context;
  prepareDataDirectory(paths);
  const lock = takeServerLocks(paths, { pid: process.pid, takeover: options.takeover });
  try {
    const token = ensureToken(paths.token);
    const store = openStore({
      path: paths.database,
      onStale: () => leaveAtOnce(log),
      readingWhenFull: true,
      timeZone: context.settings.time_zone,
    });
    return await startServices({ context, lock, store, token });
  } catch (error) {
    lock.release();
    throw explainStartError(error, lock.takenFrom);
  }
}

async function startServices(base: ServerBase): Promise<RunningServer> {
  const { context, store } = base;
  const shutdown = new Shutdown(base);
  const services = await buildServices(base, shutdown);
  const { lockWatch, http, work, askedProbe, notifier, askCloser, answerListener, garbage, keeper } = services;
  lockWatch.require(); // Before the socket is opened: it may belong to another server.
  await http.start();
  services.writeInfo();
  await garbage.start(); // Before the work: the work's start may be the most of it.
  await work.start();
  await notifier.start();
  await askCloser.start();
  await answerListener.start();
  lockWatch.start();
  keeper.start();
  lockWatch.require();
  shutdown.started({ ...services, others: [answerListener, askCloser, notifier, askedProbe, garbage] });
  const { url, warnings } = http;
  context.log.info({ url, socket: context.paths.serverSocket, epoch: store.epoch, version }, "serving");
  return { url, warnings, problems: work.problems(), stopped: shutdown.stopped, stop: (options) => shutdown.stop(options) };
}
