/**
 * Reads values of unknown shape (SDK messages, stored event data) without trusting them. Checks
 * types only, not meaning.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether it is an object, and not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one for anything else (arrays too). */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The array, or an empty one for anything else. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string, or null for anything else. */
export function stringOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The finite number, or null for anything else. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/**
 * Larger than any task can reach. Sums of many such numbers are still whole numbers that the
 * database can hold.
 */
const largest = 1e12;

/**
 * The number as a count: rounded, at least 0, at most `largest`; null for anything but a number.
 */
export function countOf(value: unknown): number | null {
  const amount = amountOf(value);
  return amount === null ? null : Math.round(amount);
}

/** The number as an amount: at least 0, at most `largest`; null for anything but a number. */
export function amountOf(value: unknown): number | null {
  const number = numberOf(value);
  return number === null ? null : Math.min(Math.max(0, number), largest);
}

/** UTC milliseconds of an RFC 3339 string, or null. */
export function timeOf(value: unknown): number | null {
  return typeof value === "string" ? numberOf(Date.parse(value)) : null;
}

/** RFC 3339 with milliseconds, or null when there is no such moment. */
export function isoOf(atMs: number | null): string | null {
  return atMs === null || !(Math.abs(atMs) <= 8.64e15) ? null : new Date(atMs).toISOString();
}

/**
 * The moment of UTC milliseconds or an RFC 3339 string, as RFC 3339 in UTC; null for anything else,
 * and beyond the year 9999.
 */
export function momentOf(value: unknown): string | null {
  const moment = isoOf(typeof value === "number" ? value : timeOf(value));
  return moment?.length === 24 ? moment : null;
}
