/**
 * Quotes text of others in what is said to Claude: the one form in which comments of pull requests
 * and results of other tasks are inserted. Each line begins with `| `, so that no text can end its
 * quotation.
 */
import { plainText } from "./plain-text.ts";

/** What every quoted line begins with. */
export const dataMark = "|";

export interface QuoteLimits {
  /** Most characters. */
  readonly max: number;
  readonly maxLines: number;
  /** Which end is kept when it is too long. */
  readonly keep?: "beginning" | "end";
}

/** Each line with the mark, without control characters, and no longer than it may be. */
export function quoteData(text: string, { max, maxLines, keep = "beginning" }: QuoteLimits): string {
  // Cleaning needs no more than what can be shown; escape sequences may hide some more.
  const near = keep === "end" ? text.slice(-8 * max) : text.slice(0, 8 * max);
  const plain = plainText(near).replaceAll("\t", "  ").trim();
  const lines = plain.split("\n");
  const some = keep === "end" ? lines.slice(-maxLines) : lines.slice(0, maxLines);
  const joined = some.join("\n");
  const cut = (keep === "end" ? joined.slice(-max) : joined.slice(0, max)).toWellFormed();
  const isCut = near.length < text.length || some.length < lines.length || cut.length < joined.length;
  const shown = !isCut ? cut : keep === "end" ? `… (cut)\n${cut}` : `${cut}\n… (cut)`;
  return shown
    .split("\n")
    .map((line) => `${dataMark} ${line}`.trimEnd())
    .join("\n");
}
