/** Examples as aligned lines. */
import type { Example } from "./command.ts";

export function exampleLines(examples: readonly Example[], indent: string): string {
  const width = Math.max(...examples.map(({ command }) => command.length));
  return examples.map(({ command, does }) => `${indent}${command.padEnd(width)}  ${does}`).join("\n");
}
