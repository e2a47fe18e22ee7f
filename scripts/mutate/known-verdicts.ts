/** Keeps verdicts between runs, so that a run judges only what changed since the last one. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { digest } from "./mutants.ts";
import type { Mutant } from "./mutants.ts";
import type { Verdict } from "./sandbox.ts";

/** Verdicts of earlier runs, read from and written to a file. */
export class KnownVerdicts {
  readonly #root: string;
  readonly #file: string;
  readonly #verdicts: Record<string, Verdict>;

  constructor(root: string) {
    this.#root = root;
    this.#file = path.join(root, "node_modules", ".cache", "mutate.json");
    this.#verdicts = read(this.#file);
  }

  /**
   * The earlier verdict on this mutant with these tests, if the mutated file and the tests have the
   * same text as then.
   */
  get(mutant: Mutant, tests: readonly string[]): Verdict | null {
    return this.#verdicts[this.#key(mutant, tests)] ?? null;
  }

  put(mutant: Mutant, tests: readonly string[], verdict: Verdict): void {
    this.#verdicts[this.#key(mutant, tests)] = verdict;
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#verdicts));
  }

  #key(mutant: Mutant, tests: readonly string[]): string {
    return digest(mutant.file, mutant.mutated, ...tests.map((test) => readFileSync(path.join(this.#root, test), "utf8")));
  }
}

function read(file: string): Record<string, Verdict> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, Verdict>;
  } catch {
    return {};
  }
}
