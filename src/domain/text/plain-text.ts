/**
 * Makes text that came from an agent or a person safe to print: nothing in it can move a cursor,
 * set a title or turn the reading direction.
 */

/**
 * Whole escape sequences: CSI; OSC, DCS, SOS, PM and APC with their payload; two-character ones. In
 * both the 7-bit and the C1 form.
 */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-Z\\^-~]/g;

/**
 * C0 but tab and newline, DEL, C1, soft hyphen, bidi controls, invisible separators and tags.
 * Joiners have a rule of their own.
 */
const invisible =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\u034f/gu;

/**
 * Most texts. They need no cleaning. A pattern with a class of Unicode stands within its function:
 * V8 makes the class where the pattern stands, and that takes longer than many a command.
 */
const plainAscii = /^[\t\n\x20-\x7e]*$/;

/**
 * The text without escape sequences, control, bidi and invisible characters; newlines and tabs
 * stay. Ill-formed UTF-16 becomes U+FFFD.
 */
export function plainText(text: string): string {
  if (plainAscii.test(text)) return text;
  const visible = text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[\u2028\u2029\x85]/g, "\n")
    .replace(sequences, "")
    .replace(invisible, "");
  return withoutLooseJoiners(visible).toWellFormed();
}

/**
 * The text without ZWNJ and ZWJ, except between two characters of a script that needs them or
 * within an emoji.
 */
function withoutLooseJoiners(text: string): string {
  return text.replace(
    /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u0f00-\u0fff])[\u200c\u200d]|[\u200c\u200d](?![\p{Extended_Pictographic}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u0f00-\u0fff])/gu,
    "",
  );
}

/**
 * The text with each character that a terminal could act on or hide written as `\uXXXX`: what
 * `plainText` removes, lone surrogates, and what is drawn as nothing or as a blank (joiners,
 * fillers, variants of characters). Newlines and tabs stay. JSON stays
 * valid and has the same value: within its strings that is how JSON itself writes them.
 */
export function visibleText(text: string): string {
  if (plainAscii.test(text)) return text;
  return text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\u2800\u3164\uffa0]|\p{Default_Ignorable_Code_Point}|\p{Surrogate}/gu,
    (character) =>
      Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""),
  );
}

/**
 * The text as one plain line of at most `max` characters (code points): every run of white space is
 * one blank, a cut shows as `…`.
 */
export function plainLine(text: string, max = 200): string {
  // What is cut off needs no cleaning; escape sequences may hide four times as much.
  const head = text.length > max * 8 + 1024 ? text.slice(0, max * 8 + 1024) : text;
  const line = plainText(head).replaceAll(/\s+/gu, " ").trim();
  if (line.length <= max && head === text) return line;
  const characters = Array.from(line);
  if (characters.length <= max && head === text) return line;
  return `${characters
    .slice(0, Math.max(0, max - 1))
    .join("")
    .trimEnd()}…`;
}
