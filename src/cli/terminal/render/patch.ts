/** Draws what differs between files: as git's patches, and as a table of files with their lines. */
import type { FileDiffView, HunkView } from "../../../contract/views/diff.ts";
import type { Painter } from "./colour.ts";

/** The widest bar of `+` and `-`. */
const widestBar = 40;

/** A file's part of a patch, in the form that `git apply` takes. */
export function patchOf(file: FileDiffView): string {
  const { path, old_path, status, hunks, not_shown: why } = file;
  const [before, after] = [quoted(`a/${old_path ?? path}`), quoted(`b/${path}`)];
  const lines = [`diff --git ${before} ${after}`, ...modeLines(file)];
  if (status === "renamed" || status === "copied") {
    const word = status === "renamed" ? "rename" : "copy";
    lines.push(`${word} from ${quoted(old_path ?? "")}`, `${word} to ${quoted(path)}`);
  }
  if (hunks === null) return textOf([...lines, `# not shown: the file ${why ?? "was not asked for"}`]);
  if (hunks.length > 0) lines.push(`--- ${status === "added" ? "/dev/null" : before}`, `+++ ${status === "deleted" ? "/dev/null" : after}`);
  return textOf([...lines, ...hunks.flatMap((hunk) => [headOf(hunk), ...hunk.lines])]);
}

/** The colours of a patch. */
export function paintPatch(patch: string, paint: Painter): string {
  return patch
    .split("\n")
    .map((line) => {
      if (/^(diff --git|---|\+\+\+|old mode|new mode|new file|deleted file|rename|copy) /.test(line)) return paint.bold(line);
      if (line.startsWith("@@")) return paint.cyan(line);
      return line.startsWith("+") ? paint.green(line) : line.startsWith("-") ? paint.red(line) : line;
    })
    .join("\n");
}

/** `3 ++-` or `binary`. */
export function barOf({ insertions, deletions }: FileDiffView, most: number): string {
  if (insertions === null || deletions === null) return "binary";
  const share = Math.min(1, widestBar / Math.max(1, most));
  const [plus, minus] = [insertions, deletions].map((count) => (count === 0 ? 0 : Math.max(1, Math.round(count * share))));
  return `${insertions + deletions} ${"+".repeat(plus ?? 0)}${"-".repeat(minus ?? 0)}`;
}

/** The colours of a bar. */
export function paintBar(bar: string, paint: Painter): string {
  return bar.replace(/\++/, paint.green).replace(/-+$/, paint.red);
}

/** A path, with the one before it where the file was renamed. */
export function pathText({ path, old_path }: FileDiffView): string {
  return old_path === null ? quoted(path) : `${quoted(old_path)} => ${quoted(path)}`;
}

function modeLines({ status, old_mode, new_mode }: FileDiffView): string[] {
  if (status === "added") return [`new file mode ${new_mode ?? ""}`];
  if (status === "deleted") return [`deleted file mode ${old_mode ?? ""}`];
  return old_mode === new_mode ? [] : [`old mode ${old_mode ?? ""}`, `new mode ${new_mode ?? ""}`];
}

function headOf({ old_start, old_lines, new_start, new_lines, section }: HunkView): string {
  return `@@ -${old_start},${old_lines} +${new_start},${new_lines} @@${section === "" ? "" : ` ${section}`}`;
}

/** Git quotes names with characters that would end a line or the name. */
export function quoted(name: string): string {
  if (!/["\\\u0000-\u001f\u007f]/.test(name)) return name;
  const escaped = name.replaceAll(/["\\]/g, String.raw`\$&`);
  return `"${escaped.replaceAll(/[\u0000-\u001f\u007f]/g, (each) => `\\${each.charCodeAt(0).toString(8).padStart(3, "0")}`)}"`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
