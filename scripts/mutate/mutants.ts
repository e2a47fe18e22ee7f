/**
 * Lists the possible mutations of a source file. The mutators are those of StrykerJS; nothing is
 * run or written here.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/** One small change of one source file. */
export interface Mutant {
  /** From the repository's root, with slashes. */
  readonly file: string;
  /** The mutator's name, e.g. `EqualityOperator`. */
  readonly mutator: string;
  /** First line of the change, counted from 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The whole file with the change. */
  readonly mutated: string;
}

/** Texts are left out: most of them are sentences for people, and the rest is checked by types. */
const excludedMutations = ["StringLiteral"];

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Every mutant of one file, in the order of the file. `file` is relative to `root`. */
export async function mutantsOf(root: string, file: string): Promise<Mutant[]> {
  const content = readFileSync(path.join(root, file), "utf8");
  const options = { plugins: null, excludedMutations, ignorers: [] };
  const { mutants } = await instrumenter().instrument([{ name: file, mutate: true, content }], options);
  const lineStarts = startsOfLines(content);
  const offset = ({ line, column }: Place): number => (lineStarts[line] ?? content.length) + column;
  return mutants.flatMap(({ mutatorName, location, replacement, status }) => {
    if (status !== undefined || replacement === undefined) return [];
    const [start, end] = [offset(location.start), offset(location.end)];
    return {
      file,
      mutator: mutatorName,
      line: location.start.line + 1,
      before: content.slice(start, end),
      after: replacement,
      mutated: content.slice(0, start) + replacement + content.slice(end),
    };
  });
}

/**
 * Draws a sample by a seed. Each mutant's place in the order depends only on the seed and on its
 * own change, so an edit elsewhere does not change the sample. A number distinguishes equal changes
 * of one file.
 */
export function sampleOf(mutants: readonly Mutant[], seed: string, count: number): Mutant[] {
  const equal = new Map<string, number>();
  const keyed = mutants.map((mutant) => {
    const change = digest(mutant.file, mutant.mutator, mutant.before, mutant.after);
    const number = equal.get(change) ?? 0;
    equal.set(change, number + 1);
    return { mutant, key: digest(seed, change, String(number)) };
  });
  return keyed
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

/** The SHA-256 of the parts, as hexadecimal digits. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
}

function instrumenter(): Instrumenter {
  const ignore = (): void => {};
  const off = (): boolean => false;
  const levels = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore };
  const enabled = {
    isTraceEnabled: off,
    isDebugEnabled: off,
    isInfoEnabled: off,
    isWarnEnabled: off,
    isErrorEnabled: off,
    isFatalEnabled: off,
  };
  return new Instrumenter({ ...levels, ...enabled });
}

function startsOfLines(content: string): number[] {
  const starts = [0];
  for (let at = content.indexOf("\n"); at !== -1; at = content.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
