/** Cuts JSON values to a size that fits an event. The full text stays in the journal. */

/** Longest string of an event, in UTF-16 code units: 16 KB. */
export const maxStringLength = 16 * 1024;
/** Most that one event keeps of a nested value, in code units of its strings and keys. */
const maxTotalLength = 64 * 1024;
const maxDepth = 32;

export interface Cut<T> {
  readonly value: T;
  readonly truncated: boolean;
}

/** The text, cut to `max` code units without splitting a character. */
export function cutString(text: string, max: number = maxStringLength): Cut<string> {
  if (text.length <= max) return { value: text, truncated: false };
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(max - 1));
  return { value: text.slice(0, splitsPair ? max - 1 : max), truncated: true };
}

/**
 * A copy of a JSON value with long strings cut, and with what lies too deep or beyond 64 KB left
 * out (null).
 */
export function cutJson(value: unknown): Cut<unknown> {
  const budget = { left: maxTotalLength, truncated: false };
  return { value: copy(value, budget, maxDepth), truncated: budget.truncated };
}

interface Budget {
  left: number;
  truncated: boolean;
}

function copy(value: unknown, budget: Budget, depth: number): unknown {
  if (budget.left <= 0 || depth === 0) return leaveOut(budget);
  budget.left -= 8;
  if (typeof value === "string") return copyString(value, budget);
  if (Array.isArray(value)) return copyArray(value, budget, depth);
  if (typeof value === "object" && value !== null) return copyObject(value, budget, depth);
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function copyString(text: string, budget: Budget): string {
  const cut = cutString(text, Math.min(maxStringLength, Math.max(0, budget.left)));
  budget.left -= cut.value.length;
  budget.truncated ||= cut.truncated;
  return cut.value;
}

function copyArray(values: readonly unknown[], budget: Budget, depth: number): unknown[] {
  const kept: unknown[] = [];
  for (const value of values) {
    if (budget.left <= 0) {
      budget.truncated = true;
      break;
    }
    kept.push(copy(value, budget, depth - 1));
  }
  return kept;
}

function copyObject(value: object, budget: Budget, depth: number): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (budget.left <= 0) {
      budget.truncated = true;
      break;
    }
    kept.push([copyString(key, budget), copy(field, budget, depth - 1)]);
  }
  // fromEntries defines own properties: a key `__proto__` stays a key.
  return Object.fromEntries(kept);
}

function leaveOut(budget: Budget): null {
  budget.truncated = true;
  return null;
}
