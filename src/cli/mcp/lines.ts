/** Cuts a stream of bytes into lines; what is not complete waits for the rest. */

export class Lines {
  #rest: Buffer[] = [];

  /** The lines that are complete now, without their ends and without empty ones. */
  take(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#rest.push(chunk.subarray(start, end));
      const line = Buffer.concat(this.#rest).toString("utf8").trim();
      this.#rest = [];
      if (line !== "") lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
    return lines;
  }

  /** Forgets what is not complete. */
  clear(): void {
    this.#rest = [];
  }
}
