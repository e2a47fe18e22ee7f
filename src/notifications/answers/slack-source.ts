/**
 * Reads the answers that come to an app of Slack: presses of buttons, and replies in the threads of
 * its messages. By Socket Mode: nothing has to reach this machine. An envelope is acknowledged when
 * its answer is stored. Slack sends a reply again that was not acknowledged. A press does not come
 * again: Slack marks the button, and the person presses once more.
 */
import type { ArrivedAnswer, TakenAnswer } from "../../domain/notifications/arrived-answer.ts";
import { slackTokens } from "../../domain/notifications/channel.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "../../domain/text/read-json.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import { escapeMarkup } from "../../domain/text/escape-markup.ts";
import { plainSection } from "../chat.ts";
import { withoutMentions } from "../payload.ts";
import { jsonIn } from "../post.ts";
import { askCodeOf, callAsApp, callAsBot, slackRef } from "../slack-app.ts";
import { pauseSince } from "./pause.ts";
import { openSocket } from "./slack-socket.ts";
import type { SlackSocket } from "./slack-socket.ts";
import { slackWords } from "./slack-words.ts";
import { SourceProblem, within } from "./source.ts";
import type { AnswerSource, Reading } from "./source.ts";

export interface SlackTimes {
  /** For one call of the API, and for the handshake of the connection. */
  readonly callMs: number;
  /** For a message whose name was not stored. Slack waits 3 s for the acknowledgement. */
  readonly lookUpMs: number;
  /** From the handshake until Slack says hello. */
  readonly helloMs: number;
  readonly pingMs: number;
  readonly silenceMs: number;
  /** After so long beside another program another connection is opened, to count again. */
  readonly sharedMs: number;
  /** Between the beginnings of two connections, whatever Slack asks for. */
  readonly renewMs: number;
}

const usual: SlackTimes = {
  callMs: 15_000,
  lookUpMs: 2_000,
  helloMs: 15_000,
  pingMs: 20_000,
  silenceMs: 60_000,
  sharedMs: 300_000,
  renewMs: 1_000,
};
/** What does not get better by itself soon. */
const longPauseMs = 60_000;
/** Replies that are being sent; more are left out. */
const mostReplies = 20;

export function slackSource(times: Partial<SlackTimes> = {}): AnswerSource {
  return {
    keepsAnswers: false,
    key: ({ target }, secret) => `slack ${target.url ?? ""} ${slackTokens(secret ?? "")?.app ?? ""}`,
    read: (reading, signal) => read(reading, { ...usual, ...times }, signal),
  };
}

/** The next connection stands before the last one ends. */
async function read(reading: Reading, times: SlackTimes, signal: AbortSignal): Promise<void> {
  const ends = new AbortController();
  const both = AbortSignal.any([ends.signal, signal]);
  const connections: Connection[] = [];
  const connect = async (): Promise<Connection> => {
    const connection = new Connection(reading, times, connections.length === 0 ? 1 : 2);
    connections.push(connection);
    await connection.open(both);
    return connection;
  };
  try {
    let begunAt = performance.now();
    let current = await connect();
    while ((await current.leaving) === "renew") {
      await pauseSince(begunAt, times.renewMs, signal);
      begunAt = performance.now();
      const next = await connect();
      await current.close();
      connections.splice(0, connections.length, next);
      current = next;
    }
  } finally {
    ends.abort();
    await Promise.all(connections.map((connection) => connection.close()));
  }
}

/** `renew`: Slack ends the connection soon, or it is time for another one. `closed`: it is over. */
type Leaving = "renew" | "closed";

