/**
 * Holds the rules for texts that a machine can check. Each finding is a sentence that says what to
 * write instead.
 */

export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
}

const widestComment = 100;
const longestName = 80;

/** Words of our own dialect, and the field's word for each. */
const dialect: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/\bwhoever\b/i, "the caller, the user, the process …"],
  [/\b(nobody|somebody)\b/i, "the role: no user, another process, someone"],
  [/\b(go|goes|going|went|gone) on\b(?! (the|a|to)\b)/i, "continue"],
  [/\bshall\b/i, "should"],
  [/\b(afresh|anew)\b/i, "again"],
  [/\bdeaf\b/i, "ignores"],
  [/\bfell(ed|ing|s)\b/i, "kill"],
  [/\bfaults?\b/i, "problem, error"],
  [/\btold\b/i, "reported, said"],
  [/\b(?<!\bthere )(is|are|was|were) no (?!longer\b|more\b|less\b|other\b)/i, '"is not an X"'],
];

/** @returns a sentence for each word of the dialect in a text that people read. */
export function findingsInProse(text: string): string[] {
  // Code in backticks quotes names, which stay as they are.
  const prose = text.replaceAll(/`[^`\n]*`/g, "` `");
  return dialect.flatMap(([pattern, instead]) => {
    const word = pattern.exec(prose)?.[0];
    return word === undefined ? [] : [`"${word.trim()}": write ${instead}`];
  });
}

/** @returns a sentence for a test's name that is too long. */
export function findingsInName(name: string): string[] {
  return name.length > longestName ? [`a test's name has at most ${longestName} characters, this one ${name.length}`] : [];
}

/**
 * @param comment with its marks. @param column where it begins.
 * @param words whether its words are judged, too.
 * @returns sentences, each with its offset in the comment.
 */
export function findingsInComment(comment: string, column: number, words: boolean): { offset: number; sentence: string }[] {
  let offset = 0;
  // A block comment inside of a line of code is not measured.
  const isAlone = column === 0 || comment.startsWith("/**") || comment.startsWith("//");
  return comment.split("\n").flatMap((line, index) => {
    const at = offset;
    offset += line.length + 1;
    const width = line.length + (index === 0 ? column : 0);
    const wide = isAlone && width > widestComment ? [`a comment's line has at most ${widestComment} columns, this one ${width}`] : [];
    return [...wide, ...(words ? findingsInProse(line) : [])].map((sentence) => ({ offset: at, sentence }));
  });
}
