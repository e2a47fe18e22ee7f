/**
 * One line at the bottom of a terminal that says what happens now. Where there is no terminal it
 * does nothing.
 */
import type { Output } from "../output.ts";
import { LiveLines } from "./live-lines.ts";
import { fitWidth } from "./text-width.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 120;

/** A status line with a spinner. */
export class StatusLine extends LiveLines {
  /** @param text what the line says now, plain. */
  constructor(output: Output, text: () => string) {
    let frame = 0;
    super(output, () => [fitWidth(`${frames[frame++ % frames.length] ?? ""} ${text()}`, output.columns - 1)], frameMs);
  }
}
