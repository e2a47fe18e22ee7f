/** A task of several steps whose side effects can be counted: each appends its number to a file. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { step } from "./script.ts";
import type { Move } from "./script.ts";

/**
 * Moves that append 1, 2, … `count` to `file`, each after `delayMs`, then an answer. The task must
 * allow `Bash`.
 * @param gate From step 3 on, a step waits until this file exists.
 */
export function countedSteps(file: string, count: number, delayMs: number, gate: string | null = null): Move[] {
  const steps = Array.from({ length: count }, (_, index) => {
    const append = `echo ${index + 1} >> ${file}`;
    return step.bash(gate === null || index < 2 ? append : `until [ -e ${gate} ]; do sleep 0.05; done; ${append}`, delayMs);
  });
  return [...steps, step.text(`counted to ${count}`, delayMs)];
}

/** What the steps left behind, in order. */
export function countedIn(directory: string, name: string): number[] {
  const file = path.join(directory, name);
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map(Number)
    : [];
}
