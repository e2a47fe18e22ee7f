/** A task of several steps whose side effects can be counted: each appends its number to a file. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { step } from "./script.ts";
import type { Move } from "./script.ts";

/** Moves that append 1, 2, … `count` to `file`, each after `delayMs`, then an answer. The task must allow `Bash`. */
export function countedSteps(file: string, count: number, delayMs: number): Move[] {
  const steps = Array.from({ length: count }, (_, index) => step.bash(`echo ${index + 1} >> ${file}`, delayMs));
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
