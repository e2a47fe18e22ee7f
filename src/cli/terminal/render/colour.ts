/** Colours of a terminal, switched off where the output wants none. */
import type { Output } from "../output.ts";

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;
export type Colour = keyof typeof codes;
export type Painter = Readonly<Record<Colour, (text: string) => string>>;

export function painter({ colour }: Pick<Output, "colour">): Painter {
  const paint = Object.entries(codes).map(([name, [on, off]]) => [
    name,
    (text: string) => (colour ? `\x1b[${on}m${text}\x1b[${off}m` : text),
  ]);
  return Object.fromEntries(paint) as Painter;
}
