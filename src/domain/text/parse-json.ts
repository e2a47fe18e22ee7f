/**
 * Parses untrusted JSON. Checks the depth before it builds a value, so deep nesting costs neither
 * stack nor memory.
 */

/** Deeper than any message of Claude Worker or MCP. */
export const defaultMaxDepth = 64;

/** The text is nested deeper than its reader allows. */
export class JsonTooDeep extends Error {
  readonly maxDepth: number;

  constructor(maxDepth: number) {
    super(`nested more than ${maxDepth} levels deep`);
    this.maxDepth = maxDepth;
  }
}

/** @throws JsonTooDeep; SyntaxError: it is not JSON. */
export function parseJson(text: string, maxDepth: number = defaultMaxDepth): unknown {
  checkDepth(text, maxDepth);
  return JSON.parse(text) as unknown;
}

function checkDepth(text: string, maxDepth: number): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > maxDepth) throw new JsonTooDeep(maxDepth);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      default:
    }
  }
}

/**
 * The place of the closing quote of the string that begins at `start`: the first with an even
 * number of backslashes before it.
 */
export function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === 0x5c) before -= 1;
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}
