/** The page of a link that answers a question: what it shows, and what its form sends. */
import type { ShownInput } from "../domain/questions/shown-input.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import type { QuestionView } from "./views/question.ts";

export interface AnswerPage {
  readonly question: QuestionView;
  readonly task: { readonly id: number; readonly title: string; readonly directory: string };
  /** The channel whose message has the link. */
  readonly channel: string;
  readonly input: ShownInput;
  /** The labels of what it gives: of one option, or of all that the channel may give. */
  readonly labels: readonly string[];
  /** Whether it gives the one option only, without words. */
  readonly isOneOption: boolean;
  /** Proves that a form comes from the page. */
  readonly confirmation: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** The answer that a form gives; of a link for one option only the confirmation counts. */
export interface PageAnswer {
  readonly confirmation: string;
  readonly decision?: "allow" | "deny" | undefined;
  readonly option?: string | undefined;
  readonly message?: string | undefined;
  readonly answers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly content?: JsonObject | undefined;
}
