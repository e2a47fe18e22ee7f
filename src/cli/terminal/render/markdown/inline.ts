/**
 * Parses the Markdown inside a paragraph into words to wrap: emphasis, code, links. Runs in linear
 * time for every text. Leaves what is not Markdown unchanged.
 */
import type { Painter } from "../colour.ts";
import { wordsOf } from "../wrap.ts";
import type { Word } from "../wrap.ts";

type Style = "bold" | "italic" | "strike";

interface Token {
  readonly kind: "text" | "code" | "link" | "mark";
  readonly text: string;
  /** Of a mark: what it switches, and whether it may do so here. */
  readonly style?: Style;
  readonly opens?: boolean;
  readonly closes?: boolean;
}

const marks: readonly [string, Style][] = [
  ["**", "bold"],
  ["__", "bold"],
  ["~~", "strike"],
  ["*", "italic"],
  ["_", "italic"],
];

/** @param text plain, one paragraph without newlines. */
export function inlineWords(text: string, paint: Painter, base?: (text: string) => string): Word[] {
  const tokens = tokensOf(text);
  const matched = matchedMarks(tokens);
  const on = new Set<Style>();
  const words: Word[] = [];
  let isGlued = true;
  tokens.forEach((token, index) => {
    if (token.kind === "mark" && token.style !== undefined && matched.has(index)) {
      if (!on.delete(token.style)) on.add(token.style);
      return;
    }
    const styled = painterOf(token, on, paint, base);
    const parts: Word[] = token.kind === "code" ? codeWords(token.text, styled, paint) : wordsOf(token.text, styled);
    const [first, ...others] = parts;
    if (first !== undefined) {
      const before = isGlued && !/^\s/.test(token.text) ? "glue" : "blank";
      words.push({ ...first, before });
      for (const other of others) words.push(other);
    }
    isGlued = !/\s$/.test(token.text);
  });
  return words;
}

/** Code is one word up to a length that fits every terminal: it may be a command. */
function codeWords(text: string, styled: ((text: string) => string) | undefined, paint: Painter): Word[] {
  // Without colours the quotes are all that shows it.
  const quoted = paint.cyan("") === "" ? `\`${text}\`` : text;
  return [{ text: quoted, paint: styled, before: "blank" }];
}

function painterOf(
  token: Token,
  on: ReadonlySet<Style>,
  paint: Painter,
  base?: (text: string) => string,
): ((text: string) => string) | undefined {
  const layers: ((text: string) => string)[] = [];
  if (base !== undefined) layers.push(base);
  if (token.kind === "code") layers.push(paint.cyan);
  if (token.kind === "link") layers.push(paint.underline);
  if (on.has("bold")) layers.push(paint.bold);
  if (on.has("italic")) layers.push(paint.italic);
  if (on.has("strike")) layers.push(paint.dim);
  if (layers.length === 0) return undefined;
  return (text) => layers.reduce((painted, layer) => layer(painted), text);
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const withoutEnd = new Set<string>();
  let plain = "";
  const flush = (): void => {
    if (plain !== "") tokens.push({ kind: "text", text: plain });
    plain = "";
  };
  const link = /!?\[([^[\]]{0,1000})\]\(([^()\s]{0,2000})\)/y;
  for (let at = 0; at < text.length;) {
    const character = text[at] ?? "";
    if (character === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1] ?? "";
      at += 2;
    } else if (character === "`") {
      const run = runAt(text, at, "`");
      const end = withoutEnd.has(run) ? -1 : endOfCode(text, at + run.length, run);
      if (end === -1) {
        withoutEnd.add(run);
        plain += run;
        at += run.length;
      } else {
        flush();
        tokens.push({
          kind: "code",
          text: text
            .slice(at + run.length, end)
            .replaceAll(/\s+/g, " ")
            .trim(),
        });
        at = end + run.length;
      }
    } else if (character === "[" || (character === "!" && text[at + 1] === "[")) {
      link.lastIndex = at;
      const found = link.exec(text);
      if (found === null) {
        plain += character;
        at += 1;
      } else {
        flush();
        tokens.push(...linkTokens(found[1] ?? "", found[2] ?? ""));
        at += found[0].length;
      }
    } else {
      const mark = marks.find(([sign]) => text.startsWith(sign, at));
      if (mark === undefined) {
        plain += character;
        at += 1;
      } else {
        flush();
        tokens.push(markAt(text, at, mark));
        at += mark[0].length;
      }
    }
  }
  flush();
  return tokens;
}

/** The text, and where it leads: a terminal shows no more than what stands there. */
function linkTokens(label: string, url: string): Token[] {
  const shown = label.trim();
  if (shown === "" || shown === url) return [{ kind: "link", text: url }];
  return [
    { kind: "text", text: `${shown} (` },
    { kind: "link", text: url },
    { kind: "text", text: ")" },
  ];
}

/**
 * A mark opens before a text and closes after one; underscores inside of words are part of the
 * word.
 */
function markAt(text: string, at: number, [sign, style]: (typeof marks)[number]): Token {
  const before = text[at - 1] ?? " ";
  const after = text[at + sign.length] ?? " ";
  const isInWord = sign.startsWith("_") && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
  return { kind: "mark", text: sign, style, opens: !isInWord && !/\s/.test(after), closes: !isInWord && !/\s/.test(before) };
}

/** The positions of marks that have a partner. */
function matchedMarks(tokens: readonly Token[]): Set<number> {
  const matched = new Set<number>();
  const open = new Map<string, number[]>();
  tokens.forEach(({ kind, text, opens, closes }, index) => {
    if (kind !== "mark") return;
    const waiting = open.get(text) ?? [];
    open.set(text, waiting);
    const partner = closes === true ? waiting.pop() : undefined;
    if (partner !== undefined) matched.add(partner).add(index);
    else if (opens === true) waiting.push(index);
  });
  return matched;
}

function runAt(text: string, at: number, character: string): string {
  let end = at;
  while (text[end] === character) end += 1;
  return text.slice(at, end);
}

function endOfCode(text: string, from: number, run: string): number {
  for (let at = text.indexOf(run, from); at !== -1;) {
    const found = runAt(text, at, "`");
    if (found.length === run.length) return at;
    at = text.indexOf(run, at + found.length);
  }
  return -1;
}
