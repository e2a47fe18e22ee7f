/**
 * Rows as aligned columns for people, never wider than the terminal. The last column takes the rest
 * of the line.
 */
import { fitWidth, paintedWidth, textWidth } from "./text-width.ts";
import { wrap } from "./wrap.ts";

export interface Cell {
  /** Plain, without escapes. */
  readonly text: string;
  readonly paint?: (text: string) => string;
  /**
   * In the last column: what follows the text after two blanks; of both a narrow terminal shows the
   * beginning.
   */
  readonly tail?: string;
}

export interface TableOptions {
  readonly header?: readonly string[];
  readonly paintHeader?: (text: string) => string;
  /** Of the terminal. */
  readonly width: number;
  /** Columns to align to the right, by index. */
  readonly right?: readonly number[];
  /**
   * Columns, by index, that are left out one after the other while the last column has too little
   * room.
   */
  readonly optional?: readonly number[];
  /** Whether the last column is wrapped at words instead of cut. */
  readonly wrapsLast?: boolean;
}

/**
 * The room that the last column gets, if it needs so much, before a column is left out, and before
 * one is cut.
 */
const roomyLast = 24;
const narrowestLast = 10;
/** Before a wrapped text that stands below its row. */
const belowIndent = "    ";
/** A column is not cut below this. */
const narrowestColumn = 6;

/** Each line ends with a newline; empty without rows. */
export function table(rows: readonly (readonly Cell[])[], options: TableOptions): string {
  if (rows.length === 0) return "";
  const head =
    options.header === undefined
      ? []
      : [options.header.map((text) => ({ text, ...(options.paintHeader && { paint: options.paintHeader }) }))];
  const lines: readonly (readonly Cell[])[] = [...head, ...rows];
  const columns = Math.max(...lines.map((cells) => cells.length));
  const natural = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((cells) => textWidth(cells[column]?.text ?? ""))));
  const widths = fittingWidths(natural, options);
  const right = new Set(options.right ?? []);
  return lines
    .map((cells) => {
      const shown = cells.flatMap((cell, column) => {
        const width = widths[column] ?? null;
        if (width === null || (options.wrapsLast === true && column === columns - 1)) return [];
        return [padded(cell, width, { isRight: right.has(column), isLast: column === columns - 1 })];
      });
      const last = cells[columns - 1];
      if (options.wrapsLast === true && last !== undefined)
        return `${wrapped(shown.join("  "), last, { width: options.width, isHead: cells === head[0] }).join("\n")}\n`;
      return `${shown.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/**
 * The lines of a row whose last cell is wrapped: beside the others, or below them on a narrow
 * terminal.
 */
function wrapped(others: string, { text, paint }: Cell, { width, isHead }: { width: number; isHead: boolean }): string[] {
  const used = paintedWidth(others) + 2;
  const indent = paint === undefined ? {} : { paint };
  if (text !== "" && width - used >= roomyLast) return wrap(text, width, { first: `${others}  `, rest: " ".repeat(used), ...indent });
  if (text === "" || isHead) return [others.trimEnd()];
  return [others.trimEnd(), ...wrap(text, width, { first: belowIndent, rest: belowIndent, ...indent })];
}

/** The width of each column on the terminal; null: the column is left out. */
function fittingWidths(natural: readonly number[], { width, optional = [], wrapsLast = false }: TableOptions): (number | null)[] {
  const widths: (number | null)[] = natural.slice(0, -1);
  const lastNatural = natural.at(-1) ?? 0;
  const left = (): number => width - widths.reduce<number>((sum, each) => sum + (each === null ? 0 : each + 2), 0);
  for (const column of optional) if (left() < Math.min(roomyLast, lastNatural)) widths[column] = null;
  // A wrapped text stands below its row where the others need all the room.
  while (left() < (wrapsLast ? 0 : Math.min(narrowestLast, lastNatural))) {
    const widest = Math.max(...widths.map((each) => each ?? 0));
    if (widest <= narrowestColumn) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return [...widths, Math.max(1, left())];
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
