/**
 * A stand-in of Slack on loopback: the Web API, and connections of Socket Mode, for one app and its
 * channel. It takes only what the documentation has, within its limits. As Slack does, it sends an
 * event again that was not acknowledged, and marks a button whose press was not.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { until } from "./wait.ts";

export const slackBotToken = "xoxb-123456789012-123456789012-StandInStandInStandIn";
export const slackAppToken = "xapp-1-A0STANDIN-123456789012-standinstandinstandin";
export const slackChannel = "C0STANDIN1";

interface Button {
  readonly text: string;
  readonly value: string;
}

export interface SlackMessage {
  readonly ts: string;
  readonly channel: string;
  /** What phones show. */
  text: string;
  /** The texts of the blocks. */
  sections: readonly string[];
  buttons: readonly Button[];
  /** The ids of the blocks that have one. */
  blockIds: readonly string[];
  edits: number;
}

export interface SlackNote {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  /** The message in whose thread it stands. */
  readonly thread: string | null;
}

export interface SlackPress {
  readonly user: string;
  readonly value: string;
  readonly channel?: string;
}

type Json = Record<string, unknown>;

interface Envelope {
  readonly envelope_id: string;
  readonly type: "interactive" | "events_api";
  readonly payload: Json;
  retry_attempt?: number;
}

/** What each method may be given, and whose token it needs. */
const methods: Readonly<Record<string, { readonly holder: "bot" | "app"; readonly known: readonly string[] }>> = {
  "apps.connections.open": { holder: "app", known: [] },
  "chat.postMessage": { holder: "bot", known: ["channel", "text", "blocks", "unfurl_links", "unfurl_media"] },
  "chat.update": { holder: "bot", known: ["channel", "ts", "text", "blocks"] },
  "conversations.replies": { holder: "bot", known: ["channel", "ts", "limit"] },
  "chat.postEphemeral": { holder: "bot", known: ["channel", "user", "text", "blocks", "thread_ts"] },
};

class Refused extends Error {}

