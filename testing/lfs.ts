/** A filter that keeps large files as Git LFS does: a pointer in git, the content beside it. */
import { writeFileSync } from "node:fs";
import path from "node:path";

/** What git keeps of a file with this content. */
export const lfsPointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:[0-9a-f]{64}\nsize \d+\n?$/;

const program = `
import { createHash } from "node:crypto";
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
const [, self, way] = process.argv;
const store = self + ".objects/";
const input = readFileSync(0);
const oid = /^version https.*\\noid sha256:([0-9a-f]+)\\n/.exec(input.toString("latin1"))?.[1];
if (way === "clean" && oid === undefined && input.length > 0) {
  const digest = createHash("sha256").update(input).digest("hex");
  mkdirSync(store, { recursive: true });
  writeFileSync(store + digest, input);
  process.stdout.write("version https://git-lfs.github.com/spec/v1\\noid sha256:" + digest + "\\nsize " + input.length + "\\n");
} else process.stdout.write(way === "smudge" && oid !== undefined ? readFileSync(store + oid) : input);
`;

/** Sets the filter `lfs` up for `*.bin`. @param git as a person runs it in the repository. */
export function useLfs(git: (...args: string[]) => string, top: string): void {
  const file = path.join(top, ".git", "lfs.mjs");
  writeFileSync(file, program);
  for (const way of ["clean", "smudge"]) git("config", `filter.lfs.${way}`, `'${process.execPath}' '${file}' ${way}`);
  git("config", "filter.lfs.required", "true");
  writeFileSync(path.join(top, ".gitattributes"), "*.bin filter=lfs -text\n");
}
