/**
 * The attempt's journal: every record numbered, stamped, without secrets, on the file before anyone
 * is told. It knows no message's meaning.
 */
import type { JournalEntry, JournalRecord } from "../domain/events/record.ts";
import { failpoint } from "../processes/failpoint.ts";
import { AppendFile } from "./append-file.ts";
import type { Redaction } from "./redaction.ts";

/** A power cut costs at most this much. */
const syncMs = 1_000;
/** A disk that stays full this long at the end of an attempt costs its last records. */
const fullDiskLimitMs = 600_000;

export interface JournalOptions {
  readonly file: string;
  readonly attemptId: number;
  readonly redaction: Redaction;
  /** Called when more whole lines are on the file; `size` in bytes. */
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

  /** Whether all that was appended is on the file. */
  get isWritten(): boolean {
    return this.#file.isWritten;
  }

  get size(): number {
    return this.#file.size;
  }

  /**
   * Takes an entry, to be written before this turn of the event loop ends. @returns the record as
   * it will stand there.
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

  /** Hands what was taken to the kernel: from then on it survives a kill. */
  flush(): void {
    this.#file.flush();
  }

  /** Hands over and makes it safe from a power cut. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Writes the rest, waiting for a full disk if need be, and closes. */
  async close(): Promise<void> {
    await this.#file.drain(fullDiskLimitMs);
    await this.#file.sync();
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    this.#file.close();
  }
}
