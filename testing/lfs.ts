/** A filter that keeps large files as Git LFS does: a pointer in git, the content beside it. */
import { writeFileSync } from "node:fs";
import path from "node:path";

/** What git keeps of a file with this content. */
export const lfsPointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:[0-9a-f]{64}\nsize \d+\n?$/;

/** A script for a shell: git starts the filter for each file, and Node starts ten times slower. */
const program = `set -e
store="$0.objects"
read=$(mktemp)
trap 'rm -f "$read"' EXIT
cat > "$read"
oid=$(LC_ALL=C sed -n '1{/^version https/!q}; s/^oid sha256:\\([0-9a-f]*\\)$/\\1/p; 3q' "$read")
if [ "$1" = smudge ] && [ -n "$oid" ]; then cat "$store/$oid"
elif [ "$1" = clean ] && [ -z "$oid" ] && [ -s "$read" ]; then
  oid=$( (sha256sum 2>/dev/null || shasum -a 256) < "$read" | cut -d' ' -f1)
  mkdir -p "$store"
  cp "$read" "$store/$oid"
  printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' "$oid" "$(($(wc -c < "$read")))"
else cat "$read"
fi
`;

/** Sets the filter `lfs` up for `*.bin`. @param git as a person runs it in the repository. */
export function useLfs(git: (...args: string[]) => string, top: string): void {
  const file = path.join(top, ".git", "lfs.sh");
  writeFileSync(file, program);
  for (const way of ["clean", "smudge"]) git("config", `filter.lfs.${way}`, `sh '${file}' ${way}`);
  git("config", "filter.lfs.required", "true");
  writeFileSync(path.join(top, ".gitattributes"), "*.bin filter=lfs -text\n");
}
