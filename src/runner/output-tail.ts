/** Keeps the end of what a process prints, however much that is. */

/** Keeps the last bytes of a stream. */
export class OutputTail {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes there were in all. */
  get totalBytes(): number {
    return this.#total;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length;
    this.#kept += chunk.length;
    this.#chunks.push(chunk);
    for (let first = this.#chunks[0]; first !== undefined && this.#kept - first.length > this.#maxBytes; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#kept -= first.length;
    }
  }

  /** The end as text: whole lines, where they fit. */
  get text(): string {
    const all = Buffer.concat(this.#chunks);
    if (all.length === this.#total && all.length <= this.#maxBytes) return all.toString("utf8");
    const start = all.length - this.#maxBytes;
    if (all[start - 1] === 0x0a) return all.toString("utf8", start);
    const line = all.indexOf("\n", start) + 1;
    if (line !== 0 && line !== all.length) return all.toString("utf8", line);
    // A line that is longer than all that is kept: skip the rest of a character that was cut.
    let from = start;
    while (from < all.length && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1;
    return all.toString("utf8", from);
  }
}
