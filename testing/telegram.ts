/**
 * A stand-in of Telegram's Bot API on loopback: one bot and its chats. It takes only what the
 * documentation has, and keeps updates until an offset confirms them, as the Bot API server does.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { until } from "./wait.ts";

export interface BotMessage {
  readonly id: number;
  readonly chat: string;
  text: string;
  /** Texts and data of the buttons. */
  buttons: readonly { readonly text: string; readonly data: string }[];
  /** How many buttons stand in each row. */
  readonly rows: readonly number[];
  edits: number;
}

export interface Note {
  readonly text: string;
  readonly isAlert: boolean;
}

export interface Press {
  readonly chat: number;
  readonly data: string;
  readonly user: number;
  readonly message?: number;
}

export const botToken = "123456789:AAStandInStandInStandInStandInStandIn";

type Params = Record<string, unknown>;
type Update = { readonly update_id: number } & Params;

/** What each method may be given. */
const known: Readonly<Record<string, readonly string[]>> = {
  getUpdates: ["offset", "limit", "timeout", "allowed_updates"],
  sendMessage: ["chat_id", "text", "reply_markup", "reply_parameters", "link_preview_options"],
  editMessageText: ["chat_id", "message_id", "text", "reply_markup", "link_preview_options"],
  answerCallbackQuery: ["callback_query_id", "text", "show_alert"],
};

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function telegramStandIn(t: TestContext | null) {
  const messages: BotMessage[] = [];
  const notes = new Map<string, Note>();
  const queries = new Set<string>();
  const calls: string[] = [];
  let updates: Update[] = [];
  let [nextUpdate, nextMessage, nextQuery] = [1000, 1, 1];
  /** Ends the request that waits for updates. */
  let poll: ((terminated: boolean) => void) | null = null;
  const state = { confirmed: 0, hasWebhook: false };

  const text = (params: Params, most: number): string => {
    const value = params["text"];
    if (typeof value !== "string" || value === "") throw new Refused(400, "Bad Request: message text is empty");
    if (value.length > most) throw new Refused(400, "Bad Request: message is too long");
    return value;
  };

  function buttonsOf(params: Params): BotMessage["buttons"] {
    const markup = params["reply_markup"] as { inline_keyboard?: Params[][] } | undefined;
    if (markup === undefined) return [];
    if (!Array.isArray(markup.inline_keyboard)) throw new Refused(400, "Bad Request: object expected as reply markup");
    return markup.inline_keyboard.flat().map((button) => {
      const { text: label, callback_data: data, ...rest } = button;
      const bytes = typeof data === "string" ? Buffer.byteLength(data) : 0;
      if (bytes < 1 || bytes > 64) throw new Refused(400, "Bad Request: BUTTON_DATA_INVALID");
      if (typeof label !== "string" || label === "" || Object.keys(rest).length > 0)
        throw new Refused(400, "Bad Request: can't parse inline keyboard button");
      return { text: label, data: data as string };
    });
  }

  function rowsOf(params: Params): number[] {
    const markup = params["reply_markup"] as { inline_keyboard?: Params[][] } | undefined;
    return markup?.inline_keyboard?.map((row) => row.length) ?? [];
  }

  const methods: Record<string, (params: Params) => unknown> = {
    sendMessage(params) {
      const message = {
        id: nextMessage++,
        chat: String(params["chat_id"]),
        text: text(params, 4096),
        buttons: buttonsOf(params),
        rows: rowsOf(params),
        edits: 0,
      };
      messages.push(message);
      return { message_id: message.id, chat: { id: Number(message.chat) }, text: message.text };
    },
    editMessageText(params) {
      const found = messages.find(({ id, chat }) => id === params["message_id"] && chat === String(params["chat_id"]));
      if (found === undefined) throw new Refused(400, "Bad Request: message to edit not found");
      found.text = text(params, 4096);
      found.buttons = buttonsOf(params);
      found.edits += 1;
      return { message_id: found.id };
    },
    answerCallbackQuery(params) {
      const id = String(params["callback_query_id"]);
      if (!queries.delete(id)) throw new Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
      notes.set(id, { text: text(params, 200), isAlert: params["show_alert"] === true });
      return true;
    },
  };

  async function updatesFor(
    { offset, limit = 100, timeout = 0, allowed_updates: allowed }: Params,
    gone: Promise<unknown>,
  ): Promise<Update[]> {
    if (state.hasWebhook)
      throw new Refused(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    poll?.(true);
    if (JSON.stringify(allowed) !== '["callback_query","message"]') throw new Refused(400, "Bad Request: other updates than expected");
    if (typeof offset === "number") {
      // An offset beyond all numbers confirms nothing: after a quiet week they may be lower.
      if (offset <= nextUpdate) {
        state.confirmed = offset - 1;
        updates = updates.filter(({ update_id: id }) => id >= offset);
      }
    }
    if (updates.length === 0 && Number(timeout) > 0) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      // The service itself ends a request after this time.
      const timer = setTimeout(() => resolve(false), Number(timeout) * 1000);
      poll = resolve;
      void gone.then(() => {
        if (poll !== resolve) return;
        poll = null;
        resolve(false);
      });
      const terminated = await promise;
      clearTimeout(timer);
      if (terminated)
        throw new Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
      poll = null;
    }
    return updates.slice(0, Number(limit));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const [, token, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
    const reply = (status: number, body: object): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    try {
      if (token !== botToken) throw new Refused(401, "Unauthorized");
      if (known[method] === undefined) throw new Refused(404, "Not Found");
      const params = JSON.parse(Buffer.concat(parts).toString("utf8")) as Params;
      const unknown = Object.keys(params).find((name) => known[method]?.includes(name) !== true);
      if (unknown !== undefined) throw new Refused(400, `Bad Request: ${method} has no ${unknown}`);
      calls.push(method);
      const gone = new Promise((resolve) => response.once("close", resolve));
      reply(200, { ok: true, result: method === "getUpdates" ? await updatesFor(params, gone) : methods[method]?.(params) });
    } catch (error) {
      const status = error instanceof Refused ? error.status : 500;
      reply(status, { ok: false, error_code: status, description: (error as Error).message });
    }
  }

  function add(update: Params): void {
    updates.push({ update_id: nextUpdate++, ...update });
    const waiting = poll;
    poll = null;
    waiting?.(false);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): void => {
    poll?.(false);
    server.closeAllConnections();
    server.close();
  };
  t?.after(stop);

  const from = (user: number): object => ({ id: user, is_bot: false, first_name: "P" });
  const self = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    /** Ends it; with a test context the test does that. */
    stop,
    /** Names of the methods that were called. */
    calls,
    state,
    /** Updates that no offset has confirmed. */
    pending: (): number => updates.length,
    /** The next update gets this number, as after a week without any. */
    renumber(next: number): void {
      nextUpdate = next;
    },
    isPolled: (): boolean => poll !== null,
    /**
     * Presses a button, also one that the message has lost. Resolves with the note that pops up.
     */
    async press(press: Press): Promise<Note> {
      const id = self.tap(press);
      return await until(`the note to query ${id}`, () => notes.get(id) ?? null);
    },
    /** Presses a button. Returns the number of the query. */
    tap({ chat, data, user, message = 1 }: Press): string {
      const id = String(nextQuery++);
      queries.add(id);
      add({
        callback_query: { id, from: from(user), message: { message_id: message, chat: { id: chat }, date: 1 }, chat_instance: "1", data },
      });
      return id;
    },
    /** Writes into a chat. @param to what it replies to. @param more of that message. */
    write({ chat, text: words, user, to }: { chat: number; text: string; user: number; to?: number }, more: object = {}): void {
      const message = { message_id: nextMessage++, from: from(user), chat: { id: chat }, date: 1, text: words };
      const asking = messages.find(({ id }) => id === to);
      const keyboard = asking?.buttons.map((button) => [{ text: button.text, callback_data: button.data }]) ?? [];
      const original = {
        message_id: to,
        from: { id: Number(botToken.split(":")[0]), is_bot: true, first_name: "Bot" },
        chat: { id: chat },
        date: 1,
        ...(asking === undefined ? {} : { text: asking.text }),
        ...(keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: keyboard } }),
        ...more,
      };
      add({ message: to === undefined ? message : { ...message, reply_to_message: original } });
    },
    /** Something other than an answer. */
    addOther: (update: Params): void => add(update),
    /** The message that asks, once it is sent. */
    asking: (count = 1): Promise<BotMessage> => until(`message ${count} of the bot`, () => messages[count - 1] ?? null),
  };
  return self;
}
