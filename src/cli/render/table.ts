/** Rows as aligned columns for people. The last column takes the rest of the line and is cut there. */
import { fitWidth, textWidth } from "./text-width.ts";

export interface Cell {
  /** Plain, without escapes. */
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** In the last column: what follows the text after two blanks; of both a narrow terminal shows the beginning. */
  readonly tail?: string;
}

export interface TableOptions {
  readonly header?: readonly string[];
  readonly paintHeader?: (text: string) => string;
  /** Of the terminal. */
  readonly width: number;
  /** Columns to align to the right, by index. */
  readonly right?: readonly number[];
}

/** Each line ends with a newline; empty without rows. */
export function table(rows: readonly (readonly Cell[])[], options: TableOptions): string {
  if (rows.length === 0) return "";
  const head =
    options.header === undefined
      ? []
      : [options.header.map((text) => ({ text, ...(options.paintHeader && { paint: options.paintHeader }) }))];
  const lines = [...head, ...rows];
  const columns = Math.max(...lines.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((cells) => textWidth(cells[column]?.text ?? ""))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  widths[columns - 1] = Math.max(10, options.width - before);
  const right = new Set(options.right ?? []);
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => padded(cell, widths[column] ?? 0, { isRight: right.has(column), isLast: column === columns - 1 }))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** Three fifths of a width that is too narrow for both are the text's, the rest is the tail's. */
function withTail(text: string, tail: string, width: number): string {
  if (tail === "") return text;
  if (textWidth(text) + 2 + textWidth(tail) <= width) return `${text}  ${tail}`;
  const cut = fitWidth(text, Math.max(Math.ceil(width * 0.6), width - 2 - textWidth(tail)));
  return `${cut}  ${fitWidth(tail, Math.max(1, width - 2 - textWidth(cut)))}`;
}

function padded({ text: own, tail = "", paint }: Cell, width: number, { isRight, isLast }: { isRight: boolean; isLast: boolean }): string {
  const text = isLast ? withTail(own, tail, width) : own;
  const fitting = fitWidth(text, width);
  const blanks = isLast ? "" : " ".repeat(Math.max(0, width - textWidth(fitting)));
  const painted = paint === undefined ? fitting : paint(fitting);
  return isRight ? blanks + painted : painted + blanks;
}
