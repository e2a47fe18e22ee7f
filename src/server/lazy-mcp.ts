/**
 * Loads the MCP API for the first client, so that a server without MCP clients does not need its
 * memory.
 */
import type { Logger } from "pino";
import type { WorkerApi } from "../contract/api.ts";
import { WorkerError } from "../domain/errors.ts";
import { Lifecycle } from "../domain/services/service.ts";
import type { McpDoor } from "../http/mcp-door.ts";
import type { McpServing } from "../mcp/door.ts";

export interface LazyMcpOptions {
  readonly api: WorkerApi;
  readonly version: string;
  /** The key that seals task handles. */
  readonly key: string;
  readonly log: Logger;
}

export class LazyMcp implements McpDoor {
  readonly #options: LazyMcpOptions;
  readonly #lifecycle = new Lifecycle({ begin: () => void (this.#isOpen = true), end: () => this.#close() });
  #isOpen = false;
  #door: Promise<McpServing> | null = null;

  constructor(options: LazyMcpOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  readonly request: McpDoor["request"] = async (...call) => await (await this.#load()).request(...call);

  readonly connection: McpDoor["connection"] = async (...call) => (await this.#load()).connection(...call);

  /** Refuses to load while the server stops, because the MCP API would not be closed. */
  #load(): Promise<McpServing> {
    if (!this.#isOpen) throw new WorkerError("unavailable", "The server is stopping. Try again when it is up.");
    this.#door ??= import("../mcp/door.ts").then(({ createMcpDoor }) => createMcpDoor(this.#options));
    return this.#door;
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    const door = this.#door;
    this.#door = null;
    await (await door?.catch(() => null))?.close();
  }
}
