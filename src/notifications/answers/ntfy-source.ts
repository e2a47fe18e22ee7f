/**
 * Reads the answers that come to a topic of ntfy: what a button of a notification sends there, and
 * what a person writes there behind the code of a message. As a stream of JSON lines, from the last
 * one that was stored. Who has the code may answer: ntfy does not say who writes.
 */
import type { IncomingMessage } from "node:http";
import type { ArrivedAnswer } from "../../domain/notifications/arrived-answer.ts";
import { ntfyParts } from "../../domain/notifications/channel.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { numberOf, objectOf, stringOf } from "../../domain/text/read-json.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import { exchange, textOf } from "../exchange.ts";
import { headersOf, publish } from "../ntfy.ts";
import { jsonIn, retryAfterMs } from "../post.ts";
import { lineReader } from "./line-reader.ts";
import { SourceProblem, within } from "./source.ts";
import type { AnswerSource, Reading } from "./source.ts";

/** Time until the head of the answer. */
const connectMs = 30_000;
/** ntfy says every 45 s that it is there, unless its owner has set another time. */
const silenceMs = 150_000;
const replyMs = 15_000;
/** Its clock may differ from ours. */
const earlierSeconds = 600;
/** Lowest but one: shown without a sound. */
const quiet = 2;
const usual = 3;

export const ntfySource: AnswerSource = {
  keepsAnswers: true,
  key: ({ target }, secret) => `ntfy ${ntfyParts(target.url ?? "")?.server ?? ""} ${target.answersTopic ?? ""} ${secret ?? ""}`,
  async read(reading, signal) {
    const stream = new AbortController();
    const ends = AbortSignal.any([stream.signal, signal]);
    let timer = setTimeout(() => stream.abort(), connectMs);
    try {
      // A stream does not say where the past ends.
      if (reading.isBehind()) {
        for await (const line of lineReader(await subscribed(reading, ends, "&poll=1")))
          await takeLine(objectOf(jsonIn(line)), reading, signal);
        if (!ends.aborted) reading.caughtUp();
      }
      const answer = await subscribed(reading, ends);
      reading.works();
      clearTimeout(timer);
      timer = setTimeout(() => stream.abort(), silenceMs);
      for await (const line of lineReader(answer)) {
        timer.refresh();
        await takeLine(objectOf(jsonIn(line)), reading, signal);
      }
      if (stream.signal.aborted) throw new SourceProblem("ntfy was silent for too long.");
    } finally {
      clearTimeout(timer);
      stream.abort();
    }
  },
};

/**
 * The stream of the topic, from the last answer on.
 * @param more `&poll=1`: it ends after what ntfy has kept.
 */
async function subscribed(reading: Reading, signal: AbortSignal, more = ""): Promise<IncomingMessage> {
  const { target, secret, allowPrivate } = reading.destination;
  const since = reading.position()?.id ?? String(Math.floor(reading.waitsSince() / 1000) - earlierSeconds);
  const url = `${ntfyParts(target.url ?? "")?.server ?? ""}${target.answersTopic ?? ""}/json?since=${encodeURIComponent(since)}${more}`;
  const answer = await exchange({ url, method: "GET", headers: headersOf(secret), allowPrivate, signal });
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  const words = stringOf(objectOf(jsonIn(await textOf(answer, signal)))["error"]);
  const said = words === null ? "" : ` ${plainLine(words, 150)}`;
  throw new SourceProblem(`ntfy answered ${statusCode} for the topic of answers.${said}`, retryAfterMs(headers["retry-after"]));
}

async function takeLine(line: JsonObject, reading: Reading, signal: AbortSignal): Promise<void> {
  const [id, time] = [stringOf(line["id"]), numberOf(line["time"])];
  if (line["event"] !== "message" || id === null || time === null) return;
  // All that it keeps comes again when it has forgotten the last one.
  if (time < (reading.position()?.at ?? 0)) return;
  const answer = answerIn(stringOf(line["message"]) ?? "");
  if (answer === null) return;
  const position = { at: time, id };
  const { kind, text, channelId } = await reading.take({ ...answer, sender: { chat: null, user: null }, position });
  const channel = reading.channels().find((each) => each.id === channelId);
  if (channel === undefined) return;
  const message = { title: "Claude Worker", message: plainLine(text, 1000), priority: kind === "answered" ? quiet : usual };
  try {
    await within(replyMs, signal, (ends) => publish(message, { ...reading.destination, target: channel.target }, ends));
  } catch {
    // What counts is in the store.
  }
}

/** A button sends `code.0`, a person writes `code` and words. Phones begin with a capital. */
function answerIn(text: string): Pick<ArrivedAnswer, "message" | "choice"> | null {
  const [, code = "", option, words] = /^\s*([0-9a-z]{10})(?:\.(\d{1,3})\s*$|[\s:,]+(\S[^]*)$)/i.exec(text) ?? [];
  const message = { code: code.toLowerCase() };
  if (option !== undefined) return { message, choice: { option: Number(option) } };
  return words === undefined ? null : { message, choice: { words } };
}