class Connection {
  readonly #reading: Reading;
  readonly #times: SlackTimes;
  /** How many connections of the app are ours, with this one. */
  readonly #ours: number;
  readonly #closes = new AbortController();
  readonly #hello = Promise.withResolvers<void>();
  readonly #leaving = Promise.withResolvers<Leaving>();
  readonly #replies = new Set<Promise<void>>();
  #done: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(reading: Reading, times: SlackTimes, ours: number) {
    this.#reading = reading;
    this.#times = times;
    this.#ours = ours;
    // Each is awaited later, or not at all.
    this.#hello.promise.catch(() => undefined);
    this.#leaving.promise.catch(() => undefined);
  }

  /** Rejects with what broke the connection. */
  get leaving(): Promise<Leaving> {
    return this.#leaving.promise;
  }

  /** Resolves when Slack has said hello. @throws SourceProblem */
  async open(signal: AbortSignal): Promise<void> {
    const { callMs, helloMs, pingMs, silenceMs } = this.#times;
    const { destination } = this.#reading;
    const ends = AbortSignal.any([this.#closes.signal, signal]);
    const opened = await within(callMs, ends, (call) => callAsApp("apps.connections.open", {}, destination, call));
    if (!opened.ok) throw new SourceProblem(opened.problem, opened.retryAfterMs);
    const { allowPrivate } = destination;
    const limits = { allowPrivate, handshakeMs: callMs, pingMs, silenceMs };
    const socket = await openSocket(stringOf(opened.json["url"]) ?? "", limits, ends);
    this.#timer = setTimeout(() => {
      this.#hello.reject(new SourceProblem("Slack did not begin the connection in time."));
      this.#closes.abort();
    }, callMs + helloMs);
    // A reply may outlive the connection.
    this.#done = this.#take(socket, signal).then(
      () => this.#end(null),
      (error: Error) => this.#end(error),
    );
    await this.#hello.promise;
  }

  /** Waits for the answer that is being stored, and for replies. Never rejects. */
  async close(): Promise<void> {
    this.#closes.abort();
    await this.#done;
    await Promise.all(this.#replies);
  }

  #end(error: Error | null): void {
    clearTimeout(this.#timer);
    this.#hello.reject(error ?? new SourceProblem("Slack ended the connection before it began."));
    if (error === null) this.#leaving.resolve("closed");
    else this.#leaving.reject(error);
  }

  async #take(socket: SlackSocket, replies: AbortSignal): Promise<void> {
    for await (const text of socket.texts()) {
      const envelope = objectOf(jsonIn(text));
      switch (envelope["type"]) {
        case "hello":
          this.#begin(numberOf(envelope["num_connections"]) ?? this.#ours);
          break;
        case "disconnect":
          this.#leave(stringOf(envelope["reason"]) ?? "");
          break;
        default:
          await this.#takeEnvelope(envelope, socket, replies);
      }
    }
  }

  #begin(count: number): void {
    clearTimeout(this.#timer);
    const isShared = count > this.#ours;
    this.#reading.works(isShared ? sharedProblem : null);
    if (isShared) this.#timer = setTimeout(() => this.#leaving.resolve("renew"), this.#times.sharedMs);
    this.#hello.resolve();
  }

  /** @throws SourceProblem where another connection would end the same way. */
  #leave(reason: string): void {
    if (reason === "link_disabled")
      throw new SourceProblem("Socket Mode of the app is off (link_disabled). Turn it on in the settings of the app.", longPauseMs);
    if (reason === "too_many_websockets")
      throw new SourceProblem(
        "The app has too many connections (too_many_websockets). Give each Claude Worker an app of its own.",
        longPauseMs,
      );
    this.#leaving.resolve("renew");
  }

  /** One after the other: the second of two answers hears of the first. */
  async #takeEnvelope(envelope: JsonObject, socket: SlackSocket, replies: AbortSignal): Promise<void> {
    const id = stringOf(envelope["envelope_id"]);
    if (id === null) return;
    const arrived = arrivedIn(envelope);
    const channel = arrived === null ? null : channelFor(arrived, this.#reading.channels());
    const taken = arrived === null || channel === null ? null : await this.#takeAnswer(arrived, channel, replies);
    socket.send(JSON.stringify({ envelope_id: id }));
    if (arrived !== null && channel !== null && taken !== null) this.#reply(arrived, taken, channel, replies);
  }

  /** A reply to a message that was sent just before a server's death: Slack knows its code. */
  async #takeAnswer({ answer, thread, app }: Arrived, near: Channel, signal: AbortSignal): Promise<TakenAnswer> {
    const taken = await this.#reading.take(answer);
    const { chat } = answer.sender;
    if (taken.kind !== "unknown" || thread === null || chat === null) return taken;
    const to = this.#reading.destinationOf(near);
    const code = await within(this.#times.lookUpMs, signal, (ends) => askCodeOf({ channel: chat, ts: thread, app }, to, ends)).catch(
      () => null,
    );
    return code === null ? taken : await this.#reading.take({ ...answer, message: { code } });
  }

  /** A note that only the person sees. It may be lost: the message changes, too. */
  #reply({ answer, thread }: Arrived, { kind, text, channelId }: TakenAnswer, near: Channel, signal: AbortSignal): void {
    // A thread that is not under a message of ours has nothing to do with us.
    if (kind === "stranger" || (kind === "unknown" && thread !== null) || this.#replies.size >= mostReplies) return;
    const channel = this.#reading.channels().find(({ id }) => id === channelId) ?? near;
    const line = plainLine(text, 1000);
    const params = {
      channel: answer.sender.chat,
      user: answer.sender.user,
      text: escapeMarkup(withoutMentions(line)),
      blocks: [plainSection(line)],
      ...(thread === null ? {} : { thread_ts: thread }),
    };
    const work = within(this.#times.callMs, signal, (ends) =>
      callAsBot("chat.postEphemeral", params, this.#reading.destinationOf(channel), ends),
    );
    const reply: Promise<void> = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#replies.delete(reply));
    this.#replies.add(reply);
  }
}

