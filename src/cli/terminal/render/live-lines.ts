/**
 * Lines at the bottom of a terminal that are drawn again and again while others appear above them.
 * Elsewhere it draws nothing.
 */
import type { Output } from "../output.ts";
import { paintedWidth } from "./text-width.ts";

/** A long line is cut by the terminal instead of going over two; put back at once. */
const wrapOff = "\x1b[?7l";
const wrapOn = "\x1b[?7h";

/** Draws and redraws lines below what is written above them. */
export class LiveLines {
  readonly #output: Output;
  readonly #lines: () => readonly string[];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  /** The widths of the lines that stand there. */
  #drawn: readonly number[] = [];

  /**
   * @param lines what is to stand there now, painted. @param everyMs how often it is drawn by
   * itself.
   */
  constructor(output: Output, lines: () => readonly string[], everyMs: number) {
    this.#output = output;
    this.#lines = lines;
    this.#everyMs = everyMs;
  }

  start(): void {
    if (!this.#output.isTTY || this.#timer !== null) return;
    this.#timer = setInterval(() => this.draw(), this.#everyMs);
    this.draw();
  }

  /** Writes lines above. @param text ends with a newline. */
  above(text: string): void {
    if (this.#timer === null) return this.#output.write(text);
    this.#clear();
    this.#output.write(text);
    this.draw();
  }

  /** Takes the lines away. May be called twice. */
  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#clear();
  }

  draw(): void {
    if (this.#timer === null) return;
    this.#clear();
    const lines = this.#lines().slice(0, Math.max(1, this.#output.rows - 1));
    this.#output.control(wrapOff);
    this.#output.exact(lines.join("\n"));
    // At the beginning of its line: the `^C` that a terminal shows must not make another one.
    this.#output.control(`${wrapOn}\r`);
    this.#drawn = lines.map((line) => Math.min(paintedWidth(line), this.#output.columns));
  }

  #clear(): void {
    // A terminal that was made narrower has broken our lines.
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, this.#output.columns))), 0);
    this.#output.control(`\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`);
    this.#drawn = [];
  }
}
