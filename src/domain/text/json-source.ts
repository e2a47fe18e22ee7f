/** Finds the line of every value in a JSON text, and the names that an object has twice. */
import { endOfString } from "./parse-json.ts";

/** The names and indexes that lead to a value: `["permissions", "deny", 0]`. */
export type JsonPath = readonly (string | number)[];

export interface JsonSource {
  /** The line (from 1) of the value at a path; of the nearest value above where there is none. */
  lineOf(path: JsonPath): number;
  /**
   * Names that occur twice in one object, with the line of the second. A parser silently keeps the
   * second.
   */
  readonly duplicates: readonly Duplicate[];
}

export interface Duplicate {
  readonly path: JsonPath;
  readonly line: number;
}

/**
 * @param text valid JSON, of bounded depth (`parseJson`). Time and memory grow with its length
 * alone.
 */
export function jsonSource(text: string): JsonSource {
  const duplicates: Duplicate[] = [];
  let root = 1 as Place;
  let container = null as Container | null;
  let line = 1;
  for (let at = 0; at < text.length;) {
    const first = text.charAt(at);
    const end = first === '"' ? endOfString(text, at) + 1 : at + 1;
    if (first === "\n") line += 1;
    else if (first === "}" || first === "]") container = container?.parent ?? null;
    else if (first === ",") container?.next();
    else if (first === '"' && container?.takesName === true) {
      if (container.name(JSON.parse(text.slice(at, end)) as string)) duplicates.push({ path: container.path, line });
    } else if (!between.has(first)) {
      const place: Place = first === "{" || first === "[" ? new Container(container, first === "{", line) : line;
      if (container === null) root = place;
      else container.fill(place);
      if (typeof place !== "number") container = place;
      else if (first !== '"') {
        at = endOfWord(text, at);
        continue;
      }
    }
    at = end;
  }
  return { duplicates, lineOf: (path) => nearest(root, path) };
}

/** Characters that begin no value. */
const between = new Set([" ", "\t", "\r", ":"]);

/** Of a number or a word like `true`. */
function endOfWord(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !",]} \t\r\n".includes(text.charAt(at))) at += 1;
  return at;
}

/** A value: what it holds, or its line where it holds nothing. */
type Place = Container | number;

/**
 * An object or an array. It holds only its own part of a path: the whole path of each value would
 * take memory that grows with the square of the text's length.
 */
class Container {
  readonly parent: Container | null;
  readonly line: number;
  readonly #isObject: boolean;
  readonly #places = new Map<string | number, Place>();
  #next: string | number;
  takesName: boolean;

  constructor(parent: Container | null, isObject: boolean, line: number) {
    this.parent = parent;
    this.line = line;
    this.#isObject = isObject;
    this.#next = isObject ? "" : 0;
    this.takesName = isObject;
  }

  /** The path of the value that comes next. */
  get path(): JsonPath {
    return this.parent === null ? [this.#next] : [...this.parent.path, this.#next];
  }

  /** @returns whether the object has this name already. */
  name(name: string): boolean {
    this.#next = name;
    this.takesName = false;
    return this.#places.has(name);
  }

  /** The value at the name, or at the end of the list. */
  fill(place: Place): void {
    this.#places.set(this.#next, place);
  }

  next(): void {
    if (typeof this.#next === "number") this.#next += 1;
    this.takesName = this.#isObject;
  }

  at(key: string | number): Place | undefined {
    return this.#places.get(key);
  }
}

function nearest(root: Place, path: JsonPath): number {
  let place = root;
  for (const key of path) {
    const found: Place | undefined = typeof place === "number" ? undefined : place.at(key);
    if (found === undefined) break;
    place = found;
  }
  return typeof place === "number" ? place : place.line;
}
