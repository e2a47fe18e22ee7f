/**
 * Records what a client waits for and what a new connection needs to know. With this record in the
 * pipe, the loss of a server costs at most one call. Only reads messages; sends none.
 */
import { parseJson } from "../../domain/text/parse-json.ts";

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly line: string;
  readonly message: Message;
  /** How often it was said again. */
  repeats: number;
}

/**
 * How often a call is repeated: a call during which one server after another ends may be the cause.
 */
const mostRepeats = 2;

export class PendingCalls {
  readonly #pending = new Map<string | number, Pending>();
  /** Ids of requests that were repeated on a new connection: the client has their answers. */
  readonly #had = new Set<string | number>();
  /** The older protocol's handshake. */
  readonly #handshake: Pending[] = [];
  #isInitialized = false;
  /** Lines of the older protocol's subscriptions, by uri. */
  readonly #watched = new Map<unknown, Pending>();
  /** Tools that may be called twice, as the server's own list says. */
  readonly #repeatable = new Set<unknown>();

  /** Whether the client waits for an answer. */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether the client has subscribed to changes. */
  get isWatching(): boolean {
    return this.#watched.size > 0;
  }

  /** To be called with each line of the client. */
  fromClient(line: string): void {
    const message = parsed(line);
    if (message === null) return;
    const { id, method, params } = message;
    if (method === "notifications/initialized") this.#isInitialized = true;
    if (method === "notifications/cancelled") this.#pending.delete(params?.["requestId"] as string | number);
    if (method === "resources/unsubscribe") this.#watched.delete(params?.["uri"]);
    if (method === undefined || id === undefined) return;
    const call = { line, message, repeats: 0 };
    if (method === "initialize") this.#handshake.splice(0, 1, call);
    if (method === "resources/subscribe") this.#watched.set(params?.["uri"], call);
    this.#pending.set(id, call);
  }

  /** To be called with each line of the server. @returns whether the client is to see it. */
  fromServer(line: string): boolean {
    const message = parsed(line);
    if (message === null || message.id === undefined || message.method !== undefined) return true;
    const call = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (call?.message.method === "tools/list") this.#learn(message.result);
    return call !== undefined || !this.#had.delete(message.id);
  }

  /**
   * Decides, after a loss of the server, which messages the next server gets, in order, and which
   * calls only get an error. A call that changes something is not repeated, unless it carries an
   * idempotency key.
   */
  afterLoss(): { readonly say: readonly string[]; readonly giveUp: readonly string[] } {
    const say: string[] = [];
    const giveUp: string[] = [];
    for (const call of [...this.#handshake, ...this.#watched.values()]) {
      const { id } = call.message;
      if (id === undefined || this.#pending.has(id)) continue;
      this.#had.add(id);
      say.push(call.line);
    }
    if (this.#handshake.length > 0 && this.#isInitialized) say.push(initialized);
    for (const [id, call] of this.#pending) {
      if (this.#isRepeatable(call.message) && call.repeats < mostRepeats) {
        call.repeats += 1;
        say.push(call.line);
      } else {
        giveUp.push(lostCall(id, call));
        this.#pending.delete(id);
      }
    }
    return { say, giveUp };
  }

  /** Answers everything with an error: there is no server to be had. */
  failAll(reason: string): string[] {
    const lines = [...this.#pending.keys()].map((id) => JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message: reason } }));
    this.#pending.clear();
    return lines;
  }

  #isRepeatable({ method, params }: Message): boolean {
    if (method !== "tools/call") return true;
    const input = params?.["arguments"];
    const key = typeof input === "object" && input !== null ? (input as Record<string, unknown>)["idempotency_key"] : undefined;
    return typeof key === "string" || this.#repeatable.has(params?.["name"]);
  }

  #learn(result: Message["result"]): void {
    const tools = result?.["tools"];
    if (!Array.isArray(tools)) return;
    for (const tool of tools as { name?: string; annotations?: { readOnlyHint?: boolean; idempotentHint?: boolean } }[]) {
      const { readOnlyHint, idempotentHint } = tool.annotations ?? {};
      if (readOnlyHint === true || idempotentHint === true) this.#repeatable.add(tool.name);
    }
  }
}

const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });

function lostCall(id: string | number, { line }: Pending): string {
  const text =
    "The server went away during this call: it may have been carried out or not. Call list_tasks to see; if it was not, call again. " +
    "With an idempotency_key a call may always be made again.";
  // The newer protocol wants the kind of each result.
  const kind = line.includes("io.modelcontextprotocol/protocolVersion") ? { resultType: "complete" } : {};
  return JSON.stringify({ jsonrpc: "2.0", id, result: { ...kind, isError: true, content: [{ type: "text", text }] } });
}

function parsed(line: string): Message | null {
  try {
    const value = parseJson(line);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null; // Not a message: the server answers it with an error.
  }
}
