/**
 * Markdown as lines of a terminal: what agents write (headings, lists, code, quotes, tables), and
 * everything else as the text that it is. Our own because only `show` needs it and every call of
 * `show` reads its code: a library is ten times as long, and none promises linear time for a text
 * that an enemy wrote.
 */
import type { Painter } from "../colour.ts";
import { wrapWords } from "../wrap.ts";
import { inlineWords } from "./inline.ts";
import { isTableRule, tableLines } from "./table.ts";

/** Deeper lists and quotes are drawn at this depth. */
const deepest = 5;

/** @param text made plain already: no control characters but newlines and tabs. */
export function markdownLines(text: string, width: number, paint: Painter, depth = 0): string[] {
  const renderer = new Renderer(width, paint, depth);
  const lines = text.replaceAll("\t", "    ").split("\n");
  for (let at = 0; at < lines.length;) at = renderer.take(lines, at);
  return renderer.end();
}

interface Item {
  /** Where its text begins in the source. */
  readonly column: number;
  /** What stands before the lines of its text. */
  readonly indent: string;
}

class Renderer {
  readonly #width: number;
  readonly #paint: Painter;
  readonly #depth: number;
  readonly #out: string[] = [];
  /** The open list items, the innermost last. */
  #items: Item[] = [];
  /** The paragraph that is being read, and what stands before its first line. */
  #paragraph: string[] = [];
  #head = "";

  constructor(width: number, paint: Painter, depth: number) {
    this.#width = width;
    this.#paint = paint;
    this.#depth = depth;
  }

  /** Reads a block's next lines. @returns the number of the first line behind them. */
  take(lines: readonly string[], at: number): number {
    const line = lines[at] ?? "";
    const text = line.trimStart();
    const column = line.length - text.length;
    if (text === "") {
      this.#flush();
      this.#blank();
      return at + 1;
    }
    const fence = /^(`{3,}|~{3,})/.exec(text)?.[1];
    if (fence !== undefined) return this.#code(lines, at, fence, column);
    const item = /^([-*+]|\d{1,9}[.)]) +(\S.*)$|^([-*+])$/.exec(text);
    const isRule = /^(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/.test(text.slice(0, 200)) && text.length <= 200;
    if (isRule) return this.#line(this.#paint.dim("─".repeat(Math.max(3, Math.min(this.#width, 60)))), at);
    if (item !== null) return this.#item(item[1] ?? item[3] ?? "-", item[2] ?? "", column, text, at);
    const heading = /^(#{1,6}) +(\S.*)$/.exec(text);
    if (heading !== null) return this.#heading(heading[2] ?? "", at);
    if (text.startsWith(">") && this.#depth < deepest) return this.#quote(lines, at, column);
    if (text.includes("|") && isTableRule(lines[at + 1] ?? "")) return this.#table(lines, at, column);
    if (this.#paragraph.length === 0) this.#head = this.#inside(column);
    this.#paragraph.push(line.trim());
    // Two blanks or a backslash at its end: the line ends here.
    if (/(?: {2}|\\)$/.test(line)) this.#flush();
    return at + 1;
  }

  end(): string[] {
    this.#flush();
    while (this.#out.at(-1) === "") this.#out.pop();
    return this.#out;
  }

  #indent(): string {
    return this.#items.at(-1)?.indent ?? "";
  }

  /**
   * Closes the list items that a block at this column is not part of. @returns the indent of those
   * that are left.
   */
  #inside(column: number): string {
    while (column < (this.#items.at(-1)?.column ?? 0)) this.#items.pop();
    return this.#indent();
  }

  #flush(): void {
    if (this.#paragraph.length === 0) return;
    const text = this.#paragraph.join(" ").replace(/\\$/, "");
    this.#put(wrapWords(inlineWords(text, this.#paint), this.#width, { first: this.#head, rest: this.#indent() }));
    this.#paragraph = [];
    this.#head = this.#indent();
  }

  #put(lines: readonly string[]): void {
    for (const line of lines) this.#out.push(line);
  }

  #blank(): void {
    if (this.#out.length > 0 && this.#out.at(-1) !== "") this.#out.push("");
  }

  #line(text: string, at: number): number {
    this.#flush();
    this.#items = [];
    this.#out.push(text);
    return at + 1;
  }

  #heading(text: string, at: number): number {
    this.#flush();
    this.#items = [];
    this.#blank();
    const title = text.replace(/ +#+ *$/, "");
    this.#put(wrapWords(inlineWords(title, this.#paint, this.#paint.bold), this.#width));
    return at + 1;
  }

  #item(mark: string, text: string, column: number, whole: string, at: number): number {
    this.#flush();
    const before = this.#inside(column);
    const box = /^\[([ xX])\] +/.exec(text);
    const sign = box === null ? (/\d/.test(mark) ? mark : "•") : box[1] === " " ? "☐" : "☑";
    this.#head = `${before}${sign} `;
    const indent = this.#items.length < deepest ? `${before}${" ".repeat(sign.length + 1)}` : before;
    this.#items.push({ column: column + whole.length - text.length, indent });
    this.#paragraph = [box === null ? text : text.slice(box[0].length)];
    return at + 1;
  }

  /** Code is never wrapped: it is there to be copied. */
  #code(lines: readonly string[], at: number, fence: string, column: number): number {
    this.#flush();
    const indent = `${this.#inside(column)}  `;
    let next = at + 1;
    for (; next < lines.length; next += 1) {
      const line = lines[next] ?? "";
      const text = line.trim();
      if (text.startsWith(fence) && text.replaceAll(fence[0] ?? "", "") === "") break;
      const code = line.slice(0, column).trim() === "" ? line.slice(column) : line;
      this.#out.push(code.trim() === "" ? "" : `${indent}${this.#paint.cyan(code.trimEnd())}`);
    }
    return next + 1;
  }

  #quote(lines: readonly string[], at: number, column: number): number {
    this.#flush();
    const indent = this.#inside(column);
    const quoted: string[] = [];
    let next = at;
    for (; next < lines.length && (lines[next] ?? "").trimStart().startsWith(">"); next += 1)
      quoted.push((lines[next] ?? "").trimStart().replace(/^> ?/, ""));
    const bar = `${indent}${this.#paint.dim("│")} `;
    const inner = markdownLines(quoted.join("\n"), this.#width - indent.length - 2, this.#paint, this.#depth + 1);
    this.#put(inner.map((line) => `${bar}${line}`.trimEnd()));
    return next;
  }

  #table(lines: readonly string[], at: number, column: number): number {
    this.#flush();
    let next = at + 2;
    while (next < lines.length && (lines[next] ?? "").includes("|") && (lines[next] ?? "").trim() !== "") next += 1;
    const indent = this.#inside(column);
    const rows = lines.slice(at + 2, next);
    const drawn = tableLines(lines[at] ?? "", rows, this.#width - indent.length, this.#paint);
    this.#put((drawn ?? lines.slice(at, next)).map((line) => `${indent}${line}`));
    return next;
  }
}
