/** Defines how two states of a task's files differ, as data. */

export const fileStatuses = ["added", "deleted", "modified", "renamed", "copied", "type_changed"] as const;
export type FileStatus = (typeof fileStatuses)[number];

export const lineEncodings = ["utf8", "latin1"] as const;
export type LineEncoding = (typeof lineEncodings)[number];

/** A run of lines that differ, with the lines around them. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** What git shows behind the numbers, e.g. the function that it is in; empty: nothing. */
  readonly section: string;
  /** Each begins with a blank, `-`, `+`, or `\` where the line before has no line end. */
  readonly lines: readonly string[];
}

/** A file that differs. */
export interface FileChange {
  readonly path: string;
  /** Of a renamed or copied file: the name before; null: the same. */
  readonly oldPath: string | null;
  readonly status: FileStatus;
  /** Git's modes, e.g. `100644`; null: there was none. */
  readonly oldMode: string | null;
  readonly newMode: string | null;
  /** Null: git takes it for a binary file. */
  readonly lines: { readonly insertions: number; readonly deletions: number } | null;
}

/** What of a file differs. Null: it is not shown, and `why` says so as a part of a sentence. */
export interface FileHunks {
  /** `latin1`: lines that are not UTF-8, where each character stands for a byte. */
  readonly encoding: LineEncoding;
  readonly hunks: readonly Hunk[] | null;
  readonly why: string | null;
}
