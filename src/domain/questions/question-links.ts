/** The links of one question in a message: each gives an answer from its page. */
import { cutText } from "../text/cut-text.ts";
import { plainLine } from "../text/plain-text.ts";

export interface QuestionLinks {
  readonly question: number;
  /** Shows the whole question, and takes any answer that the channel may give. */
  readonly page: string;
  readonly options: readonly { readonly label: string; readonly url: string }[];
}

export interface NamedLink {
  readonly name: string;
  readonly url: string;
}

const longestName = 60;

/** All of them with their names, those of several questions with the question's number. */
export function namedLinks(links: readonly QuestionLinks[]): NamedLink[] {
  return links.flatMap(({ question, page, options }) => {
    const prefix = links.length > 1 ? `q${question} ` : "";
    const named = options.map(({ label, url }) => ({ name: cutText(prefix + plainLine(label), longestName), url }));
    return [...named, { name: `${prefix}all of it`, url: page }];
  });
}
