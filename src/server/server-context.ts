/** Defines what the server is started with. */
import type { Logger } from "pino";
import type { LoadedSettings } from "../config/load-settings.ts";
import type { Paths } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import type { Lock } from "../store/sqlite/file/lock.ts";
import type { Store } from "../store/store.ts";
import type { ServerOptions } from "./options.ts";

/** The inputs of the server's process. */
export interface ServerContext {
  readonly options: ServerOptions;
  readonly settings: Settings;
  readonly origins: LoadedSettings["origins"];
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** What every service of the server uses. */
export interface ServerBase {
  readonly context: ServerContext;
  /** The lock of the data directory, held by this server. */
  readonly lock: Lock;
  readonly store: Store;
  /** The local admin token. */
  readonly token: string;
}
