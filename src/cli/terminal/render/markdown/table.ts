/**
 * A Markdown table as aligned columns; where the terminal is too narrow, its cells go over several
 * lines.
 */
import { paintedWidth, textWidth } from "../text-width.ts";
import type { Painter } from "../colour.ts";
import { wrapWords } from "../wrap.ts";
import type { Word } from "../wrap.ts";
import { inlineWords } from "./inline.ts";

/** The cells of `| a | b |`. A `\|` is part of its cell. */
export function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "");
  const cells: string[] = [];
  let cell = "";
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] === "\\" && inner[at + 1] === "|") cell += inner[(at += 1)] ?? "";
    else if (inner[at] === "|") cells.push(cell.trim());
    else {
      cell += inner[at] ?? "";
      continue;
    }
    if (inner[at] === "|" && cells.length > 0 && inner[at - 1] !== "\\") cell = "";
  }
  return cell.trim() === "" ? cells : [...cells, cell.trim()];
}

/** Whether a line is the `|---|:--:|` below a table's head. */
export function isTableRule(line: string): boolean {
  if (!line.includes("-") || !line.includes("|")) return false;
  const cells = cellsOf(line);
  return cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell));
}

/** @returns null: more columns than the width has room for. */
export function tableLines(head: string, rows: readonly string[], width: number, paint: Painter): string[] | null {
  const titles = cellsOf(head);
  const body = rows.map((row) => merged(cellsOf(row), titles.length));
  const columns = titles.length;
  const room = width - (columns - 1) * 2;
  if (room < columns * 6) return null;
  const grid = [
    titles.map((title) => inlineWords(title, paint, paint.bold)),
    ...body.map((cells) => cells.map((cell) => inlineWords(cell, paint))),
  ];
  const natural = titles.map((_, column) => grid.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? [])), 3));
  const widths = fitting(natural, room);
  const lines = grid.flatMap((cells) => {
    const wrapped = widths.map((each, column) => wrapWords(cells[column] ?? [], each));
    const height = Math.max(...wrapped.map((cell) => cell.length));
    return Array.from({ length: height }, (_, row) =>
      wrapped
        .map((cell, column) => padded(cell[row] ?? "", widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  });
  const headHeight = Math.max(...widths.map((each, column) => wrapWords(grid[0]?.[column] ?? [], each).length));
  const rule = paint.dim(widths.map((each) => "─".repeat(each)).join("  "));
  return [...lines.slice(0, headHeight), rule, ...lines.slice(headHeight)];
}

/** What stands beyond the last column is part of it. */
function merged(cells: readonly string[], columns: number): string[] {
  return cells.length <= columns ? [...cells] : [...cells.slice(0, columns - 1), cells.slice(columns - 1).join(" ")];
}

function widthOf(words: readonly Word[]): number {
  const blanks = words.filter(({ before }, index) => index > 0 && before === "blank").length;
  return sum(words.map(({ text }) => textWidth(text))) + blanks;
}

/** Widths that fit into the room: the widest columns give way first. */
function fitting(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over = sum(widths) - room) {
    const widest = Math.max(...widths);
    const next = Math.max(6, ...widths.filter((width) => width < widest));
    const which = widths.flatMap((width, index) => (width === widest ? [index] : []));
    const cut = Math.max(1, Math.min(widest - next, Math.ceil(over / which.length)));
    for (const index of which) widths[index] = Math.max(6, widest - cut);
    if (widest <= 6) break;
  }
  return widths;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Filled up with blanks by what is seen: the colours take no room. */
function padded(text: string, width: number): string {
  return `${text}${" ".repeat(Math.max(0, width - paintedWidth(text)))}`;
}
