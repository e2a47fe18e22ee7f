/**
 * What becomes of a server whose files are removed while it runs. The file system tells it (nothing
 * polls): the socket and its directory are made again, a removed log of the database is saved, and
 * what cannot be helped is said.
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
 * Who removes a whole directory is let finish: then the server leaves instead of making parts of it
 * again.
 */
const settleMs = 250;

export interface KeepOptions {
  readonly paths: Paths;
  readonly store: Store;
  readonly log: Logger;
  /**
   * Called at each change. @returns whether the server leaves, because its lock or its data
   * directory is gone.
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
   * Sentences about what is gone and could not be made again. The store's own are not among them.
   */
  problems(): readonly string[] {
    return this.#problems;
  }

  /** To be called when the socket listens. */
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
          // "change" is a write into a file.
          if (event === "rename") this.#changed();
        });
        // Some systems report a removal as an error, too; the callback has acted then.
        this.#watchers.set(
          directory,
          watcher.on("error", () => {}),
        );
      } catch (error) {
        // The system may have no watch left; each write looks at the database by itself.
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
    // Another socket in its place was put there on purpose, by this user: no other user can write
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

  /** The store says by itself what is lost; here it is written into the log. */
  #keepStore(): string[] {
    const { store, log } = this.#options;
    try {
      for (const problem of store.inspect()) log.error(problem);
    } catch (error) {
      log.error(messageOf(error));
    }
    return [];
  }

  /** It is not made again: who removes it may want a new one. */
  #missToken(): string[] {
    const { token } = this.#options.paths;
    if (existsSync(token)) return [];
    return [`The token file ${token} was removed. Programs that read it get a new one with: claude-worker server restart`];
  }
}