export async function slackStandIn(t: TestContext) {
  const messages: SlackMessage[] = [];
  const notes: SlackNote[] = [];
  const calls: string[] = [];
  /** What the client did wrong. */
  const faults: string[] = [];
  const sockets = new Set<WebSocket>();
  const tickets = new Set<string>();
  /** Not acknowledged, with the connection that they went to. */
  const sent = new Map<string, { readonly envelope: Envelope; readonly socket: WebSocket }>();
  let waiting: Envelope[] = [];
  const acked = new Set<string>();
  /** Presses that were not acknowledged: the button shows a warning. */
  const marked = new Set<string>();
  let [nextMessage, nextEnvelope, opened, gaps] = [1, 1, 0, 0];
  const state = {
    /** By method: the error that it answers. */
    errors: new Map<string, string>(),
    /** Seconds that a refusal asks to wait. */
    retryAfter: 0,
    /** Connections of another program. */
    others: 0,
    /** The app that has posted the messages. */
    poster: "A0STANDIN",
    bot: slackBotToken,
    app: slackAppToken,
  };

  const handlers: Record<string, (params: Json) => object> = {
    "apps.connections.open"() {
      const ticket = `ticket-${tickets.size + 1}-${opened}`;
      tickets.add(ticket);
      return { url: `ws://127.0.0.1:${port}/link/?ticket=${ticket}&app_id=A0STANDIN` };
    },
    "chat.postMessage"(params) {
      const message = {
        ts: `1796000000.${String(nextMessage++).padStart(6, "0")}`,
        channel: channelOf(params),
        ...contentOf(params),
        edits: 0,
      };
      messages.push(message);
      return { channel: message.channel, ts: message.ts, message: { text: message.text } };
    },
    "chat.update"(params) {
      const found = messages.find(({ ts, channel }) => ts === params["ts"] && channel === channelOf(params));
      if (found === undefined) throw new Refused("message_not_found");
      Object.assign(found, contentOf(params));
      found.edits += 1;
      return { channel: found.channel, ts: found.ts, text: found.text };
    },
    "conversations.replies"(params) {
      const found = messages.find(({ ts, channel }) => ts === params["ts"] && channel === channelOf(params));
      if (found === undefined) throw new Refused("thread_not_found");
      const { ts, text, blockIds } = found;
      const blocks = blockIds.map((block_id) => ({ type: "section", block_id }));
      return {
        messages: [{ type: "message", user: "U0BOT00001", bot_id: "B0BOT00001", app_id: state.poster, ts, text, blocks }],
        has_more: true,
      };
    },
    "chat.postEphemeral"(params) {
      const { user, thread_ts: thread = null } = params;
      if (typeof user !== "string" || !/^[UW][A-Z0-9]+$/.test(user)) throw new Refused("user_not_in_channel");
      const { sections } = contentOf(params);
      notes.push({ channel: channelOf(params), user, text: sections.join("\n"), thread: thread as string | null });
      return { message_ts: "1796000001.000001" };
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://slack.example");
    const [, method = ""] = /^\/api\/([\w.]+)$/.exec(pathname) ?? [];
    // Methods that read take no JSON.
    const isRead = method.startsWith("conversations.");
    const reply = (body: object, status = 200, headers = {}): void =>
      void response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers }).end(JSON.stringify(body));
    try {
      const found = methods[method];
      if (request.method !== (isRead ? "GET" : "POST") || found === undefined) throw new Refused("unknown_method");
      if (request.headers.authorization === undefined) throw new Refused("not_authed");
      if (request.headers.authorization !== `Bearer ${state[found.holder]}`) throw new Refused("invalid_auth");
      if (!isRead && !/^application\/json\b/.test(request.headers["content-type"] ?? "")) throw new Refused("invalid_post_type");
      const params = isRead ? Object.fromEntries(searchParams) : (JSON.parse(Buffer.concat(parts).toString("utf8")) as Json);
      const unknown = Object.keys(params).find((name) => !found.known.includes(name));
      if (unknown !== undefined) faults.push(`${method} has no ${unknown}`);
      calls.push(method);
      const error = state.errors.get(method);
      if (error === "ratelimited") return reply({ ok: false, error }, 429, { "retry-after": String(state.retryAfter) });
      if (error !== undefined) throw new Refused(error);
      reply({ ok: true, ...handlers[method]?.(params) });
    } catch (error) {
      const word = error instanceof Refused ? error.message : "internal_error";
      if (!(error instanceof Refused)) faults.push(`${method}: ${(error as Error).message}`);
      reply({ ok: false, error: word, ...(word === "missing_scope" ? { needed: "chat:write", provided: "incoming-webhook" } : {}) });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  const upgrades = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, stream, head) => {
    const ticket = new URL(request.url ?? "/", "http://slack.example").searchParams.get("ticket") ?? "";
    // A ticket opens one connection.
    if (!tickets.delete(ticket)) return void stream.end("HTTP/1.1 404 Not Found\r\n\r\n");
    upgrades.handleUpgrade(request, stream, head, (socket) => begin(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    for (const socket of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
    assert.deepEqual(faults, [], "the stand-in was used as Slack documents");
  });

  function begin(socket: WebSocket): void {
    sockets.add(socket);
    opened += 1;
    socket.on("message", (data, isBinary) => acknowledge(isBinary ? "" : (data as Buffer).toString("utf8")));
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) gaps += 1;
      for (const [id, { envelope, socket: by }] of sent) if (by === socket) unanswered(id, envelope);
    });
    const debug_info = { host: "stand-in", build_number: 1, approximate_connection_time: 18060 };
    socket.send(
      JSON.stringify({ type: "hello", num_connections: sockets.size + state.others, debug_info, connection_info: { app_id: "A0STANDIN" } }),
    );
    const again = waiting;
    waiting = [];
    for (const envelope of again) deliver(envelope);
  }

  function acknowledge(text: string): void {
    const { envelope_id: id, ...rest } = JSON.parse(text) as Json;
    if (Object.keys(rest).length > 0) faults.push(`acknowledged with more: ${text}`);
    if (typeof id !== "string" || !sent.delete(id)) faults.push(`acknowledged what was not sent, or twice: ${text}`);
    else acked.add(id);
  }

  function unanswered(id: string, envelope: Envelope): void {
    sent.delete(id);
    if (envelope.type === "interactive") return void marked.add(id);
    deliver({ ...envelope, retry_attempt: (envelope.retry_attempt ?? 0) + 1 });
  }

  /** To the newest connection: Slack takes any of them. */
  function deliver(envelope: Envelope): string {
    const socket = [...sockets].findLast((each) => each.readyState === each.OPEN);
    if (socket === undefined) {
      if (envelope.type === "interactive") marked.add(envelope.envelope_id);
      else waiting.push(envelope);
      return envelope.envelope_id;
    }
    sent.set(envelope.envelope_id, { envelope, socket });
    const { type } = envelope;
    socket.send(JSON.stringify({ ...envelope, accepts_response_payload: false, ...(type === "events_api" ? { retry_reason: "" } : {}) }));
    return envelope.envelope_id;
  }

  const idOf = (): string => `00000000-0000-4000-8000-${String(nextEnvelope++).padStart(12, "0")}`;
  const self = {
    url: `http://127.0.0.1:${port}/api`,
    messages,
    notes,
    /** Names of the methods that were called. */
    calls,
    state,
    marked,
    connections: (): number => sockets.size,
    /** How many connections there were. */
    opened: (): number => opened,
    /** How often the last connection ended. */
    gaps: (): number => gaps,
    isAcked: (id: string): boolean => acked.has(id),
    /** Envelopes that wait for a connection, or to be acknowledged. */
    pending: (): number => waiting.length + sent.size,
    /** Waits until the client has answered to a ping. */
    roundTrip: async (): Promise<void> => {
      await Promise.all(
        [...sockets].map(async (socket) => {
          const pong = once(socket, "pong");
          socket.ping();
          await pong;
        }),
      );
    },
    /** Breaks all connections. */
    cut: (): void => sockets.forEach((socket) => socket.terminate()),
    /** Says that all connections will end. */
    sayDisconnect: (reason: string): void =>
      sockets.forEach((socket) => socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "stand-in" } }))),
    /** Any text, as a broken service. */
    sayText: (text: string): void => sockets.forEach((socket) => socket.send(text)),
    /** Presses a button, also one that the message has lost. Returns the id of the envelope. */
    tap({ user, value, channel = slackChannel }: SlackPress): string {
      const message = messages.find(({ buttons }) => buttons.some((button) => button.value === value));
      const ts = message?.ts ?? "1796000000.000000";
      return deliver({
        envelope_id: idOf(),
        type: "interactive",
        payload: {
          type: "block_actions",
          user: { id: user, username: "p", name: "p", team_id: "T0STANDIN" },
          api_app_id: "A0STANDIN",
          token: "stand-in",
          container: { type: "message", message_ts: ts, channel_id: channel, is_ephemeral: false },
          trigger_id: "1.1.stand-in",
          team: { id: "T0STANDIN", domain: "stand-in" },
          channel: { id: channel, name: "tasks" },
          message: { type: "message", user: "U0BOT00001", bot_id: "B0BOT00001", ts, text: message?.text ?? "" },
          response_url: `http://127.0.0.1:${port}/never`,
          actions: [
            { action_id: "answer_0", block_id: "b1", text: { type: "plain_text", text: "x" }, value, type: "button", action_ts: "1.1" },
          ],
        },
      });
    },
    /** Presses, and waits for the note that only this person sees. */
    async press(press: SlackPress): Promise<string> {
      const before = notes.length;
      const id = self.tap(press);
      await self.acknowledged(id);
      return await until("the note", () => notes.slice(before).find(({ user }) => user === press.user)?.text);
    },
    acknowledged: (id: string): Promise<boolean> => until(`the acknowledgement of ${id}`, () => acked.has(id)),
    /** Writes into the channel. @param thread what it replies to. @param more of the event. */
    write({ user, text, thread, ...more }: { user?: string; text: string; thread?: string } & Json): string {
      const ts = `1796000002.${String(nextMessage++).padStart(6, "0")}`;
      const event = { type: "message", channel: slackChannel, user, text, ts, thread_ts: thread, channel_type: "channel", ...more };
      const payload = {
        token: "stand-in",
        team_id: "T0STANDIN",
        api_app_id: "A0STANDIN",
        type: "event_callback",
        event_id: `Ev${ts}`,
        event,
      };
      return deliver({ envelope_id: idOf(), type: "events_api", payload });
    },
    /** The message of this number, once it is sent. */
    asking: (count = 1): Promise<SlackMessage> => until(`message ${count} of the app`, () => messages[count - 1] ?? null),
  };
  return self;
}

