/** Cuts a long text to its end. */
import { plainText } from "./plain-text.ts";

/** The last whole lines of a text that fit. */
export function lastLines(text: string, most: { readonly characters: number; readonly lines?: number }): string {
  const clean = plainText(text).trimEnd();
  const lines = clean.split("\n").slice(-(most.lines ?? Infinity));
  let kept = "";
  for (const line of lines.toReversed()) {
    if (kept.length + line.length + 1 > most.characters) {
      // A last line that is too long keeps its end.
      return kept === "" ? line.slice(-most.characters).toWellFormed() : kept;
    }
    kept = kept === "" ? line : `${line}\n${kept}`;
  }
  return kept;
}
