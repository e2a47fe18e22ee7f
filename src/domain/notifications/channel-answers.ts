/**
 * Says which answers a channel may give to questions that are sent to it. Every way back from a
 * channel asks here: chats and links. See docs/decisions/0017.
 */
import { WorkerError } from "../errors.ts";
import { checkedAnswer } from "../questions/check-answer.ts";
import { offeredOptions } from "../questions/offered-options.ts";
import { isOfContent } from "../questions/question.ts";
import type { Question } from "../questions/question.ts";

/** `content`: what gives the task no right. `permissions`: everything but a rule. */
export const channelAnswers = ["none", "content", "permissions"] as const;
export type ChannelAnswers = (typeof channelAnswers)[number];

/** Whether the channel may answer such a question. */
export function mayAnswer(answers: ChannelAnswers, question: Pick<Question, "kind" | "input">): boolean {
  switch (answers) {
    case "none":
      return false;
    case "content":
      return isOfContent(question);
    case "permissions":
      return true;
  }
}

/**
 * The labels that a channel's message offers: each is an answer by itself. A rule is never among
 * them.
 * @param isWhole whether the message shows all of the question. If not, what it does not show must
 * neither be allowed nor chosen.
 */
export function channelOptions(
  question: Pick<Question, "id" | "kind" | "tool" | "input" | "rule">,
  { isWhole }: { readonly isWhole: boolean },
): readonly string[] {
  const labels = offeredOptions(question).map(({ label }) => label);
  if (question.kind === "question") return isWhole ? labels : [];
  return labels.filter((label) => (isWhole || label === "deny") && isAnswer(question, label));
}

/** Whether the option answers the question without more fields, and makes no rule. */
function isAnswer(question: Parameters<typeof checkedAnswer>[0], option: string): boolean {
  try {
    return checkedAnswer(question, { option }).rule === undefined;
  } catch (error) {
    if (error instanceof WorkerError) return false;
    throw error;
  }
}
