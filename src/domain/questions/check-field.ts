/** Says what a field of an MCP server's form takes, and whether a value is that. */
import type { ServerField, TextFormat } from "./server-form.ts";

/** What the field takes, as the end of a sentence: "a whole number, 1 to 9". */
export function fieldTakes({ type, choices, isWhole, least, most, format }: ServerField): string {
  const amount = amountText(least, most);
  switch (type) {
    case "boolean":
      return "true or false";
    case "number":
      return `a ${isWhole ? "whole " : ""}number${amount === null ? "" : `, ${amount}`}`;
    case "string": {
      const text = format === null ? "a text" : formats[format].takes;
      return amount === null
        ? text
        : `${text}${format === null ? " of" : ","} ${amount} ${(most ?? least) === 1 ? "character" : "characters"}`;
    }
    case "choice":
      return `one of ${choiceList(choices)}`;
    case "choices":
      return `a list with ${amount ?? "any"} of ${choices.length === 0 ? "your texts" : choiceList(choices)}`;
  }
}

/** Whether the value is what `fieldTakes` says. */
export function fitsField({ type, choices, isWhole, least, most, format }: ServerField, value: unknown): boolean {
  const isWithin = (size: number): boolean => size >= (least ?? size) && size <= (most ?? size);
  const isOffered = (each: unknown): boolean => choices.some((choice) => choice.value === each);
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && Number.isFinite(value) && (!isWhole || Number.isInteger(value)) && isWithin(value);
    case "string":
      // JSON Schema counts characters, and `length` counts some of them twice.
      return typeof value === "string" && isWithin(Array.from(value).length) && (format === null || formats[format].fits(value));
    case "choice":
      return isOffered(value);
    case "choices":
      return (
        Array.isArray(value) &&
        isWithin(value.length) &&
        value.every((each: unknown) => (choices.length === 0 ? typeof each === "string" : isOffered(each)))
      );
  }
}

/** null: there is no bound. */
function amountText(least: number | null, most: number | null): string | null {
  if (least === null) return most === null ? null : `at most ${most}`;
  if (most === null) return `at least ${least}`;
  return least === most ? String(least) : `${least} to ${most}`;
}

const maxChoices = 50;

/** The values, with their titles where those are other words. */
function choiceList(choices: ServerField["choices"]): string {
  const shown = choices
    .slice(0, maxChoices)
    .map(({ value, label }) => (label === String(value) ? label : `${value} (${label})`))
    .join(", ");
  return choices.length > maxChoices ? `${shown} and ${choices.length - maxChoices} more` : shown;
}

const formats: Readonly<Record<TextFormat, { readonly takes: string; fits(text: string): boolean }>> = {
  email: { takes: "an e-mail address", fits: (text) => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*$/.test(text) },
  uri: { takes: "an address such as https://example.com", fits: (text) => !/\s/.test(text) && URL.canParse(text) },
  date: { takes: "a date such as 2026-01-31", fits: isDate },
  "date-time": {
    takes: "a date with its time such as 2026-01-31T12:00:00Z",
    fits: (text) => time.test(text) && isDate(text.slice(0, 10)),
  },
};

/** What follows the date in a moment of RFC 3339. */
const time = /^.{10}T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

/** A day that there is: not the 30th of February. */
function isDate(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
