/** Reads what of single files differs between two commits. Runs no program of the repository. */
import { isUtf8 } from "node:buffer";
import type { FileHunks, Hunk } from "../domain/workspace/diff.ts";
import { isText } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { diffArguments, readEntries } from "./changed-paths.ts";
import type { ChangedFile } from "./changed-paths.ts";
import { GitProblem } from "./git-problem.ts";
import type { Objects } from "./objects.ts";
import { readPatch } from "./read-patch.ts";

/** A file with more changed lines is not shown. */
const maxLines = 20_000;
/** What one call of git may print, and one file may have. */
const maxBytes = 16 * 1024 * 1024;
const maxFileCharacters = 1_000_000;
const timeoutMs = 60_000;

export interface Range {
  readonly from: string;
  readonly to: string;
}

/** The hunks of each of the files, in their order. @throws GitProblem. */
export async function hunksOf(objects: Objects, range: Range, files: readonly ChangedFile[]): Promise<FileHunks[]> {
  const wanted = files.filter((file) => whyNot(file) === null);
  const found = new Map(await patchOf(objects, range, wanted));
  return files.map((file) => {
    const why = whyNot(file);
    return why === null ? (found.get(keyOf(file)) ?? hidden("changed too much to be shown")) : hidden(why);
  });
}

/** Why the hunks of a file are not shown; null: they are. */
function whyNot(file: ChangedFile): string | null {
  const { lines } = file;
  if (lines === null) return "is a binary file";
  const count = lines.insertions + lines.deletions;
  return count > maxLines ? `has ${count} changed lines` : null;
}

/** Node passes arguments as UTF-8, so a wildcard stands for each byte of a name that is not. */
function pathspec(bytes: BytePath): string {
  if (isText(bytes)) return `:(top,literal)${Buffer.from(bytes, "latin1").toString("utf8")}`;
  return `:(top,glob)${bytes.replaceAll(/[*?[\\]/g, String.raw`\$&`).replaceAll(/[\x80-\xff]/g, "?")}`;
}

async function patchOf(objects: Objects, range: Range, files: readonly ChangedFile[]): Promise<[string, FileHunks][]> {
  if (files.length === 0) return [];
  const paths = [...new Set(files.flatMap(({ bytes, oldBytes }) => [bytes, ...(oldBytes === null ? [] : [oldBytes])]))];
  const args = [...diffArguments, "--raw", "-p", range.from, range.to, "--", ...paths.map(pathspec)];
  try {
    return readSections(await objects.run(args, { timeoutMs, maxBytes }));
  } catch (error) {
    if (!(error instanceof GitProblem) || error.kind !== "too_much") throw error;
    if (files.length === 1) return [];
    const halves = [files.slice(0, files.length / 2), files.slice(files.length / 2)];
    return [...(await patchOf(objects, range, halves[0] ?? [])), ...(await patchOf(objects, range, halves[1] ?? []))];
  }
}

/** Reads `--raw -p -z`: all entries, an empty part, and the patch in the same order. */
function readSections(output: Buffer): [string, FileHunks][] {
  const end = output.indexOf("\0\0");
  const head = output.subarray(0, end === -1 ? output.length : end + 1);
  const { entries } = readEntries(head.toString("latin1").split("\0"), 0);
  const sections = readPatch(end === -1 ? "" : output.subarray(end + 2).toString("latin1"));
  let at = 0;
  return entries.map((entry) => {
    // A file that became a link is deleted and made.
    const count = entry.status === "type_changed" ? 2 : 1;
    const hunks = sections.slice(at, at + count).flat();
    at += count;
    return [keyOf(entry), sizeOf(hunks) > maxFileCharacters ? hidden("changed too much to be shown") : readable(hunks)];
  });
}

/** Reads lines of bytes as text, where all of the file's are. */
function readable(hunks: readonly Hunk[]): FileHunks {
  const textOf = (line: string): string => Buffer.from(line, "latin1").toString("utf8");
  if (!hunks.every(({ lines }) => lines.every((line) => isUtf8(Buffer.from(line, "latin1")))))
    return { encoding: "latin1", hunks, why: null };
  const decoded = hunks.map((hunk) => ({ ...hunk, section: textOf(hunk.section), lines: hunk.lines.map(textOf) }));
  return { encoding: "utf8", hunks: decoded, why: null };
}

function keyOf({ status, bytes, oldBytes }: ChangedFile): string {
  return JSON.stringify([status, bytes, oldBytes]);
}

function hidden(why: string): FileHunks {
  return { encoding: "utf8", hunks: null, why };
}

function sizeOf(hunks: readonly Hunk[]): number {
  return hunks.reduce((total, { lines }) => total + lines.reduce((sum, line) => sum + line.length + 1, 0), 0);
}
