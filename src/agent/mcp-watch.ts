/**
 * Reports which MCP servers of a session did not start. Claude Code says it only in its init
 * message, without the reason. A slow server is still `pending` there (measured with 2.1.330).
 */
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import type { RunnerNote } from "../domain/events/record.ts";

export type McpNote = Extract<RunnerNote, { subtype: "failed_mcp_server" }>;
type Failed = McpNote["servers"][number];

/** The part of the SDK's query that reports MCP servers. */
export interface ServerStatus {
  mcpServerStatus?(): Promise<readonly unknown[]>;
}

/** Follows the MCP servers of one run. */
export class McpWatch {
  readonly #query: ServerStatus;
  readonly #emit: (note: McpNote) => void;
  readonly #told = new Set<string>();
  #hasPending = false;
  #isAsking = false;
  /**
   * Servers that have failed, reported without a reason if the question for reasons gets no answer.
   */
  #known: readonly Failed[] = [];
  #isStopped = false;

  constructor(query: ServerStatus, emit: (note: McpNote) => void) {
    this.#query = query;
    this.#emit = emit;
  }

  /** Takes every message of Claude Code, in order. */
  take(message: { readonly type: string; readonly subtype?: unknown; readonly mcp_servers?: unknown }): void {
    if (message.type === "system" && message.subtype === "init") this.#look(arrayOf(message.mcp_servers));
    else if (message.type === "assistant" && this.#hasPending) void this.#ask();
  }

  /** Emits what is known, and nothing from then on. */
  stop(): void {
    this.#tell(this.#known);
    this.#isStopped = true;
  }

  #look(servers: readonly unknown[]): void {
    this.#hasPending = servers.some((server) => objectOf(server)["status"] === "pending");
    this.#known = this.#newlyFailed(servers);
    if (this.#known.length > 0 || this.#hasPending) void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const servers = (await this.#query.mcpServerStatus?.()) ?? [];
      this.#hasPending &&= servers.some((server) => objectOf(server)["status"] === "pending");
      this.#tell(this.#newlyFailed(servers));
    } catch {
      // The query has ended, or this Claude Code does not support the question.
    }
    this.#isAsking = false;
    this.#tell(this.#known);
  }

  #tell(failed: readonly Failed[]): void {
    const servers = this.#isStopped ? [] : failed.filter(({ name }) => !this.#told.has(name));
    for (const { name } of servers) this.#told.add(name);
    if (servers.length > 0) this.#emit({ type: "worker", subtype: "failed_mcp_server", servers });
  }

  #newlyFailed(servers: readonly unknown[]): Failed[] {
    return servers
      .map(objectOf)
      .filter((server) => isFailed(server) && !this.#told.has(stringOf(server["name"]) ?? ""))
      .map((server) => ({ name: stringOf(server["name"]) ?? "", reason: reasonOf(server) }));
  }
}

/**
 * Claude Code names the transport instead of a program that it does not find (measured with
 * 2.1.332).
 */
const missingProgram = /^(Executable not found in \$PATH: )"stdio"$/;

function reasonOf({ error, config }: JsonObject): string | null {
  const command = stringOf(objectOf(config)["command"]);
  const reason = stringOf(error) ?? null;
  return command === null || command === undefined || reason === null
    ? reason
    : reason.replace(missingProgram, (_, said: string) => `${said}"${command}"`);
}

/**
 * Whether a server of the task's configuration failed. Connectors of the user's claude.ai account
 * do not count.
 */
function isFailed({ status, source, scope }: JsonObject): boolean {
  return status === "failed" && source !== "claudeai" && scope !== "claudeai";
}
