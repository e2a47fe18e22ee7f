/** Says which test files can notice a change of a source file, the most likely first. */
import path from "node:path";
import { readSourceFiles } from "../../test/support/source-files.ts";
import type { SourceFile } from "../../test/support/source-files.ts";

/** The suites that see a room from outside, through the built program. The room's own folder below test/ comes before them. */
const suites: Readonly<Record<string, readonly string[]>> = {
  cli: ["cli", "e2e", "security", "mcp"],
  client: ["client", "cli", "http"],
  config: ["config", "cli", "security", "e2e"],
  contract: ["contract", "http", "mcp", "cli"],
  daemon: ["e2e", "reliability", "security", "http"],
  domain: ["domain", "operations", "scheduler", "supervisor", "cli", "http", "mcp", "reliability"],
  http: ["http", "contract", "security", "client", "mcp"],
  mcp: ["mcp", "security"],
  operations: ["operations", "http", "security", "mcp", "cli", "reliability"],
  processes: ["processes", "runner", "reliability"],
  runner: ["runner", "reliability", "supervisor", "security", "e2e"],
  scheduler: ["scheduler", "reliability", "e2e", "http"],
  store: ["store", "reliability", "scheduler", "supervisor", "http"],
  supervisor: ["supervisor", "reliability", "e2e"],
};

/** The rooms of src/ that have suites. */
export const rooms: readonly string[] = Object.keys(suites);

/** The room of a source file: `store` for `src/store/tasks.ts`. */
export function roomOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/** Makes a function that lists the test files for a source file: those that import it, then those of its suites. */
export function testFinder(): (file: string) => string[] {
  const importers = importersOf([...readSourceFiles("src"), ...readSourceFiles("test")]);
  const tests = [...readSourceFiles("test")].map(({ path: file }) => file).filter((file) => file.endsWith(".test.ts"));
  return (file) => {
    const room = roomOf(file);
    const near = distances(importers, file);
    const direct = tests.filter((test) => near.has(test)).toSorted((a, b) => (near.get(a) ?? 0) - (near.get(b) ?? 0));
    const others = (suites[room] ?? []).flatMap((suite) => tests.filter((test) => test.startsWith(`test/${suite}/`)));
    const wanted = new Set(others);
    return [...new Set([...direct.filter((test) => wanted.has(test)), ...others])];
  };
}

/** Who imports each file, by path. Imports of types are left out: they are gone when a test runs. */
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