const sharedProblem = "Slack gives a part of this app's answers to another program. Give each Claude Worker an app of its own.";

interface Arrived {
  readonly answer: ArrivedAnswer;
  /** The message that words reply to; null: a button was pressed. */
  readonly thread: string | null;
  /** Slack's name of the app; null: it does not say it. */
  readonly app: string | null;
}

function arrivedIn(envelope: JsonObject): Arrived | null {
  const payload = objectOf(envelope["payload"]);
  switch (envelope["type"]) {
    case "interactive":
      return payload["type"] === "block_actions" ? pressIn(payload) : null;
    case "events_api":
      return wordsIn(objectOf(payload["event"]), stringOf(payload["api_app_id"]));
    default:
      return null;
  }
}

/** A button of a message of ours. */
function pressIn(payload: JsonObject): Arrived | null {
  const values = arrayOf(payload["actions"]).map((action) => stringOf(objectOf(action)["value"]) ?? "");
  const [, code, option] = values.map((value) => /^([0-9a-z]{1,40})\.(\d{1,3})$/.exec(value)).find((match) => match !== null) ?? [];
  if (code === undefined || option === undefined) return null;
  const sender = { chat: idIn(payload["channel"]), user: idIn(payload["user"]) };
  return { answer: { message: { code }, choice: { option: Number(option) }, sender, position: null }, thread: null, app: null };
}

/** Words of a person as a reply in a thread; also one that is shown in the channel, too. */
function wordsIn(event: JsonObject, app: string | null): Arrived | null {
  const { type, subtype, bot_id: bot, channel, user, text, thread_ts: thread } = event;
  const isOfPerson = type === "message" && (subtype === undefined || subtype === "thread_broadcast") && bot === undefined;
  const [chat, root, words] = [stringOf(channel), stringOf(thread), stringOf(text)];
  if (!isOfPerson || chat === null || root === null || words === null) return null;
  const sender = { chat, user: stringOf(user) };
  const answer = { message: { ref: slackRef(chat, root) }, choice: { words: slackWords(words) }, sender, position: null };
  return { answer, thread: root, app };
}

/** A channel there whose answers of this person count. Of anyone else nothing is stored or said. */
function channelFor({ answer: { sender } }: Arrived, channels: readonly Channel[]): Channel | null {
  const { chat, user } = sender;
  return (
    channels.find(({ target, answerFrom }) => chat !== null && target.chat === chat && user !== null && answerFrom.includes(user)) ?? null
  );
}

function idIn(value: unknown): string | null {
  return stringOf(objectOf(value)["id"]);
}
