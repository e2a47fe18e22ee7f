/** Adds what the last tasks of each directory and group took of the memory. */

export const memoryPeaks = {
  number: 52,
  name: "memory-peaks",
  sql: `
CREATE TABLE memory_peaks (
  -- How much memory tasks took at most, from which it is learned what the next ones need.
  working_directory TEXT NOT NULL, -- Their directory.
  group_name TEXT NOT NULL, -- Their group.
  peaks TEXT NOT NULL CHECK (json_valid(peaks)), -- JSON array: MB, of the last ten attempts, the newest last.
  updated_at INTEGER NOT NULL, -- When the newest ended.
  PRIMARY KEY (working_directory, group_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_peaks_by_age ON memory_peaks (updated_at);
`,
} as const;
