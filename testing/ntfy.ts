/**
 * A stand-in of an ntfy server on loopback: topics with a cache, published to as JSON or as text,
 * read as a stream of JSON lines. It takes only what the documentation has, within its limits.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { until } from "./wait.ts";

interface Action {
  readonly action: string;
  readonly label: string;
  readonly url: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TopicMessage {
  readonly id: string;
  readonly time: number;
  readonly event: "message";
  readonly topic: string;
  readonly title?: string;
  readonly message: string;
  readonly priority?: number;
  readonly actions?: readonly Action[];
}

const fields = new Set(["topic", "message", "title", "tags", "priority", "click", "actions"]);
const actionFields = new Set(["action", "label", "url", "method", "headers", "body", "clear"]);

/** @param token must come with what reads a topic or publishes JSON; anyone may publish text. */
export async function ntfyStandIn(t: TestContext, token: string | null = null) {
  const messages: TopicMessage[] = [];
  const readers = new Set<{ readonly topic: string; readonly response: ServerResponse }>();
  /** What each reader asked to begin after. */
  const since: string[] = [];
  /** How many readers are refused. */
  const state = { refuses: 0 };

  function add(message: Omit<TopicMessage, "id" | "time" | "event">): TopicMessage {
    const stored = { id: `m${messages.length + 1}`, time: Math.floor(Date.now() / 1000), event: "message" as const, ...message };
    messages.push(stored);
    for (const { topic, response } of readers) if (topic === stored.topic) response.write(`${JSON.stringify(stored)}\n`);
    return stored;
  }

  function problemOf(json: Record<string, unknown>): string | null {
    if (JSON.stringify(json).length > 8192) return "message too large";
    const unknown = Object.keys(json).find((name) => !fields.has(name));
    if (unknown !== undefined) return `there is no field ${unknown}`;
    if (typeof json["message"] !== "string" || Buffer.byteLength(json["message"]) > 4096) return "the message would be an attachment";
    const actions = (json["actions"] ?? []) as Action[];
    if (actions.length > 3) return "too many actions, only 3 allowed";
    const wrong = actions.find(
      (each) =>
        each.action !== "http" || !each.label || !URL.canParse(each.url) || !Object.keys(each).every((name) => actionFields.has(name)),
    );
    return wrong === undefined ? null : "action is not valid";
  }

  function read(url: URL, response: ServerResponse): void {
    const topic = url.pathname.split("/")[1] ?? "";
    const from = url.searchParams.get("since") ?? "";
    since.push(from);
    response.writeHead(200, { "content-type": "application/x-ndjson; charset=utf-8" });
    const isPoll = url.searchParams.get("poll") === "1";
    if (!isPoll) response.write(`{"id":"o1","time":${Math.floor(Date.now() / 1000)},"event":"open","topic":"${topic}"}\n`);
    const at = messages.findIndex(({ id }) => id === from);
    // Everything, too, when the id is unknown: as ntfy does.
    const cached = /^\d+$/.test(from) ? messages.filter(({ time }) => time >= Number(from)) : messages.slice(at + 1);
    for (const message of cached.filter((each) => each.topic === topic)) response.write(`${JSON.stringify(message)}\n`);
    if (isPoll) return void response.end();
    response.write(`{"id":"k1","time":${Math.floor(Date.now() / 1000)},"event":"keepalive","topic":"${topic}"}\n`);
    const reader = { topic, response };
    readers.add(reader);
    response.once("close", () => readers.delete(reader));
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString("utf8");
    const url = new URL(request.url ?? "/", "http://ntfy.example");
    const refuse = (status: number, error: string): void =>
      void response.writeHead(status).end(JSON.stringify({ code: status * 100, http: status, error }));
    if (request.method === "GET" && state.refuses > 0) {
      state.refuses -= 1;
      return refuse(429, "limit reached: too many requests");
    }
    const isOpen = request.method === "POST" && url.pathname !== "/";
    if (token !== null && !isOpen && request.headers.authorization !== `Bearer ${token}`) return refuse(403, "forbidden");
    if (request.method === "GET" && url.pathname.endsWith("/json")) return read(url, response);
    if (request.method !== "POST") return refuse(404, "page not found");
    if (isOpen) return void response.end(JSON.stringify(add({ topic: url.pathname.slice(1), message: text })));
    const json = JSON.parse(text) as TopicMessage & Record<string, unknown>;
    const problem = problemOf(json);
    return problem === null ? void response.end(JSON.stringify(add(json))) : refuse(400, problem);
  }

  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const of = (topic: string): TopicMessage[] => messages.filter((message) => message.topic === topic);
  return {
    url,
    since,
    state,
    of,
    readers: (): number => readers.size,
    /** Ends all streams, as a server that starts again. */
    cut: (): void => readers.forEach(({ response }) => response.destroy()),
    /** The message of this number in the topic, once it is there. */
    message: (topic: string, count = 1): Promise<TopicMessage> => until(`message ${count} in ${topic}`, () => of(topic)[count - 1] ?? null),
    /** Presses a button as a phone does. */
    async press({ actions = [] }: TopicMessage, label: string): Promise<number> {
      const action = actions.find((each) => each.label === label);
      if (action === undefined) throw new Error(`There is no button ${label}.`);
      const { method = "POST", body = "", headers = {} } = action;
      return (await fetch(action.url, { method, body, headers })).status;
    },
    /** Writes into a topic, as a person in the app. */
    write: async (topic: string, body: string): Promise<void> => void (await fetch(`${url}/${topic}`, { method: "POST", body })),
  };
}
