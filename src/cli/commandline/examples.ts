/** Examples as aligned lines; where they are wider than the terminal, each over two lines. */
import type { Example } from "./command.ts";

export function exampleLines(examples: readonly Example[], indent: string, columns: number): string {
  const width = Math.max(...examples.map(({ command }) => command.length));
  if (examples.some(({ does }) => indent.length + width + 2 + does.length > columns))
    return examples.map(({ command, does }) => `${indent}${command}\n${indent}    ${does}`).join("\n");
  return examples.map(({ command, does }) => `${indent}${command.padEnd(width)}  ${does}`).join("\n");
}
