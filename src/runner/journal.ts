/**
 * Writes the attempt's journal: every record is numbered, stamped, without secrets, and written
 * before it is reported. It does not interpret messages.
 */
import type { JournalEntry, JournalRecord } from "../domain/events/record.ts";
import { failpoint } from "../processes/failpoint.ts";
import { AppendFile } from "./append-file.ts";
import type { Redaction } from "./redaction.ts";

/** A power cut loses at most this much time. */
const syncMs = 1_000;
/** A disk that stays full this long at the end of an attempt loses its last records. */
const fullDiskLimitMs = 600_000;

export interface JournalOptions {
  readonly file: string;
  readonly attemptId: number;
  readonly redaction: Redaction;
  /** Called when more whole lines are written; `size` in bytes. */
  readonly onGrown: (size: number) => void;
  readonly now: () => number;
  /** Milliseconds since the machine's start. */
  readonly up: () => number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #file: AppendFile;
  #records = 0;
  #syncTimer: NodeJS.Timeout | null = null;

  /**
   * Opens the file for appending. @throws when it cannot be opened (a link, a directory, no
   * permission).
   */
  constructor(options: JournalOptions) {
    this.#options = options;
    this.#file = new AppendFile(options.file, {
      beforeWrite: () => failpoint("journal.write.before"),
      onWritten: (size) => {
        failpoint("journal.write.after");
        options.onGrown(size);
      },
    });
  }

  /** Whether everything that was appended is written. */
  get isWritten(): boolean {
    return this.#file.isWritten;
  }

  get size(): number {
    return this.#file.size;
  }

  /**
   * Takes an entry and writes it before this turn of the event loop ends.
   * @returns the record as it is written.
   */
  append(entry: JournalEntry): JournalRecord {
    const { attemptId, redaction, now, up } = this.#options;
    this.#records += 1;
    const stamp = { _n: this.#records, _attempt: attemptId, _at: new Date(now()).toISOString(), _up: up() };
    const { value, json } = redaction.redact<JournalRecord>({ ...entry, ...stamp });
    this.#file.append(`${json}\n`);
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = null;
      void this.#file.sync();
    }, syncMs);
    return value;
  }

  /** Writes waiting records. Written records survive a kill of this process. */
  flush(): void {
    this.#file.flush();
  }

  /** Writes and syncs, so that the records survive a power cut. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Writes the rest, waits while the disk is full, and closes. */
  async close(): Promise<void> {
    await this.#file.drain(fullDiskLimitMs);
    await this.#file.sync();
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#file.close();
  }
}
