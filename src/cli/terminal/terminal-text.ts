/**
 * Cleans texts for a terminal: every text that the command line writes goes through this file,
 * wherever it came from.
 */
import { plainText } from "../../domain/text/plain-text.ts";

/**
 * What our own painter writes: bold, dim, italic, underlined, inverse, the sixteen colours and
 * their ends. Nothing that hides text.
 */
const ownStyle = /(\x1b\[(?:0|[1-47]|2[2-47]|3[0-79]|9[0-7])m)/;

/** Almost every text is harmless as it is. */
const suspicious = /[^\n\t\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2bff]/;

/**
 * The text without anything that could move a cursor, set a title or hide and reorder what is read.
 * @param colour keeps our own styles.
 */
export function terminalText(text: string, { colour }: { readonly colour: boolean }): string {
  if (!suspicious.test(text)) return text;
  if (!colour) return plainText(text);
  return text
    .split(ownStyle)
    .map((part, index) => (index % 2 === 1 ? part : plainText(part)))
    .join("");
}
