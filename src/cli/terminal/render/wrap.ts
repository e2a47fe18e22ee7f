/**
 * Breaks texts into lines of a terminal: at words, with a hanging indent. A command to copy is
 * never broken, and a word that is too long (a URL, a path) is left to the terminal, so that it can
 * be copied.
 */
import type { Output } from "../output.ts";
import { isWide, paintedWidth } from "./text-width.ts";

/** A piece of text that is not broken inside. */
export interface Word {
  /** Plain, without escapes. */
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
  /**
   * What stands before it: a blank, nothing but a place where a line may end, or nothing at all.
   */
  readonly before: "blank" | "break" | "glue";
}

export interface Indent {
  /** Before the first line. */
  readonly first?: string;
  /** Before each line after it. */
  readonly rest?: string;
  readonly paint?: (text: string) => string;
}

/** Narrower than this a text is unreadable, whatever the terminal's width is. */
const narrowest = 20;

/** The text for this output: wrapped on a terminal, as it is elsewhere. Ends without a newline. */
export function prose(output: Pick<Output, "isTTY" | "columns">, text: string, indent: Indent = {}): string {
  if (output.isTTY) return wrap(text, output.columns, indent).join("\n");
  const paint = indent.paint ?? ((line: string) => line);
  return text
    .split("\n")
    .map((line, index) => `${(index === 0 ? indent.first : indent.rest) ?? ""}${paint(line)}`)
    .join("\n");
}

/**
 * Writes sentences for people, wrapped on a terminal. @param text without the newline at its end.
 */
export function say(output: Output, text: string, paint?: (text: string) => string): void {
  output.write(`${prose(output, text, paint === undefined ? {} : { paint })}\n`);
}

/** The lines of a plain text; a line's own indentation stays, also where it goes over several. */
export function wrap(text: string, width: number, { first = "", rest = "", paint }: Indent = {}): string[] {
  const room = Math.max(narrowest, width);
  return text.split("\n").flatMap((line, index) => {
    const own = /^ */.exec(line)?.[0] ?? "";
    const before = index === 0 ? first : rest;
    // Aligned columns stay as they are.
    if (paintedWidth(before) + paintedWidth(line) <= room) return [`${before}${paint === undefined ? line : paint(line)}`];
    const head = `${before}${own}`;
    return wrapWords(wordsOf(line, paint), room, { first: head, rest: `${rest}${own}` });
  });
}

/** Lines of words that are painted one by one. An empty list is one empty line. */
export function wrapWords(words: readonly Word[], width: number, { first = "", rest = "" }: Indent = {}): string[] {
  const lines: string[] = [];
  let line = first;
  let used = paintedWidth(first);
  let isEmpty = true;
  let separator: Unit | null = null;
  for (const unit of unitsOf(words)) {
    // A dot between two commands is left out where the line ends.
    if (unit.isSeparator) {
      separator = unit;
      continue;
    }
    const blank: number = unit.before === "blank" && !isEmpty ? 1 : 0;
    const between = separator === null || isEmpty ? "" : ` ${separator.text}`;
    separator = null;
    const gap = (between === "" ? 0 : 2) + blank;
    if (!isEmpty && used + gap + unit.width > width) {
      lines.push(line);
      line = rest;
      used = paintedWidth(rest);
    } else {
      line += `${between}${" ".repeat(blank)}`;
      used += gap;
    }
    line += unit.text;
    used += unit.width;
    isEmpty = false;
  }
  return [...lines, isEmpty ? line.trimEnd() : line];
}

interface Unit {
  readonly before: Word["before"];
  text: string;
  width: number;
  readonly isSeparator: boolean;
}

/** Words that stick together are one unit. */
function unitsOf(words: readonly Word[]): Unit[] {
  const units: Unit[] = [];
  for (const { text, paint, before } of words) {
    const painted = paint === undefined ? text : paint(text);
    const last = units.at(-1);
    if (before === "glue" && last !== undefined) {
      last.text += painted;
      last.width += paintedWidth(text);
    } else units.push({ before, text: painted, width: paintedWidth(text), isSeparator: text === "·" });
  }
  return units;
}

/**
 * The words of one line. Commands are one word each; wide scripts, which have no blanks, may be
 * broken between characters.
 */
export function wordsOf(line: string, paint?: (text: string) => string): Word[] {
  const words: Word[] = [];
  let command: string[] | null = null;
  const end = (): void => {
    if (command !== null) words.push({ text: command.join(" "), paint, before: "blank" });
    command = null;
  };
  for (const [token] of line.matchAll(/"[^"\s]*(?: [^"\s]+)*"\S*|\S+/g)) {
    if (command !== null && endsCommand.has(token)) end();
    if (command !== null) command.push(token);
    else if (/^(?:\x1b\[\d+m)*`?(?:\w+=\$\()?claude(?:-worker)?$/.test(token)) command = [token];
    else if (token.startsWith('"') && !/^"claude(?:-worker)? /.test(token))
      words.push(...token.split(" ").flatMap((part) => pieces(part, paint)));
    else words.push(...(token.includes(" ") ? [{ text: token, paint, before: "blank" } as const] : pieces(token, paint)));
    if (command !== null && /[.;,:)`]$/.test(token)) end();
  }
  end();
  return words;
}

/** Words after which a command that was named inside a sentence is over. */
const endsCommand = new Set([
  "·",
  "(",
  "to",
  "and",
  "or",
  "for",
  "then",
  "when",
  "if",
  "with",
  "would",
  "shows",
  "says",
  "tells",
  "which",
  "will",
  "is",
]);

function pieces(word: string, paint?: (text: string) => string): Word[] {
  if (!isWide(word)) return [{ text: word, paint, before: "blank" }];
  // A character of a script without blanks, or a run of others.
  const found =
    word.match(/[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]\p{M}*|[^\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+/gu) ??
    [];
  return found.map((text, index) => ({ text, paint, before: index === 0 ? "blank" : noLineStart.test(text) ? "glue" : "break" }));
}

/** Punctuation that does not begin a line. */
const noLineStart = /^[、。，．！？」』）】〉》：；]/u;
