/**
 * Lists what differs between a work tree and an index, as `git status` reports it. Paths are byte
 * strings (latin1), because a file's name need not be UTF-8.
 */
import { isUtf8 } from "node:buffer";

/** A path whose bytes are the codes of its characters. */
export type BytePath = string;

export interface TreeState {
  /** The commit of HEAD; null: there is none yet. */
  readonly head: string | null;
  /** The branch of HEAD; null: HEAD is detached. */
  readonly branch: string | null;
  /** Paths whose content in the work tree differs from the index, or that are gone. */
  readonly changed: readonly ChangedPath[];
  /** Files that the index does not have and that are not ignored. */
  readonly untracked: readonly BytePath[];
  /** What the commit of HEAD has of those files, whether the index has them or not. */
  readonly committed: ReadonlyMap<BytePath, CommittedFile>;
  /** Untracked directories that are repositories of their own. */
  readonly nested: readonly BytePath[];
  /** Whether the index differs from HEAD. */
  readonly isStaged: boolean;
  /** Whether the index, or anything in the work tree, differs from HEAD. */
  readonly isDirty: boolean;
}

export interface ChangedPath {
  readonly path: BytePath;
  /** Whether the commit of HEAD has it. */
  readonly isCommitted: boolean;
}

export interface CommittedFile {
  readonly blob: string;
  /** Git's mode of the file in the work tree; of the commit's where the index has no such file. */
  readonly mode: string;
}

/** The arguments whose output `readStatus` reads. */
export const statusArguments = [
  "status",
  "--porcelain=v2",
  "-z",
  "--branch",
  "--no-ahead-behind",
  "--no-renames",
  "--untracked-files=all",
  "--ignore-submodules=dirty",
] as const;

/** Fields before the path of each kind of entry. */
const fieldsBefore: Readonly<Record<string, number>> = { 1: 8, 2: 9, u: 10 };

/** Reads the output of `git status` with `statusArguments`. */
export function readStatus(output: Buffer): TreeState {
  const changed: ChangedPath[] = [];
  const untracked: BytePath[] = [];
  const nested: BytePath[] = [];
  const committed = new Map<BytePath, CommittedFile>();
  let [head, branch]: [string | null, string | null] = [null, null];
  let isStaged = false;
  for (const entry of output.toString("latin1").split("\0")) {
    const kind = entry[0] ?? "";
    if (entry.startsWith("# branch.oid ")) head = known(entry.slice(13), "(initial)");
    else if (entry.startsWith("# branch.head ")) branch = known(Buffer.from(entry.slice(14), "latin1").toString("utf8"), "(detached)");
    else if (kind === "?") (entry.endsWith("/") ? nested : untracked).push(entry.slice(2).replace(/\/$/, ""));
    else if (fieldsBefore[kind] !== undefined) {
      const [fields, path] = splitAt(entry, fieldsBefore[kind]);
      const [inIndex, inTree] = fields[1] ?? "";
      const { 3: inHead = "", 5: mode = "", 6: blob = "" } = fields;
      if (kind === "1" && isMode(inHead)) committed.set(path, { blob, mode: isMode(mode) ? mode : inHead });
      if (inIndex !== ".") isStaged = true;
      // An entry without a merge has one version in the index, and a mode of 0 for none in HEAD.
      if (inTree !== "." || kind === "u") changed.push({ path, isCommitted: kind === "u" || fields[3] !== "000000" });
    }
  }
  return {
    head,
    branch,
    changed,
    untracked,
    nested,
    committed,
    isStaged,
    isDirty: isStaged || changed.length + untracked.length + nested.length > 0,
  };
}

/** A mode of zeros stands for no file. */
function isMode(mode: string): boolean {
  return /[1-7]/.test(mode);
}

function known(value: string, unknown: string): string | null {
  return value === unknown ? null : value;
}

/** The first `count` fields between blanks, and the rest. */
function splitAt(entry: string, count: number): [fields: string[], rest: string] {
  const fields: string[] = [];
  let at = 0;
  while (fields.length < count) {
    const end = entry.indexOf(" ", at);
    if (end === -1) break;
    fields.push(entry.slice(at, end));
    at = end + 1;
  }
  return [fields, entry.slice(at)];
}

/** Whether the text of the bytes loses none of them. */
export function isText(bytes: BytePath): boolean {
  return isUtf8(Buffer.from(bytes, "latin1"));
}

/** For people and JSON. */
export function nameOf(path: BytePath): string {
  return Buffer.from(path, "latin1").toString("utf8");
}
