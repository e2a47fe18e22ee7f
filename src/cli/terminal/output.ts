/** Where a command writes to: a terminal, a pipe or a file. */

export interface Output {
  readonly isTTY: boolean;
  /** Width of the terminal; 80 where there is none, and where it reports 0. */
  readonly columns: number;
  /** Height of the terminal; 24 where there is none, and where it reports 0. */
  readonly rows: number;
  /** Whether to colour what is written here. */
  readonly colour: boolean;
  /**
   * Writes whole lines of text. Removes every control sequence except our own colours, and wraps
   * the lines on a terminal.
   */
  write(text: string): void;
  /**
   * As `write`, without wrapping: JSON, a script or a text to copy, and what is drawn on a screen.
   */
  exact(text: string): void;
  /** As `write`, and waits while the reader is slower than we are: for long outputs. */
  flow(text: string): Promise<void>;
  /**
   * Writes bytes unchanged. On a terminal, control characters are shown as `\uXXXX`. Waits as
   * `flow` does.
   */
  raw(bytes: string | Uint8Array): Promise<void>;
  /**
   * Writes our own cursor control for live displays, e.g. `\r\x1b[2K`; does nothing without a
   * terminal. Never pass a text of others.
   */
  control(sequence: string): void;
}
