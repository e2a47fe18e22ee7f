/**
 * Reads the files of the built page when they are asked for: an idle server keeps none of them in
 * memory.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

export interface WebFile {
  readonly bytes: Buffer;
  /** A strong entity tag, quoted. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the build writes. Anything else is not served. */
const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/** The compressed forms that the build writes beside a file, best first. */
const encodings: readonly [encoding: string, suffix: string][] = [
  ["br", ".br"],
  ["gzip", ".gz"],
];

export class WebFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param accepted the request's `Accept-Encoding`. Null: there is no such file. */
  async read(name: string, accepted: string | undefined): Promise<WebFile | null> {
    const type = types[/\.([a-z0-9]+)$/.exec(name)?.[1] ?? ""];
    if (type === undefined || !/^(?:assets\/)?[\w-]+(?:\.[\w-]+)+$/.test(name)) return null;
    const wanted = encodings.filter(([encoding]) => accepts(accepted, encoding));
    for (const [encoding, suffix] of wanted) {
      const bytes = await this.#bytes(`${name}${suffix}`);
      if (bytes !== null) return file(bytes, { "content-type": type, "content-encoding": encoding, vary: "Accept-Encoding" });
    }
    const bytes = await this.#bytes(name);
    return bytes === null ? null : file(bytes, { "content-type": type, vary: "Accept-Encoding" });
  }

  async #bytes(name: string): Promise<Buffer | null> {
    try {
      return await readFile(path.join(this.#directory, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return null;
      throw error;
    }
  }
}

function file(bytes: Buffer, headers: Readonly<Record<string, string>>): WebFile {
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  return { bytes, etag, headers: { ...headers, etag } };
}

/** `gzip;q=0` is a refusal; other weights do not matter here. */
function accepts(accepted: string | undefined, encoding: string): boolean {
  const entries = (accepted ?? "").split(",").map((entry) =>
    entry
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  return entries.some(([name, weight]) => name === encoding && !/^q=0(?:\.0*)?$/.test(weight ?? ""));
}
