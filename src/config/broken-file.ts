/** Reads a file that configures Claude Code, and says what is wrong with it. */
import type { SettingsProblem } from "../domain/task/json-problems.ts";
import { readForeign } from "./read-foreign.ts";

/** One problem of one file, in a form to be shown: `/p/.claude/settings.json, line 3: …`. */
export interface BrokenSettings extends SettingsProblem {
  readonly file: string;
}

/** Claude Code reads no larger settings file. */
const maxBytes = 2 * 1024 * 1024;

/** `FILE, line 3: what`, for people. */
export function describeBroken({ file, line, problem }: BrokenSettings): string {
  return `${file}${line === null ? "" : `, line ${line}`}: ${problem}`;
}

/** What `check` finds in a file, or why it cannot be read; none where it is not there. */
export function problemsIn(file: string, check: (text: string) => SettingsProblem[]): BrokenSettings[] {
  const content = contentOf(file);
  if (content === null) return [];
  const problems = "problem" in content ? [{ line: null, problem: content.problem }] : check(content.text);
  return problems.map((problem) => ({ file, ...problem }));
}

/** @returns null where the file is not there. */
function contentOf(file: string, limit = maxBytes): { readonly text: string } | { readonly problem: string } | null {
  const found = readForeign(file, limit);
  if (found === null || "problem" in found) return found;
  const { bytes } = found;
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return { text: bytes.toString(isUtf16 ? "utf16le" : "utf8").replace(/^\u{FEFF}/u, "") };
}

/** The text of a file; null where it is not there, cannot be read or is larger. */
export function textIn(file: string, limit = maxBytes): string | null {
  const content = contentOf(file, limit);
  return content !== null && "text" in content ? content.text : null;
}
