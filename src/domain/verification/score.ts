/** Reads the score that a command prints. */
import { plainText } from "../text/plain-text.ts";

/** Which score is the better one. */
export const scoreGoals = ["maximize", "minimize"] as const;
export type ScoreGoal = (typeof scoreGoals)[number];

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The last line that is a number, like `12`, `-0.5` or `1e-3`; null: there is none. */
export function scoreIn(output: string): number | null {
  const lines = plainText(output).split("\n");
  const score = Number(lines.findLast((line) => number.test(line.trim()))?.trim() ?? Number.NaN);
  return Number.isFinite(score) ? score : null;
}

/** Whether the first score is better than the second one. */
export function isBetter(goal: ScoreGoal, score: number, than: number): boolean {
  return goal === "maximize" ? score > than : score < than;
}
