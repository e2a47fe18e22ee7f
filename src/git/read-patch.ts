/** Reads git's patches: the hunks of each file. */
import type { Hunk } from "../domain/workspace/diff.ts";

const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** The hunks of each section, i.e. of each `diff --git`, in their order. */
export function readPatch(text: string): Hunk[][] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const sections: Hunk[][] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const found = header.exec(line);
    if (found === null) {
      if (line.startsWith("diff --git ")) sections.push([]);
      at += 1;
      continue;
    }
    const { hunk, next } = readHunk(lines, at + 1, found);
    sections.at(-1)?.push(hunk);
    at = next;
  }
  return sections;
}

/** The numbers of the header say where a hunk ends: its lines may look like anything. */
function readHunk(lines: readonly string[], from: number, found: RegExpExecArray): { hunk: Hunk; next: number } {
  const [, oldStart, oldLines = "1", newStart, newLines = "1", section = ""] = found;
  let [oldLeft, newLeft] = [Number(oldLines), Number(newLines)];
  let at = from;
  const taken: string[] = [];
  while (at < lines.length && (oldLeft > 0 || newLeft > 0 || lines[at]?.startsWith("\\") === true)) {
    const line = lines[at] ?? "";
    const kind = line[0] ?? " ";
    if (kind !== "+" && kind !== "\\") oldLeft -= 1;
    if (kind !== "-" && kind !== "\\") newLeft -= 1;
    // Some settings leave out the blank of an empty line.
    taken.push(line === "" ? " " : line);
    at += 1;
  }
  const numbers = { oldStart: Number(oldStart), oldLines: Number(oldLines), newStart: Number(newStart), newLines: Number(newLines) };
  return { hunk: { ...numbers, section, lines: taken }, next: at };
}
