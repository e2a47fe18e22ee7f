/** Makes a notification of a question one that takes the answer, where its channel may give it. */
import { randomInt } from "node:crypto";
import { channelOptions, mayAnswer } from "../../domain/notifications/channel-answers.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import type { Content } from "../../domain/notifications/content.ts";
import type { Delivery } from "../../domain/notifications/delivery.ts";
import { wordsHint } from "../../domain/questions/answer-in-words.ts";
import { lateText } from "../../domain/questions/default-answer.ts";
import type { Question } from "../../domain/questions/question.ts";
import { plainLine, plainText, visibleText } from "../../domain/text/plain-text.ts";
import { utcMinute } from "../../domain/text/utc-minute.ts";
import type { Store } from "../../store/store.ts";
import type { Asking } from "../adapter.ts";
import type { Message, MessageAsk } from "../message.ts";
import { askText } from "./ask-text.ts";

/** A question as its message shows it. */
export interface PreparedAsk {
  readonly questionId: number;
  readonly title: string;
  readonly text: string;
  /** The labels of the options that the message offers. */
  readonly options: readonly string[];
  readonly isWhole: boolean;
  /** The same for people, and what words can say. */
  readonly shown: Omit<MessageAsk, "code">;
}

export interface PrepareContext {
  readonly store: Store;
  /** A text without its secrets. */
  redact(text: string): string;
}

/**
 * Null: the delivery is about no question that the channel may answer, or the message does not show
 * enough of it for any answer.
 * @param asking what the channel's kind can show.
 */
export function prepareAsk(
  { event, content }: Pick<Delivery, "event" | "content">,
  channel: Pick<Channel, "answers">,
  asking: Asking | undefined,
  context: PrepareContext,
): PreparedAsk | null {
  const id = event === "question" ? content.question?.id : null;
  const question = id == null || asking === undefined ? null : context.store.questions.get(id);
  if (question === null || asking === undefined || !mayAnswer(channel.answers, question)) return null;
  const { title, text, isWhole } = shownQuestion(question, content, asking, context);
  const options = channelOptions(question, { isWhole });
  const hint = wordsHint(question, { isWhole });
  if (options.length === 0 && hint === null) return null;
  const shown = {
    options: options.map((label) => shownLabel(question, label, context)),
    hint: hint === null ? null : shownWords(hint, context),
  };
  return { questionId: question.id, title, text, options, isWhole, shown };
}

/** Title and text of the question's message, the same at each time. */
export function shownQuestion(
  question: Question,
  { title: what, task }: Pick<Content, "title" | "task">,
  asking: Asking,
  { redact, store }: PrepareContext,
): { readonly title: string; readonly text: string; readonly isWhole: boolean } {
  const line = (text: string): string => plainLine(redact(plainText(text)), 200);
  const title = `${line(what)} (q${question.id})`;
  const heading = [
    task === null ? "" : line(task.name === null ? task.title : `${task.name}: ${task.title}`),
    ...deadlineLines(question, store).map((text) => plainLine(redact(plainText(text)), 400)),
  ];
  return { title, ...askText(question, heading.join("\n"), { redact, fits: (text) => asking.fits(title, text) }) };
}

/** Until when an answer counts, and what happens then. A question that has ended needs none. */
function deadlineLines(question: Question, store: Store): string[] {
  const { status, deadline, taskId } = question;
  const task = status === "open" && deadline !== null ? store.tasks.row(taskId) : null;
  if (task === null || deadline === null) return [];
  return [`Waits until ${utcMinute(new Date(deadline).toISOString())}; then ${lateText(question, task)}.`];
}

/** What the message of a question has in the place of its usual parts. */
export type AskParts = Required<Pick<Message, "title" | "text" | "ask">>;

/** Inside `write`. Gives the message its code. */
export function askOf(
  store: Store,
  { id: deliveryId, channelId }: Pick<Delivery, "id" | "channelId">,
  { questionId, title, text, options, isWhole, shown }: PreparedAsk,
  askedAt: number,
): AskParts {
  const { code } = store.asks.open({ channelId, questionId, deliveryId, code: newCode(), options, isWhole, askedAt });
  return { title, text, ask: { code, ...shown } };
}

/** The message that takes the answer itself. Its links lead to the page of the question only. */
export function withAsk(message: Message, ask: AskParts | null): Message {
  return ask === null ? message : { ...message, ...ask, links: message.links.map((each) => ({ ...each, options: [] })) };
}

/** A line of words that an agent or an MCP server chose. */
export function shownWords(words: string, { redact }: Pick<PrepareContext, "redact">): string {
  return plainLine(redact(visibleText(words)), 100);
}

function shownLabel({ kind }: Question, label: string, context: PrepareContext): string {
  const text = shownWords(label, context) || "(empty)";
  // Claude's own labels stay as they are.
  return kind === "question" ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** Without characters that look like others: ntfy's are typed by people. */
const alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
const codeLength = 10;

/** About 50 bits. */
function newCode(): string {
  return Array.from({ length: codeLength }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