function channelOf(params: Json): string {
  if (params["channel"] !== slackChannel) throw new Refused("channel_not_found");
  return slackChannel;
}

function contentOf(params: Json): Pick<SlackMessage, "text" | "sections" | "buttons" | "blockIds"> {
  const { text, blocks = [] } = params;
  if (typeof text !== "string" || text === "") throw new Refused("no_text");
  if (text.length > 40_000) throw new Refused("msg_too_long");
  if (!Array.isArray(blocks) || blocks.length > 50) throw new Refused("invalid_blocks");
  const [sections, buttons]: [string[], Button[]] = [[], []];
  const ids = new Set<unknown>();
  const blockIds: string[] = [];
  for (const { block_id: id, ...block } of blocks as Json[]) {
    if (id !== undefined) {
      if (typeof id !== "string" || id.length > 255 || blockIds.includes(id)) throw new Refused("invalid_blocks");
      blockIds.push(id);
    }
    if (block["type"] === "section") {
      requireKeys(block, ["type", "text"]);
      sections.push(textIn(block["text"], ["plain_text", "mrkdwn"], 3000));
    } else if (block["type"] === "actions") {
      requireKeys(block, ["type", "elements"]);
      const elements = block["elements"] as Json[];
      if (!Array.isArray(elements) || elements.length < 1 || elements.length > 25) throw new Refused("invalid_blocks");
      for (const element of elements) {
        requireKeys(element, ["type", "text", "action_id", "value"]);
        const { type, action_id: id, value } = element;
        if (type !== "button" || typeof id !== "string" || id.length > 255 || ids.has(id)) throw new Refused("invalid_blocks");
        if (typeof value !== "string" || value.length > 2000) throw new Refused("invalid_blocks");
        ids.add(id);
        buttons.push({ text: textIn(element["text"], ["plain_text"], 75), value });
      }
    } else throw new Refused("invalid_blocks");
  }
  return { text, sections, buttons, blockIds };
}

function textIn(value: unknown, types: readonly string[], most: number): string {
  const { type, text, emoji, verbatim, ...rest } = value as Json;
  const isKnown = typeof type === "string" && types.includes(type) && Object.keys(rest).length === 0;
  const fits = typeof text === "string" && text.length >= 1 && text.length <= most;
  const isOfType = type === "plain_text" ? verbatim === undefined : emoji === undefined;
  if (!isKnown || !fits || !isOfType) throw new Refused("invalid_blocks");
  return text;
}

function requireKeys(block: Json, keys: readonly string[]): void {
  if (Object.keys(block).some((key) => !keys.includes(key))) throw new Refused("invalid_blocks");
}
