/**
 * How many columns a plain text takes in a terminal. An estimate for tables: East Asian wide
 * characters and emoji count two, marks none.
 */

const ascii = /^[\x20-\x7e]*$/;

export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** As `textWidth` for a text that we have painted: colours take no room. */
export function paintedWidth(text: string): number {
  return textWidth(text.replaceAll(/\x1b\[\d+m/g, ""));
}

/** The text cut to `max` columns; a cut shows as `…`. */
export function fitWidth(text: string, max: number): string {
  if (textWidth(text) <= max) return text;
  if (max < 1) return "";
  let width = 1;
  let fitting = "";
  for (const character of text) {
    width += widthOf(character);
    if (width > max) break;
    fitting += character;
  }
  return `${fitting.trimEnd()}…`;
}

function widthOf(character: string): number {
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return hasWide(character) ? 2 : 1;
}

/** Whether a text holds characters of two columns. */
export function isWide(text: string): boolean {
  return !ascii.test(text) && hasWide(text);
}

// A pattern with a class of Unicode stands within a function: V8 makes the class where it stands.
function hasWide(text: string): boolean {
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u.test(
    text,
  );
}
