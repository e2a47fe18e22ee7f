/**
 * Takes an answer that came through a channel: finds its message, checks the sender, and answers
 * the question. Stores in the same commit up to where the channel's answers were read.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { ArrivedAnswer, ReadPosition, TakenAnswer } from "../../domain/notifications/arrived-answer.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import { answerInWords, wordsHint } from "../../domain/questions/answer-in-words.ts";
import { answerText } from "../../domain/questions/answer-text.ts";
import type { GivenAnswer } from "../../domain/questions/check-answer.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import type { Ask } from "../../store/sqlite/asks.ts";
import type { Store } from "../../store/store.ts";
import { answerFromChannel } from "../questions/answer-from-channel.ts";
import { requireQuestion } from "../questions/answer-question.ts";
import type { RightsContext } from "../rights/task-rights.ts";

/** More than any chat lets a person write. */
const longestWords = 10_000;

/** What keeps an answer from counting. Anything else is an error of the server, and is thrown. */
const refusals: ReadonlySet<ErrorCode> = new Set(["not_found", "conflict", "unprocessable", "forbidden", "untrusted_directory"]);

/** @param channelIds the channels whose answers arrive where this one did. */
export function takeAnswer(
  context: RightsContext,
  answer: ArrivedAnswer,
  { channelIds, now }: { readonly channelIds: readonly number[]; readonly now: number },
): Promise<TakenAnswer> {
  const { store } = context;
  return store.write(() => {
    notePosition(store, channelIds, answer.position);
    const found = askOf(store, channelIds, answer);
    if (found === null) return { kind: "unknown", text: "This message cannot be answered any more.", channelId: null };
    const { channelId } = found.ask;
    if (!isSender(found.channel, answer.sender)) {
      return { kind: "stranger", text: "Your answer does not count here. It was not stored.", channelId };
    }
    try {
      return { kind: "answered", text: answered(context, found.ask, answer.choice, now), channelId };
    } catch (error) {
      if (error instanceof WorkerError && refusals.has(error.code)) return { kind: "refused", text: error.message, channelId };
      throw error;
    }
  });
}

/** Inside `write`. Stores that the answers of these channels were read up to here. */
export function notePosition(store: Store, channelIds: readonly number[], position: ReadPosition | null): void {
  if (position === null) return;
  for (const id of channelIds) store.asks.setPosition(id, position);
}

interface Found {
  readonly ask: Ask;
  readonly channel: Channel;
}

/**
 * The message, only if one of these channels has sent it. The names of messages count in their
 * chat.
 */
function askOf(store: Store, channelIds: readonly number[], { message, sender }: ArrivedAnswer): Found | null {
  for (const id of channelIds) {
    const channel = store.notifications.channel(id);
    if (channel === null) continue;
    const named = "ref" in message && channel.target.chat === sender.chat ? store.asks.ofRef(id, message.ref) : null;
    const ask = named ?? (message.code == null ? null : store.asks.ofCode(message.code));
    if (ask?.channelId === id) return { ask, channel };
  }
  return null;
}

/** Where the service does not say who answers, the topic is the secret, and no users are named. */
function isSender({ target, answerFrom }: Channel, { chat, user }: ArrivedAnswer["sender"]): boolean {
  if (chat !== null && chat !== target.chat) return false;
  return answerFrom.length === 0 ? user === null : user !== null && answerFrom.includes(user);
}

/** @throws WorkerError why it does not count. */
function answered(context: RightsContext, ask: Ask, choice: ArrivedAnswer["choice"], now: number): string {
  const { channelId, questionId, options } = ask;
  const question = requireQuestion(context.store, questionId);
  const given = "option" in choice ? optionOf(options, choice.option) : wordsOf(question, choice.words, ask);
  const { answer } = answerFromChannel(context, { channelId, questionId, given }, now);
  return `q${questionId}: ${answerText(answer)}`;
}

function optionOf(options: readonly string[], number: number): GivenAnswer {
  const option = options[number];
  if (option === undefined) throw new WorkerError("unprocessable", "The message did not offer this.");
  return { option };
}

function wordsOf(question: Parameters<typeof answerInWords>[0], words: string, { questionId, options, isWhole }: Ask): GivenAnswer {
  const text = plainText(words).trim();
  if (text.length > longestWords) throw new WorkerError("unprocessable", `An answer has at most ${longestWords} characters.`);
  const given = answerInWords(question, text, options);
  const isContent = given?.content !== undefined || question.kind === "question";
  if (isContent && !isWhole) {
    const what = question.kind === "question" ? "question" : "form";
    const place = `See all of it: claude-worker inbox q${questionId}`;
    throw new WorkerError(
      "unprocessable",
      `The message does not show all of the ${what}, so the ${what} cannot be answered here. ${place}`,
    );
  }
  if (given !== null) return given;
  const hint = wordsHint(question, { isWhole });
  const list = [...options.map((option) => `"${option}"`), ...(hint === null ? [] : [hint])];
  throw new WorkerError("unprocessable", `This is not an answer to it. Say ${list.join(", or ")}.`);
}
