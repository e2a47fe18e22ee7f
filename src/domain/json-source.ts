/** Where things stand in a JSON text: the line of every value, and the names that an object has twice. */

export interface JsonSource {
  /** The line (from 1) of the value at a path like `permissions.deny.0`; of the nearest value above where there is none. */
  lineOf(path: string): number;
  /** Names that stand twice in one object, of which a parser silently keeps the last: `permissions`, with its line. */
  readonly duplicates: readonly { readonly path: string; readonly line: number }[];
}

/** Tokens of a JSON text that is known to be valid; what stands between them is white space. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** @param text valid JSON. */
export function jsonSource(text: string): JsonSource {
  const lines = new Map<string, number>();
  const duplicates: { path: string; line: number }[] = [];
  const lineAt = lineCounter(text);
  const stack: Container[] = [];
  for (const match of text.matchAll(token)) {
    const [word] = match;
    const container = stack.at(-1);
    if (word === "}" || word === "]") stack.pop();
    else if (word === ",") container?.next();
    else if (word !== ":") {
      const line = lineAt(match.index);
      if (container?.takesName === true) {
        if (container.name(JSON.parse(word) as string)) duplicates.push({ path: container.path, line });
        lines.set(container.path, line);
        continue;
      }
      const path = container?.path ?? "";
      lines.set(path, line);
      if (word === "{" || word === "[") stack.push(new Container(path, word === "{"));
      container?.filled();
    }
  }
  return { duplicates, lineOf: (path) => nearest(lines, path) };
}

/** An object or an array that is being read. */
class Container {
  readonly #base: string;
  readonly #names: Set<string> | null;
  #key: string;
  takesName: boolean;

  constructor(base: string, isObject: boolean) {
    this.#base = base;
    this.#names = isObject ? new Set() : null;
    this.#key = isObject ? "" : "0";
    this.takesName = isObject;
  }

  /** The path of the value that comes next. */
  get path(): string {
    return this.#base === "" ? this.#key : `${this.#base}.${this.#key}`;
  }

  /** @returns whether the object has this name already. */
  name(name: string): boolean {
    const isDouble = this.#names?.has(name) === true;
    this.#names?.add(name);
    this.#key = name;
    this.takesName = false;
    return isDouble;
  }

  filled(): void {
    this.takesName = false;
  }

  next(): void {
    if (this.#names === null) this.#key = String(Number(this.#key) + 1);
    this.takesName = this.#names !== null;
  }
}

function nearest(lines: ReadonlyMap<string, number>, path: string): number {
  for (let current = path; current !== ""; current = current.slice(0, Math.max(0, current.lastIndexOf(".")))) {
    const line = lines.get(current);
    if (line !== undefined) return line;
  }
  return lines.get("") ?? 1;
}

/** Counts once through the text: to be asked with growing offsets. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    for (; at < offset; at += 1) if (text.codePointAt(at) === 10) line += 1;
    return line;
  };
}
