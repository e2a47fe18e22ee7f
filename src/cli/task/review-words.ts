/** Reads what people write of comments on lines: `c7`, `src/a.ts:12: text`, `c7: text`. */
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { DiffSide } from "../../domain/workspace/review-comment.ts";

/** Lines of one side of a file. */
export interface Place {
  readonly path: string;
  readonly side: DiffSide;
  readonly start: number;
  readonly end: number;
}

export interface TypedComment {
  readonly path: string;
  readonly side: DiffSide;
  readonly line: number;
  readonly start_line?: number;
  readonly body: string;
}

const digits = String.raw`[1-9]\d{0,14}`;
const lines = String.raw`(-?)(${digits})(?:-(${digits}))?`;

/** `c7` or `7`. @throws WorkerError invalid_input. */
export function commentNumber(word: string): number {
  const found = /^[cC]?([1-9]\d{0,14})$/.exec(word.trim())?.[1];
  if (found !== undefined) return Number(found);
  throw new WorkerError("invalid_input", `"${plainLine(word, 100)}" is not a comment: it is c7 or 7.`);
}

/**
 * `src/a.ts:12: text`; a minus before the line is the state before.
 * @throws WorkerError invalid_input.
 */
export function commentIn(text: string): TypedComment {
  const found = new RegExp(`^(.+?):${lines}:\\s*(.*)$`, "s").exec(text);
  const [, path = "", minus = "", first = "", last, body = ""] = found ?? [];
  if (found === null || body.trim() === "") {
    const advice = 'Write file, line and text, like "src/a.ts:12: Use the helper", or "src/a.ts:-12: …" for a line before the change.';
    throw new WorkerError("invalid_input", `"${plainLine(text, 100)}" is not a comment on a line. ${advice}`);
  }
  return { path, ...numbers(minus, first, last), body };
}

/**
 * `12 text`, of the file that is shown. Null: it does not begin with a line's number and a text.
 */
export function commentOn(path: string, text: string): TypedComment | null {
  const found = new RegExp(`^${lines}(?::\\s*|\\s+)(\\S.*)$`, "s").exec(text);
  if (found === null) return null;
  const [, minus = "", first = "", last, body = ""] = found;
  return { path, ...numbers(minus, first, last), body };
}

/** `c7: text`. @throws WorkerError invalid_input. */
export function editIn(text: string): { readonly comment: number; readonly body: string } {
  const [, word = "", body = ""] = /^\s*([cC]?[1-9]\d{0,14})(?::\s*|\s+)(\S.*)$/s.exec(text) ?? [];
  if (body === "") throw new WorkerError("invalid_input", `"${plainLine(text, 100)}" names no comment and text: write "c7: the new text".`);
  return { comment: commentNumber(word), body };
}

/** `src/a.ts:12`, `src/a.ts:12-15`, `src/a.ts:-12` for a line before the change. */
export function placeText({ path, side, start, end }: Place): string {
  return `${plainLine(path, 1000)}:${side === "old" ? "-" : ""}${start}${start === end ? "" : `-${end}`}`;
}

function numbers(minus: string, first: string, last: string | undefined): Pick<TypedComment, "side" | "line" | "start_line"> {
  const side = minus === "" ? "new" : "old";
  return last === undefined ? { side, line: Number(first) } : { side, start_line: Number(first), line: Number(last) };
}
