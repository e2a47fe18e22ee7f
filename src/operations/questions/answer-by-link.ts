/**
 * Answers questions by the links that notifications carry. answer-links.ts signs the links,
 * answer-from-channel.ts decides what a channel may answer.
 */
import type { AnswerPage, PageAnswer } from "../../contract/answer-page.ts";
import { WorkerError } from "../../domain/errors.ts";
import { channelOptions, mayAnswer } from "../../domain/notifications/channel-answers.ts";
import type { Channel } from "../../domain/notifications/channel.ts";
import { answerText } from "../../domain/questions/answer-text.ts";
import type { GivenAnswer } from "../../domain/questions/check-answer.ts";
import { offeredOptions } from "../../domain/questions/offered-options.ts";
import { asksToOpen } from "../../domain/questions/question.ts";
import type { QuestionLinks } from "../../domain/questions/question-links.ts";
import type { Question } from "../../domain/questions/question.ts";
import { shownInput } from "../../domain/questions/shown-input.ts";
import type { Task } from "../../domain/task/task.ts";
import type { RightsContext } from "../rights/task-rights.ts";
import { rfc3339 } from "../tasks/times.ts";
import { answerFromChannel, requireChannelAnswer } from "./answer-from-channel.ts";
import { requireOpen } from "./answer-question.ts";
import { isSame } from "./answer-links.ts";
import type { AnswerLink, AnswerLinks } from "./answer-links.ts";
import { questionView } from "./question-view.ts";

export interface LinkContext extends RightsContext {
  /** null: there is no public address. */
  readonly links: AnswerLinks | null;
}

/** What a link leads to, and the answers that it gives. */
interface Opened {
  readonly question: Question;
  readonly task: Task;
  readonly channel: string;
  readonly labels: readonly string[];
  readonly link: AnswerLink;
  readonly confirmation: string;
}

/**
 * What the page of a link shows.
 * @returns null: the link is not ours, or its question is gone.
 * @throws WorkerError conflict, forbidden.
 */
export function openLink(context: LinkContext, text: string, now: number): AnswerPage | "expired" | null {
  const opened = open(context, text, now);
  if (opened === null || opened === "expired") return opened;
  const { question, task, channel, labels, link, confirmation } = opened;
  return {
    question: questionView(question, task),
    task: { id: task.id, title: task.name ?? task.title, directory: task.workingDirectory },
    channel,
    input: shownInput(question.input),
    labels,
    isOneOption: link.place > 0,
    confirmation,
    expiresAt: rfc3339(link.expiresAt),
  };
}

/**
 * Gives the answer of a link. Checks everything again, within the write.
 * @returns a sentence about the answer.
 * @throws WorkerError not_found, conflict, forbidden, unprocessable, untrusted_directory.
 */
export function answerByLink(context: LinkContext, text: string, given: PageAnswer, now: number): Promise<string> {
  return context.store.write(() => {
    const opened = open(context, text, now);
    if (opened === null || opened === "expired") {
      throw new WorkerError("not_found", "This link answers nothing any more. Answer at the terminal: claude-worker inbox");
    }
    const { question, task, labels, link, confirmation } = opened;
    if (!isSame(given.confirmation, confirmation)) {
      throw new WorkerError("forbidden", "The answer was not sent by the page of this link. Open the link again, and use its buttons.");
    }
    const answer = link.place > 0 ? { option: labels[0] } : answerOfPage(given);
    if (!isOffered(question, labels, answer)) throw notOffered(question);
    const { answer: stored } = answerFromChannel(context, { channelId: link.channelId, questionId: question.id, given: answer }, now);
    return `Question q${question.id} of task ${task.id} has your answer: ${answerText(stored)}`;
  });
}

function open({ store, links }: LinkContext, text: string, now: number): Opened | "expired" | null {
  const link = links?.read(text) ?? null;
  const question = link === null ? null : store.questions.get(link.questionId);
  const task = question === null ? null : store.tasks.get(question.taskId);
  if (links === null || link === null || question === null || task === null || !links.isOurs(question, link)) return null;
  // First: what became of the question is said to no link that has ended.
  if (link.expiresAt <= now) return "expired";
  const { name: channel } = requireChannelAnswer(store, link.channelId, question, now);
  requireOpen(question, task);
  const only = offeredOptions(question)[link.place - 1]?.label;
  const labels = labelsOfPage(question).filter((label) => link.place === 0 || label === only);
  return { question, task, channel, labels, link, confirmation: links.confirmation(question, link) };
}

/** The links of a question in a message to this channel; null: the channel may not answer it. */
export function linksFor(links: AnswerLinks, question: Question, { id, answers }: Channel, now: number): QuestionLinks | null {
  return mayAnswer(answers, question) ? links.linksOf(question, id, labelsOf(question), now) : null;
}

/** Each is an answer by itself. A page shows more than a message. */
function labelsOf(question: Question): readonly string[] {
  return channelOptions(question, { isWhole: isShownWhole(question) });
}

function isShownWhole({ input }: Question): boolean {
  return shownInput(input).missing === null;
}

/** What a page can give: it also has the fields of a form, where it shows all of them. */
function labelsOfPage(question: Question): readonly string[] {
  const labels = labelsOf(question);
  const isForm = question.kind === "elicitation" && !asksToOpen(question) && isShownWhole(question);
  return isForm ? ["accept", ...labels.filter((label) => label !== "accept")] : labels;
}

function answerOfPage({ decision, option, message, answers, content }: PageAnswer): GivenAnswer {
  return { decision, option, message: message === "" ? undefined : message, answers, content };
}

function isOffered(question: Question, labels: readonly string[], { option, decision, answers }: GivenAnswer): boolean {
  if (question.kind === "question" && option === undefined) return decision === "deny" || (answers !== undefined && isShownWhole(question));
  if (question.kind === "question") return option !== undefined && labels.includes(option);
  return answers === undefined && labels.includes(option ?? decision ?? "");
}

function notOffered({ id }: Question): WorkerError {
  return new WorkerError(
    "forbidden",
    `The page of this link does not offer that answer. Answer at the terminal: claude-worker answer q${id}`,
  );
}
