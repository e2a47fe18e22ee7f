/**
 * Reads a text as the content of a JSON string, and maps each place of the result to its place in
 * the original.
 */

/** A text without one level of escapes. */
export interface Unescaped {
  readonly text: string;
  /** Maps a place in the decoded text to its place in the escaped text, in code units. */
  place(at: number): number;
}

const escape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Decodes the escapes of a text (`\"`, `\/`, `\u00e4` …) and keeps the rest. Null: the text has no
 * escapes. Takes linear time.
 */
export function unescaped(text: string): Unescaped | null {
  if (!text.includes("\\")) return null;
  /** After each escape: the place in the decoded text, and the place in the escaped text. */
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
