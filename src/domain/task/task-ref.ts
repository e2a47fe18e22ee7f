/**
 * How a task is referred to: the number of a task of this server, or `f` and the number of a task
 * of several machines. A name must not look like a reference.
 */
export type TaskRef = number | FleetRef;
/** A task of several machines. This version keeps none, but every door takes the form. */
export type FleetRef = `f${number}`;

/** The reference in a text: `42` or `f42`. Null: it is none. */
export function readTaskRef(text: string): TaskRef | null {
  const digits = /^f?(\d{1,16})$/.exec(text)?.[1];
  const number = Number(digits);
  if (digits === undefined || number < 1 || !Number.isSafeInteger(number)) return null;
  return text.startsWith("f") ? `f${number}` : number;
}

/** What is wrong with a task's name, as the end of a sentence; null: nothing. */
export function nameProblem(name: string): string | null {
  const meaning = meaningOf(name.trim());
  return meaning === null
    ? null
    : `"${name.trim()}" is not possible as a name, because commands read it as ${meaning}. Choose another name`;
}

/** What commands read in such a word. Null: a name. */
function meaningOf(word: string): string | null {
  if (/^#?\d+$/.test(word)) return "the number of a task";
  if (/^#?f\d+$/i.test(word)) return "a task of several machines";
  if (/^last$/i.test(word)) return "the newest task";
  if (/^-\d+$/.test(word)) return "a task counted from the newest one";
  return null;
}
