/** Stores how much memory the last tasks of each directory and group took at most. */
import type Database from "better-sqlite3";
import { expectedMb, keptPeaks } from "../../domain/order/resources.ts";
import type { Writing } from "./group-commit.ts";

export interface MemoryPeakStore {
  /** Inside `write`. A task took so much at most, MB. */
  learn(directory: string, group: string, peakMb: number, now: number): void;
  /**
   * What a task is expected to take, MB: from tasks of the same directory and group, else of the
   * directory. Null: none is known.
   */
  expect(directory: string, group: string): number | null;
}

/** So many pairs of directory and group are kept, those that were used last. */
const mostRows = 2_000;

/** The rows on one connection. */
export function createMemoryPeakStore(database: Database.Database, writing: Writing): MemoryPeakStore {
  const select = database
    .prepare<[string, string], string>("SELECT peaks FROM memory_peaks WHERE working_directory = ? AND group_name = ?")
    .pluck();
  const selectOfDirectory = database.prepare<[string], string>("SELECT peaks FROM memory_peaks WHERE working_directory = ?").pluck();
  const upsert = database.prepare(
    `INSERT INTO memory_peaks (working_directory, group_name, peaks, updated_at) VALUES (@directory, @group, @peaks, @now)
     ON CONFLICT (working_directory, group_name) DO UPDATE SET peaks = excluded.peaks, updated_at = excluded.updated_at`,
  );
  const deleteOldest = database.prepare(
    `DELETE FROM memory_peaks WHERE (SELECT count(*) FROM memory_peaks) > ${mostRows}
       AND updated_at = (SELECT min(updated_at) FROM memory_peaks)`,
  );
  const numbers = (json: string): number[] => JSON.parse(json) as number[];
  return {
    learn: (directory, group, peakMb, now) => {
      writing.mustBeInside();
      const earlier = select.get(directory, group);
      const peaks = [...(earlier === undefined ? [] : numbers(earlier)), Math.round(peakMb)].slice(-keptPeaks);
      upsert.run({ directory, group, peaks: JSON.stringify(peaks), now });
      if (earlier === undefined) deleteOldest.run();
    },
    expect: (directory, group) => {
      const own = select.get(directory, group);
      return expectedMb(own === undefined ? selectOfDirectory.all(directory).flatMap(numbers) : numbers(own));
    },
  };
}
