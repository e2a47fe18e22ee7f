/** Says which test files can notice a change of a source file, the most likely first. */
import path from "node:path";
import { readSourceFiles } from "../../testing/source-files.ts";
import type { SourceFile } from "../../testing/source-files.ts";

/**
 * The suites that see a room from outside, through the built program. The room's own folder below
 * test/ comes before them.
 */
const suites: Readonly<Record<string, readonly string[]>> = {
  cli: ["cli", "e2e", "security", "mcp"],
  client: ["client", "cli", "http"],
  config: ["config", "cli", "security", "e2e"],
  contract: ["contract", "http", "mcp", "cli"],
  server: ["server", "e2e", "reliability", "security", "http"],
  agent: ["agent", "runner", "reliability", "supervisor", "security", "e2e"],
  "attempt-protocol": ["attempt-protocol", "runner", "supervisor", "reliability"],
  domain: ["domain", "operations", "scheduler", "supervisor", "cli", "http", "mcp", "reliability"],
  http: ["http", "contract", "security", "client", "mcp"],
  mcp: ["mcp", "security"],
  notifications: ["notifications", "operations", "http", "cli"],
  operations: ["operations", "http", "security", "mcp", "cli", "reliability"],
  processes: ["processes", "runner", "reliability"],
  runner: ["runner", "reliability", "supervisor", "security", "e2e"],
  scheduler: ["scheduler", "reliability", "e2e", "http"],
  store: ["store", "reliability", "scheduler", "supervisor", "http"],
  supervisor: ["supervisor", "reliability", "e2e"],
};

/** The rooms of src/ that have suites. */
export const rooms: readonly string[] = Object.keys(suites);

/** The room of a source file: `store` for `src/store/sqlite/tasks.ts`. */
export function roomOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/**
 * Makes a function that lists the test files for a source file: those that import it, directly or
 * not, then the others of its suites.
 * @param nearest how many of them are kept.
 */
export function testFinder(nearest = Infinity): (file: string) => string[] {
  const testFiles = [...readSourceFiles("test")];
  const importers = importersOf([...readSourceFiles("src"), ...testFiles]);
  const tests = testFiles.filter(({ path: file }) => file.endsWith(".test.ts"));
  return (file) => {
    const near = distances(importers, file);
    const suitesOf = suites[roomOf(file)] ?? [];
    const rank = ({ path: test, texts }: SourceFile): readonly number[] => {
      const suite = suitesOf.findIndex((folder) => test.startsWith(`test/${folder}/`));
      return [near.has(test) ? 0 : suite + 1, near.get(test) ?? 0, -mentions(texts, file)];
    };
    return tests
      .filter(({ path: test }) => suitesOf.some((folder) => test.startsWith(`test/${folder}/`)))
      .map((test) => ({ test, rank: rank(test) }))
      .toSorted((a, b) => a.rank.map((part, at) => part - (b.rank[at] ?? 0)).find((difference) => difference !== 0) ?? 0)
      .slice(0, nearest)
      .map(({ test }) => test.path);
  };
}

/**
 * How many texts of a test have a word of the source file's name: tests of a command call it by its
 * name.
 */
function mentions(texts: readonly string[], file: string): number {
  const words = path.posix.basename(file, ".ts").split("-");
  return texts.filter((text) => words.some((word) => word.length > 2 && text.includes(word))).length;
}

/**
 * Who imports each file, by path. Imports of types are left out: they are gone when a test runs.
 */
function importersOf(files: readonly SourceFile[]): Map<string, string[]> {
  const importers = new Map<string, string[]>();
  for (const { path: importer, imports } of files) {
    for (const { specifier, typeOnly } of imports) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      const imported = path.posix.join(path.posix.dirname(importer), specifier);
      importers.set(imported, [...(importers.get(imported) ?? []), importer]);
    }
  }
  return importers;
}

/** How many imports lie between the file and each file that needs it. */
function distances(importers: ReadonlyMap<string, readonly string[]>, file: string): Map<string, number> {
  const found = new Map([[file, 0]]);
  for (const [name, distance] of found) {
    for (const importer of importers.get(name) ?? []) {
      if (!found.has(importer)) found.set(importer, distance + 1);
    }
  }
  return found;
}
