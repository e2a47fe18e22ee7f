/** Draws what differs between files: as git's patches, and as a table of files with their lines. */
import type { FileDiffView, HunkView } from "../../../contract/views/diff.ts";
import { plainText } from "../../../domain/text/plain-text.ts";
import type { Painter } from "./colour.ts";

/** The widest bar of `+` and `-`. */
const widestBar = 40;

/** A file's part of a patch, byte by byte as `git apply` takes it. */
export function patchOf(file: FileDiffView): Uint8Array {
  const { encoding } = file;
  const parts = linesOf(file).map(({ text, isContent }) => Buffer.from(`${text}\n`, isContent ? encoding : "utf8"));
  return Buffer.concat(parts);
}

/** The same for people. */
export function patchText(file: FileDiffView): string {
  return linesOf(file)
    .map(({ text }) => `${text}\n`)
    .join("");
}

interface PatchLine {
  readonly text: string;
  /** Whether it has text of the file, and not of git. */
  readonly isContent: boolean;
}

function linesOf(file: FileDiffView): PatchLine[] {
  const { status, hunks, old_mode: oldMode, new_mode: newMode } = file;
  if (status !== "type_changed" || hunks === null) return sectionOf(file);
  // Git takes a file of another type for one that is gone and one that is new.
  const [gone, made] = [hunks.filter(isRemoval), hunks.filter((hunk) => !isRemoval(hunk))];
  return [
    ...sectionOf({ ...file, status: "deleted", hunks: gone, old_mode: oldMode, new_mode: null }),
    ...sectionOf({ ...file, status: "added", hunks: made, old_mode: null, new_mode: newMode }),
  ];
}

function isRemoval({ new_start, new_lines }: HunkView): boolean {
  return new_start === 0 && new_lines === 0;
}

function sectionOf(file: FileDiffView): PatchLine[] {
  const { status, hunks, not_shown: why } = file;
  const [name, oldName] = [nameOf(file), oldNameOf(file)];
  const [before, after] = [
    quoted(`a/${oldName.text}`, prefixed("a/", oldName.bytes)),
    quoted(`b/${name.text}`, prefixed("b/", name.bytes)),
  ];
  const head = [`diff --git ${before} ${after}`, ...modeLines(file)];
  if (status === "renamed" || status === "copied") {
    const word = status === "renamed" ? "rename" : "copy";
    head.push(`${word} from ${quoted(oldName.text, oldName.bytes)}`, `${word} to ${quoted(name.text, name.bytes)}`);
  }
  const [from, to] = [status === "added" ? "/dev/null" : before, status === "deleted" ? "/dev/null" : after];
  if (hunks === null) {
    // `git apply` refuses this line, where a comment would leave it an empty file.
    head.push(`# not shown: the file ${why ?? "was not asked for"}`, `Binary files ${from} and ${to} differ`);
    return head.map(ofGit);
  }
  if (hunks.length > 0) head.push(`--- ${from}${endOf(from)}`, `+++ ${to}${endOf(to)}`);
  const content = hunks.flatMap((hunk) => [headOf(hunk), ...hunk.lines].map((text) => ({ text, isContent: true })));
  return [...head.map(ofGit), ...content];
}

function ofGit(text: string): PatchLine {
  return { text, isContent: false };
}

/** Git ends a name with blanks by a tab, for programs that end it at the first blank. */
function endOf(name: string): string {
  return name.includes(" ") && !name.startsWith('"') ? "\t" : "";
}

interface Name {
  readonly text: string;
  /** Null: the text has all of it. */
  readonly bytes: Buffer | null;
}

function nameOf({ path, path_bytes: bytes }: FileDiffView): Name {
  return { text: path, bytes: bytes === null ? null : Buffer.from(bytes, "base64") };
}

function oldNameOf(file: FileDiffView): Name {
  const { old_path: path, old_path_bytes: bytes } = file;
  return path === null ? nameOf(file) : { text: path, bytes: bytes === null ? null : Buffer.from(bytes, "base64") };
}

function prefixed(prefix: string, bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.concat([Buffer.from(prefix), bytes]);
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
export function pathText(file: FileDiffView): string {
  const [name, oldName] = [pathOf(file), oldNameOf(file)];
  return file.old_path === null ? name : `${quoted(oldName.text, oldName.bytes)} => ${name}`;
}

/** The file's name in git's form. */
export function pathOf(file: FileDiffView): string {
  const { text, bytes } = nameOf(file);
  return quoted(text, bytes);
}

function modeLines({ status, old_mode, new_mode }: FileDiffView): string[] {
  if (status === "added") return [`new file mode ${new_mode ?? ""}`];
  if (status === "deleted") return [`deleted file mode ${old_mode ?? ""}`];
  return old_mode === new_mode ? [] : [`old mode ${old_mode ?? ""}`, `new mode ${new_mode ?? ""}`];
}

function headOf({ old_start, old_lines, new_start, new_lines, section }: HunkView): string {
  return `@@ -${old_start},${old_lines} +${new_start},${new_lines} @@${section === "" ? "" : ` ${section}`}`;
}

/**
 * A name as git writes it: quoted where it has characters that would end a line or the name, that a
 * terminal would act on or hide, or bytes that are not text.
 */
function quoted(name: string, bytes: Buffer | null): string {
  if (bytes === null && !/["\\\n\t]/.test(name) && plainText(name) === name) return name;
  const escaped = Array.from(bytes ?? Buffer.from(name), (byte) => {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") return `\\${character}`;
    return byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${escaped.join("")}"`;
}
