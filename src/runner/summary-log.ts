/**
 * Writes the task's summary log: a time and one readable line for each action.
 * domain/events/summary.ts makes the lines.
 */
import type { JournalRecord } from "../domain/events/record.ts";
import { summaryLines } from "../domain/events/summary.ts";
import { AppendFile } from "./append-file.ts";

export class SummaryLog {
  readonly #file: AppendFile;
  readonly #workingDirectory: string;
  readonly #denied = new Set<string>();

  /** @throws when the file cannot be opened. */
  constructor(file: string, workingDirectory: string) {
    this.#file = new AppendFile(file);
    this.#workingDirectory = workingDirectory;
  }

  append(record: JournalRecord): void {
    const lines = summaryLines(record, this.#workingDirectory, this.#denied);
    if (lines.length > 0) this.#file.append(lines.map((line) => `${record._at} ${line}\n`).join(""));
  }

  close(): void {
    this.#file.close();
  }
}
