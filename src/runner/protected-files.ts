/** Checks that a task has not changed the files that it must not change. */
import type { DifferingFile } from "../git/differing-files.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { CheckEnd } from "./check-end.ts";

/** How many files are named in a sentence, and in all. */
const named = 3;
const listed = 200;

/** Files that cannot be compared are not a pass. */
export async function protectedFiles(files: Pick<Checkpoints, "changesOf">, patterns: readonly string[]): Promise<CheckEnd> {
  const began = performance.now();
  const changed = await files.changesOf(patterns);
  const tookMs = Math.round(performance.now() - began);
  const ended = { exitCode: null, tookMs };
  if (changed === null) {
    const reason = "what the task changed is not known: its files could not be compared";
    return { ...ended, state: "unavailable", reason, output: "", outputBytes: 0 };
  }
  if (changed.length === 0) return { ...ended, state: "passed", reason: null, output: "", outputBytes: 0 };
  const output = listOf(changed);
  return { ...ended, state: "failed", reason: namesOf(changed), output, outputBytes: Buffer.byteLength(output) };
}

function namesOf(changed: readonly DifferingFile[]): string {
  const more = changed.length - named;
  const names = changed.slice(0, named).map(({ path }) => path);
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** In git's letters: `M` changed, `A` new, `D` gone. */
function listOf(changed: readonly DifferingFile[]): string {
  const lines = changed.slice(0, listed).map(({ how, path }) => `${how} ${path}\n`);
  const more = changed.length - listed;
  return `${lines.join("")}${more > 0 ? `and ${more} more\n` : ""}`;
}
