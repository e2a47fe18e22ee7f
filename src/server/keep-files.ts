/**
 * Handles the removal of the server's files while it runs. File system events report a removal
 * (there is no polling). Makes the socket and its directory again, saves a removed log of the
 * database, and reports what cannot be restored.
 */
import { existsSync, lstatSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { dirname } from "node:path";
import type { Logger } from "pino";
import type { Paths } from "../config/paths.ts";
import { messageOf } from "../domain/errors.ts";
import type { Service } from "../domain/services/service.ts";
import { PendingWork } from "../domain/services/async-steps.ts";
import type { Store } from "../store/store.ts";
import { prepareDataDirectory } from "./data-directory.ts";

/**
 * Waits this long, so that the removal of a whole directory can finish. Then the server stops
 * instead of making parts of the directory again.
 */
const settleMs = 250;

export interface KeepOptions {
  readonly paths: Paths;
  readonly store: Store;
  readonly log: Logger;
  /**
   * Called at each change.
   * @returns whether the server stops, because its lock or its data directory was removed.
   */
  leaveIfLost(): boolean;
  /** Opens the unix socket (again). */
  listen(): Promise<void>;
  /** Writes `server.json`. */
  writeInfo(): void;
}

/** Watches the files of the server and restores those that can be made again. */
export class FileKeeper implements Service {
  readonly #options: KeepOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | null = null;
  #problems: readonly string[] = [];
  readonly #looks = new PendingWork();
  #isOn = false;

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  /**
   * Sentences about files that were removed and could not be restored, without those of the store.
   */
  problems(): readonly string[] {
    return this.#problems;
  }

  /** Call it when the socket listens. */
  start(): void {
    this.#isOn = true;
    this.#watch();
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#looks.ended();
  }

  #watch(): void {
    const { home, run, database } = this.#options.paths;
    for (const directory of new Set([home, run, dirname(database)])) {
      if (this.#watchers.has(directory)) continue;
      try {
        const watcher = watch(directory, { persistent: false }, (event) => {
          // "change" means a write into a file.
          if (event === "rename") this.#changed();
        });
        // Some systems also report a removal as an error; then the callback has handled it.
        this.#watchers.set(
          directory,
          watcher.on("error", () => {}),
        );
      } catch (error) {
        // The system may have no watch left. Each write also checks the database's files.
        this.#options.log.warn({ directory, error: messageOf(error) }, "the directory cannot be watched");
      }
    }
  }

  #changed(): void {
    if (!this.#isOn || this.#options.leaveIfLost()) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#looks.add(this.#look());
    }, settleMs).unref();
  }

  async #look(): Promise<void> {
    if (!this.#isOn || this.#options.leaveIfLost()) return;
    const problems = [...(await this.#keepSocket()), ...this.#keepStore(), ...this.#missToken()];
    for (const problem of problems) if (!this.#problems.includes(problem)) this.#options.log.error(problem);
    this.#problems = problems;
  }

  async #keepSocket(): Promise<string[]> {
    const { paths, log } = this.#options;
    const { run, serverSocket, serverInfo } = paths;
    if (!existsSync(serverInfo)) this.#options.writeInfo();
    // This user has put another socket in its place on purpose, because no other user can write
    // here.
    if (lstatSync(serverSocket, { throwIfNoEntry: false })?.isSocket() === true) return [];
    try {
      if (!existsSync(run)) {
        this.#watchers.get(run)?.close();
        this.#watchers.delete(run);
        prepareDataDirectory(paths);
        this.#watch();
      }
      await this.#options.listen();
      log.warn({ socket: serverSocket }, "the socket was removed; it is made again");
      return [];
    } catch (error) {
      return [
        `The socket ${serverSocket} was removed and cannot be made again: ${messageOf(error)} Restart it: claude-worker server restart`,
      ];
    }
  }

  /** Writes the store's problems into the log; the store itself reports them elsewhere. */
  #keepStore(): string[] {
    const { store, log } = this.#options;
    try {
      for (const problem of store.inspect()) log.error(problem);
    } catch (error) {
      log.error(messageOf(error));
    }
    return [];
  }

  /** Reports a missing token. The token is not restored, because the user may want a new one. */
  #missToken(): string[] {
    const { token } = this.#options.paths;
    if (existsSync(token)) return [];
    return [`The token file ${token} was removed. Programs that read it get a new one with: claude-worker server restart`];
  }
}
