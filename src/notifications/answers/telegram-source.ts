/**
 * Reads the answers that come to a bot of Telegram: presses of buttons, and replies to its
 * messages. By long polling: nothing has to reach this machine. The offset that confirms an update
 * is stored with the answer.
 */
import type { ArrivedAnswer, ReadPosition, TakenAnswer } from "../../domain/notifications/arrived-answer.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "../../domain/text/read-json.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import { askCodeIn, botIdOf, callBot } from "../telegram.ts";
import { pauseSince } from "./pause.ts";
import { SourceProblem, within } from "./source.ts";
import type { AnswerSource, Reading } from "./source.ts";

/** How long Telegram holds a request that it has nothing for: the longest that it takes. */
const pollSeconds = 50;
const pollMs = (pollSeconds + 25) * 1000;
const callMs = 15_000;
const mostUpdates = 20;
/** Another program asks for the same updates: asking again would take them from it. */
const conflictPauseMs = 60_000;
/** Between requests that brought nothing: Telegram holds each for long, others may not. */
const emptyMs = 1000;
/** Telegram shows so much of a note. */
const longestNote = 190;

export const telegramSource: AnswerSource = {
  keepsAnswers: true,
  key: ({ target }, secret) => `telegram ${target.url ?? ""} ${secret ?? ""}`,
  async read(reading, signal) {
    while (!signal.aborted) {
      const [begunAt, before] = [performance.now(), reading.position()?.at];
      let skipped: ReadPosition | null = null;
      const updates = await updatesOf(reading, signal);
      for (const update of updates) skipped = await takeUpdate(update, reading, signal);
      // Once for all of the rest: anyone can write to a bot.
      if (skipped !== null) await reading.seen(skipped);
      if (updates.length < mostUpdates) reading.caughtUp();
      if (reading.position()?.at === before) await pauseSince(begunAt, emptyMs, signal);
    }
  },
};

async function updatesOf(reading: Reading, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const position = reading.position();
  const params = {
    ...(position === null ? {} : { offset: position.at + 1 }),
    limit: mostUpdates,
    // What it has kept comes at once; if there is nothing, that is known at once, too.
    timeout: reading.isBehind() ? 0 : pollSeconds,
    allowed_updates: ["callback_query", "message"],
  };
  const { status, result, description, retryAfterMs } = await within(pollMs, signal, (ends) =>
    callBot("getUpdates", params, reading.destination, ends),
  );
  if (result === null) {
    const words = description === null ? "" : ` ${plainLine(description, 150)}`;
    if (status === 409) {
      throw new SourceProblem(
        `Telegram gives this bot's answers to another program (409).${words} Give each Claude Worker a bot of its own.`,
        conflictPauseMs,
      );
    }
    throw new SourceProblem(`Telegram answered ${status}.${words}`, retryAfterMs);
  }
  reading.works();
  return arrayOf(result).map(objectOf);
}

/** @returns the position of an update without an answer; null: it is stored with the answer. */
async function takeUpdate(update: JsonObject, reading: Reading, signal: AbortSignal): Promise<ReadPosition | null> {
  const id = numberOf(update["update_id"]);
  if (id === null) return null;
  const position = { at: id, id: String(id) };
  const query = objectOf(update["callback_query"]);
  const message = objectOf(update["message"]);
  const press = pressOf(query, position);
  const reply = replyOf(message, reading, position);
  if (press !== null) await note(query, await reading.take(press), reading, signal);
  else if (reply !== null) await sayTaken(message, await reading.take(reply), reading, signal);
  else {
    if (isWithoutReply(message, reading)) await say(message, "Reply to the message of a question to answer it.", reading, signal);
    return position;
  }
  return null;
}

/** A button of a message of ours. */
function pressOf(query: JsonObject, position: ReadPosition): ArrivedAnswer | null {
  const [, code, option] = /^([0-9a-z]{1,40})\.(\d{1,3})$/.exec(stringOf(query["data"]) ?? "") ?? [];
  if (code === undefined || option === undefined) return null;
  const sender = { chat: idOf(objectOf(query["message"])["chat"]), user: idOf(query["from"]) };
  return { message: { code }, choice: { option: Number(option) }, sender, position };
}

/** Words as a reply to a message. */
function replyOf(message: JsonObject, { destination }: Reading, position: ReadPosition): ArrivedAnswer | null {
  const asking = objectOf(message["reply_to_message"]);
  const ref = numberOf(asking["message_id"]);
  const words = stringOf(message["text"]);
  if (ref === null || words === null) return null;
  const sender = { chat: idOf(message["chat"]), user: idOf(message["from"]) };
  // Anyone in a group can write what looks like a message of ours.
  const isOurs = idOf(asking["from"]) === botIdOf(destination);
  return { message: { ref: String(ref), code: isOurs ? askCodeIn(asking) : null }, choice: { words }, sender, position };
}

/** Whether a person whose answers count wrote to the bot alone, without a reply. */
function isWithoutReply(message: JsonObject, reading: Reading): boolean {
  const [chat, user] = [idOf(message["chat"]), idOf(message["from"])];
  return (
    chat !== null &&
    chat === user &&
    stringOf(message["text"]) !== null &&
    reading.channels().some(({ target, answerFrom }) => target.chat === chat && answerFrom.includes(user))
  );
}

/** Ends the waiting of the button. A note may be lost: the message changes, too. */
async function note(query: JsonObject, { kind, text }: TakenAnswer, reading: Reading, signal: AbortSignal): Promise<void> {
  const params = { callback_query_id: query["id"], text: plainLine(text, longestNote), show_alert: kind !== "answered" };
  await tell("answerCallbackQuery", params, reading, signal);
}

/** Strangers in a group get no reply: the bot would talk to everyone there. */
async function sayTaken(message: JsonObject, { kind, text }: TakenAnswer, reading: Reading, signal: AbortSignal): Promise<void> {
  if (kind === "answered" || kind === "refused") await say(message, text, reading, signal);
}

async function say(message: JsonObject, text: string, reading: Reading, signal: AbortSignal): Promise<void> {
  const params = {
    chat_id: objectOf(message["chat"])["id"],
    text: plainLine(text, 1000).replaceAll("@", "\uff20"),
    reply_parameters: { message_id: message["message_id"], allow_sending_without_reply: true },
    link_preview_options: { is_disabled: true },
  };
  await tell("sendMessage", params, reading, signal);
}

async function tell(method: string, params: object, { destination }: Reading, signal: AbortSignal): Promise<void> {
  try {
    await within(callMs, signal, (ends) => callBot(method, params, destination, ends));
  } catch {
    // What counts is in the store.
  }
}

function idOf(value: unknown): string | null {
  const id = numberOf(objectOf(value)["id"]);
  return id === null ? null : String(id);
}
