/** Reads a text as if it stood within a JSON string, and tells where each part of it was. */

/** A text without one level of escapes. */
export interface Unescaped {
  readonly text: string;
  /** The place in the escaped text where this place of the other was, in code units. */
  place(at: number): number;
}

const escape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * The text without its escapes (`\"`, `\/`, `\u00e4` …); what is no escape stays. Null: it has
 * none. Takes linear time.
 */
export function unescaped(text: string): Unescaped | null {
  if (!text.includes("\\")) return null;
  /** After each escape: the place here, and the place there. */
  const [here, there]: [number[], number[]] = [[0], [0]];
  let [plain, from] = ["", 0];
  for (const match of text.matchAll(escape)) {
    const [{ length }, code, letter = ""] = match;
    plain += text.slice(from, match.index) + (code === undefined ? (controls[letter] ?? letter) : String.fromCharCode(parseInt(code, 16)));
    from = match.index + length;
    here.push(plain.length);
    there.push(from);
  }
  if (from === 0) return null;
  return { text: plain + text.slice(from), place: (at) => placeAmong(here, there, at) };
}

function placeAmong(here: readonly number[], there: readonly number[], at: number): number {
  let [low, high] = [0, here.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((here[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return (there[low] ?? 0) + at - (here[low] ?? 0);
}
