/** One line at the bottom of a terminal that is drawn anew while lines appear above it. Where there is no terminal it does nothing. */
import type { Output } from "../io.ts";
import { fitWidth } from "./text-width.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 120;
const clear = "\r\x1b[2K";

export class StatusLine {
  readonly #output: Output;
  readonly #text: () => string;
  #timer: NodeJS.Timeout | null = null;
  #frame = 0;

  /** @param text what the line says now, plain. */
  constructor(output: Output, text: () => string) {
    this.#output = output;
    this.#text = text;
  }

  start(): void {
    if (!this.#output.isTTY || this.#timer !== null) return;
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#draw();
  }

  /** Writes lines above the status line. @param text ends with a newline. */
  above(text: string): void {
    if (this.#timer === null) return this.#output.write(text);
    this.#output.control(clear);
    this.#output.write(text);
    this.#draw();
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#output.control(clear);
  }

  #draw(): void {
    const mark = frames[this.#frame++ % frames.length] ?? "";
    this.#output.control(clear);
    this.#output.write(fitWidth(`${mark} ${this.#text()}`, this.#output.columns - 1));
  }
}
