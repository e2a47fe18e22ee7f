/**
 * Finds the longest of many texts that a longer text has at a place. Takes a number of comparisons
 * that grows with the logarithm of their number, also when all of them begin alike.
 */

interface Entry {
  readonly text: string;
  /** The longest other entry that this one begins with. */
  readonly within: Entry | null;
}

export class LongestPrefix {
  /** In the order of code units. */
  readonly #entries: readonly Entry[];
  readonly #longest: number;

  /** @param texts each of them once. */
  constructor(texts: readonly string[]) {
    const entries: Entry[] = [];
    for (const text of texts.toSorted((a, b) => (a < b ? -1 : 1))) {
      // What the last entry does not begin with, no later one begins with either.
      let within = entries.at(-1) ?? null;
      while (within !== null && !text.startsWith(within.text)) ({ within } = within);
      entries.push({ text, within });
    }
    this.#entries = entries;
    this.#longest = Math.max(0, ...texts.map(({ length }) => length));
  }

  /** The longest text that begins at `at`; null: none does. */
  at(whole: string, at: number): string | null {
    const there = whole.slice(at, at + this.#longest);
    let entry = this.#lastUpTo(there);
    if (entry === null) return null;
    const common = commonLength(entry.text, there);
    while (entry !== null && entry.text.length > common) entry = entry.within;
    return entry?.text ?? null;
  }

  /** The last entry that does not come after `text`; a text that begins with it comes behind it. */
  #lastUpTo(text: string): Entry | null {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.text ?? "") <= text) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low - 1] ?? null;
  }
}

function commonLength(a: string, b: string): number {
  if (b.startsWith(a)) return a.length;
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
