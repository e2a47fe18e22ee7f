/** Runs the HTTP API on the server's unix socket and a TCP port. */
import { WorkerError, messageOf } from "../domain/errors.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { Service } from "../domain/services/service.ts";
import type { HttpDoor } from "../http/server.ts";
import type { ServerContext } from "./server-context.ts";

const bindAllWarning =
  "DANGER: the server listens on every network. Anyone who gets the token can run commands as your user, and the connection is not encrypted. Safer: 127.0.0.1 behind a tunnel (ssh -L) or a TLS proxy.";

/** Listens from start to stop. */
export class HttpService implements Service {
  readonly #context: ServerContext;
  readonly #door: HttpDoor;
  readonly #lifecycle = new Lifecycle({ begin: () => this.#open(), end: () => this.#close() });
  #url: string | null = null;
  #warnings: readonly string[] = [];

  constructor(context: ServerContext, door: HttpDoor) {
    this.#context = context;
    this.#door = door;
  }

  /** The TCP address; null: it listens on its unix socket only. */
  get url(): string | null {
    return this.#url;
  }

  /** Sentences for the caller who started the server, e.g. that the port was taken. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** @throws WorkerError storage_unusable (the socket), conflict (the port) … */
  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /**
   * Opens the unix socket again, after its name was removed.
   * @throws WorkerError storage_unusable.
   */
  async reopenSocket(): Promise<void> {
    await this.#door.listenSocket(this.#context.paths.serverSocket);
  }

  async #open(): Promise<void> {
    this.#warnings = [];
    await this.#door.listenSocket(this.#context.paths.serverSocket);
    this.#url = await this.#openTcp();
  }

  async #close(): Promise<void> {
    this.#url = null;
    await this.#door.stop();
  }

  async #openTcp(): Promise<string | null> {
    const { settings, options, log } = this.#context;
    const { host, port: wantedPort } = settings;
    const { dangerouslyBindAll } = options;
    try {
      const { port } = await this.#door.listenTcp(host, wantedPort, { dangerouslyBindAll });
      if (dangerouslyBindAll) this.#warnings = [bindAllWarning];
      return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    } catch (error) {
      if (!(error instanceof WorkerError) || !(options.socketOnlyIfTaken || options.takeover)) throw error;
      this.#warnings = [`${messageOf(error)} The server answers on its unix socket only.`];
      log.warn({ error: messageOf(error) }, "serving the unix socket only");
      return null;
    }
  }
}
