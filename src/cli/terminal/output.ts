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
   * Writes whole lines of text and nothing else: whatever could command a terminal is taken out,
   * but for our own colours. A terminal gets them wrapped.
   */
  write(text: string): void;
  /**
   * As `write`, without wrapping: JSON, a script or a text to copy, and what is drawn on a screen.
   */
  exact(text: string): void;
  /** As `write`, and waits while the reader is slower than we are: for long outputs. */
  flow(text: string): Promise<void>;
  /**
   * Bytes as they are. On a terminal: as text in which whatever could command it is shown as
   * `\uXXXX`. Waits as `flow`.
   */
  raw(bytes: string | Uint8Array): Promise<void>;
  /**
   * Our own cursor control for live displays, e.g. `\r\x1b[2K`; nothing where there is no terminal.
   * Never with text of others.
   */
  control(sequence: string): void;
}
