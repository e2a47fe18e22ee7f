/** Draws hunks with the numbers of their lines, and comments below the lines that they are on. */
import type { FileDiffView, HunkView } from "../../../contract/views/diff.ts";
import type { ReviewCommentView } from "../../../contract/views/review.ts";
import { callerText } from "../../../domain/text/caller-text.ts";
import { plainLine, plainText, visibleText } from "../../../domain/text/plain-text.ts";
import type { ReviewState } from "../../../domain/workspace/review-comment.ts";
import { placeText } from "../../task/review-words.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { pathText } from "./patch.ts";
import { wrap } from "./wrap.ts";

/** A comment, and the line of the shown difference that it is on. */
export interface PlacedComment {
  readonly comment: ReviewCommentView;
  readonly path: string;
  readonly line: number;
}

type Colours = Pick<Output, "colour" | "columns">;

/** `src/a.ts, deleted`. */
export function fileHead(file: FileDiffView, output: Colours): string {
  const status = file.status === "modified" ? "" : `, ${file.status.replace("_", " ")}`;
  const why = file.not_shown === null ? "" : `: not shown, because it ${plainLine(file.not_shown, 200)}`;
  return `${painter(output).bold(plainLine(pathText(file), 2000))}${status}${why}\n`;
}

/** The lines of a hunk with both numbers, each with its comments below. */
export function hunkPage(file: FileDiffView, hunk: HunkView, comments: readonly PlacedComment[], output: Colours): string {
  const paint = painter(output);
  const width = String(Math.max(hunk.old_start + hunk.old_lines, hunk.new_start + hunk.new_lines)).length;
  const number = (value: number | null): string => (value === null ? "" : String(value)).padStart(width);
  const head = `@@ -${hunk.old_start},${hunk.old_lines} +${hunk.new_start},${hunk.new_lines} @@ ${visibleText(hunk.section)}`;
  const drawn = [paint.cyan(head.trimEnd())];
  let [before, after] = [hunk.old_start, hunk.new_start];
  for (const line of hunk.lines) {
    const kind = line[0];
    if (kind === "\\") {
      drawn.push(paint.dim(`${number(null)} ${number(null)} ${visibleText(line)}`));
      continue;
    }
    const numbers = `${number(kind === "+" ? null : before)} ${number(kind === "-" ? null : after)}`;
    drawn.push(`${paint.dim(numbers)} ${paintLine(shown(line), paint)}`);
    const here = comments.filter(({ comment: { side }, path, line: at }) => {
      if (path !== file.path) return false;
      return side === "new" ? kind !== "-" && at === after : kind !== "+" && at === before;
    });
    for (const { comment } of here) drawn.push(...commentLines(comment, output, " ".repeat(2 * width + 4)));
    if (kind !== "+") before += 1;
    if (kind !== "-") after += 1;
  }
  return `${drawn.join("\n")}\n`;
}

/** A comment with its text, for lists. */
export function commentBlock(comment: ReviewCommentView, output: Colours): string {
  const lines = commentLines(comment, output, "  ", whereText(comment));
  const code = comment.code.slice(0, 3).map((line) => `  ${paintLine(shown(line), painter(output))}`);
  return `${[...lines.slice(0, 1), ...code, ...lines.slice(1)].join("\n").trimStart()}\n`;
}

/** Where a comment's lines are now, or where they were. */
export function whereText({ path, side, start_line: start, line, position }: ReviewCommentView): string {
  if (position !== null) return placeText({ path: position.path, side, start: position.start_line, end: position.line });
  return placeText({ path, side, start, end: line });
}

const stateColours: Readonly<Record<ReviewState, "yellow" | "cyan" | "green" | "dim">> = {
  open: "yellow",
  sent: "cyan",
  handled: "green",
  outdated: "dim",
};

function commentLines(comment: ReviewCommentView, output: Colours, indent: string, where = ""): string[] {
  const paint = painter(output);
  const { id, state, written_by: by, body, message, start_line: start, line } = comment;
  const taken = message === null ? "" : ` in m${message}`;
  const range = where === "" && start !== line ? `, lines ${start}-${line}` : "";
  const place = where === "" ? range : ` ${where}`;
  const head = `${paint.bold(`c${id}`)} ${paint[stateColours[state]](`${state}${taken}`)}${place} ${paint.dim(`by ${plainLine(callerText(by), 100)}`)}`;
  return [`${indent}${head}`, ...wrap(plainText(body), output.columns, { first: `${indent}  `, rest: `${indent}  ` })];
}

/** A line of a file with DOS line ends has one of them at its end. */
function shown(line: string): string {
  return visibleText(line.replace(/\r$/, ""));
}

function paintLine(line: string, paint: Painter): string {
  if (line.startsWith("+")) return paint.green(line);
  return line.startsWith("-") ? paint.red(line) : line;
}
