/** Finds the links of a message's questions. */
import type { Channel } from "../domain/notifications/channel.ts";
import type { Delivery } from "../domain/notifications/delivery.ts";
import type { QuestionLinks } from "../domain/questions/question-links.ts";
import type { Question } from "../domain/questions/question.ts";
import type { Store } from "../store/store.ts";
import { shownWords } from "./answers/prepare-ask.ts";

/** Null: the channel may not answer the question, or there is no public address. */
export type LinksOf = (question: Question, channel: Channel) => QuestionLinks | null;

interface LinksContext {
  readonly store: Store;
  readonly links?: LinksOf;
  /** A text without its secrets. */
  redact(text: string): string;
}

/** Signed for each try, so that a message that comes late can be answered, too. */
export function linksIn(parts: readonly Delivery[], channel: Channel, { store, links: linksOf, redact }: LinksContext): QuestionLinks[] {
  const ids = new Set(parts.filter(({ event }) => event === "question").map(({ content }) => content.question?.id ?? null));
  return [...ids].flatMap((id) => {
    const question = id === null ? null : store.questions.get(id);
    const links = question?.status === "open" ? (linksOf?.(question, channel) ?? null) : null;
    // Labels of Claude's questions are its own words.
    const options = links?.options.map(({ label, url }) => ({ label: shownWords(label, { redact }), url })) ?? [];
    return links === null ? [] : [{ ...links, options }];
  });
}
