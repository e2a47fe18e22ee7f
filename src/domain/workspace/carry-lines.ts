/** Follows lines of a file through a difference. */
import type { Hunk } from "./diff.ts";
import type { DiffSide, LineRange } from "./review-comment.ts";

/** A line of one side of a difference, as it stands in its hunk. */
export interface ShownLine {
  readonly number: number;
  /** Begins with a blank, `-` or `+`. */
  readonly text: string;
}

/**
 * Where lines of the state before stand after it.
 * @returns null: one of them changed, or lines came between them.
 */
export function carryLines(hunks: readonly Hunk[], { start, end }: LineRange): LineRange | null {
  let shift = 0;
  for (const hunk of hunks) {
    // Without lines before, the header names the line above the hunk.
    let at = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
    for (const line of hunk.lines) {
      const kind = line[0];
      if (kind === "\\") continue;
      if (kind === "+") {
        if (at <= start) shift += 1;
        else if (at <= end) return null;
        continue;
      }
      if (kind === "-") {
        if (at >= start && at <= end) return null;
        if (at < start) shift -= 1;
      }
      at += 1;
    }
  }
  return { start: start + shift, end: end + shift };
}

/** The lines of a range that a difference shows on one side, in their order. */
export function shownLines(hunks: readonly Hunk[], side: DiffSide, { start, end }: LineRange): ShownLine[] {
  const other = side === "old" ? "+" : "-";
  const shown: ShownLine[] = [];
  for (const hunk of hunks) {
    let number = side === "old" ? hunk.oldStart : hunk.newStart;
    for (const text of hunk.lines) {
      if (text.startsWith(other) || text.startsWith("\\")) continue;
      if (number >= start && number <= end) shown.push({ number, text });
      number += 1;
    }
  }
  return shown;
}

/** Whether a difference removes just those lines of the state before that `code` says it does. */
export function removesSame(hunks: readonly Hunk[], range: LineRange, code: readonly string[]): boolean {
  const removed = new Set(
    shownLines(hunks, "old", range)
      .filter(({ text }) => text.startsWith("-"))
      .map(({ number }) => number),
  );
  return code.every((line, at) => line.startsWith("-") === removed.has(range.start + at));
}
