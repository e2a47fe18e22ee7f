/**
 * Writes the message of a question that may be answered in its channel: all of it, or a part with a
 * clear mark. Only what was shown whole can be allowed.
 */
import { rawQuestion, wholeQuestion } from "../../domain/questions/whole-question.ts";
import type { Question } from "../../domain/questions/question.ts";
import { cutToFit } from "../../domain/text/cut-text.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { redactionMark } from "../../domain/text/secret-finder.ts";

export interface AskText {
  readonly text: string;
  /** Whether the text has all of the question. */
  readonly isWhole: boolean;
}

export interface AskTextContext {
  /** A text without its secrets. */
  redact(text: string): string;
  /** Whether so long a text can be sent. */
  fits(text: string): boolean;
}

/** @param heading what stands above the question: lines that are clean. */
export function askText(question: Question, heading: string, { redact, fits }: AskTextContext): AskText {
  const whole = readable(question, redact);
  const place = `claude-worker inbox q${question.id}`;
  const join = (body: string, note: string | null): string => [heading, body, ...(note === null ? [] : ["", note])].join("\n");
  if (whole.includes(redactionMark)) {
    const note = `A part is hidden, because it looks like a secret. See the rest: ${place}`;
    return {
      text: join(
        cutToFit(whole, (body) => fits(join(body, note))),
        note,
      ),
      isWhole: false,
    };
  }
  const text = join(whole, null);
  if (fits(text)) return { text, isWhole: true };
  const note = `This is only the beginning. See all of it: ${place}`;
  return {
    text: join(
      cutToFit(whole, (body) => fits(join(body, note))),
      note,
    ),
    isWhole: false,
  };
}

/** Without secrets, also where an invisible character within one would hide it. */
function readable(question: Question, redact: (text: string) => string): string {
  const visible = redact(wholeQuestion(question));
  const plain = redact(plainText(rawQuestion(question)));
  return plain.includes(redactionMark) && !visible.includes(redactionMark) ? plain : visible;
}
