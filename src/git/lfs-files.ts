/**
 * Files of Git LFS. A commit has a pointer in place of each: a text with the digest of its content.
 * No filter runs here, so git itself takes such a file for changed when it reads it again.
 */
import { createHash } from "node:crypto";
import { createReadStream, lstatSync } from "node:fs";
import path from "node:path";
import type { BytePath, CommittedFile, TreeState } from "./changed-files.ts";
import type { Git } from "./git.ts";

/**
 * Of the changed and untracked files of a work tree, those whose content is the one that the
 * commit of HEAD points to.
 * @throws GitProblem.
 */
export async function unchangedLfsFiles(
  git: Git,
  top: string,
  files: readonly BytePath[],
  { committed }: TreeState,
): Promise<Map<BytePath, CommittedFile>> {
  const unchanged = new Map<BytePath, CommittedFile>();
  const known = files.filter((file) => committed.has(file));
  if (known.length === 0 || !(await git.filters()).has("lfs")) return unchanged;
  for (const file of await ofFilter(git, known, "lfs")) {
    const entry = committed.get(file);
    if (entry !== undefined && (await pointerOf(top, file, entry.blob.length === 64 ? "sha256" : "sha1")) === entry.blob)
      unchanged.set(file, entry);
  }
  return unchanged;
}

/** Those of the files to which the attributes of the work tree give the filter. */
async function ofFilter(git: Git, files: readonly BytePath[], filter: string): Promise<BytePath[]> {
  const input = Buffer.from(files.map((file) => `${file}\0`).join(""), "latin1");
  const output = await git.run(["check-attr", "-z", "--stdin", "filter"], { isPlain: true, input });
  const parts = output.toString("latin1").split("\0");
  return parts.filter((_, index) => index % 3 === 0 && parts[index + 2] === filter);
}

/** The blob that git would have of the file; null: it is not a file, or cannot be read. */
async function pointerOf(top: string, file: BytePath, algorithm: string): Promise<string | null> {
  const place = Buffer.concat([Buffer.from(`${top}${path.sep}`), Buffer.from(file, "latin1")]);
  try {
    if (!lstatSync(place).isFile()) return null;
    const digest = createHash("sha256");
    let size = 0;
    for await (const part of createReadStream(place) as AsyncIterable<Buffer>) {
      digest.update(part);
      size += part.length;
    }
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest.digest("hex")}\nsize ${size}\n`;
    return createHash(algorithm)
      .update(`blob ${Buffer.byteLength(pointer)}\0${pointer}`)
      .digest("hex");
  } catch {
    return null;
  }
}
