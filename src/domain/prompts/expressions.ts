/**
 * Finds the expressions of a prompt: `{{ tasks.41.result }}`. Only those with one of these roots
 * count; everything else stays as it is written (docs/decisions/0032).
 */

export const expressionRoots = ["tasks", "needs", "inputs", "vars", "matrix"] as const;
export type ExpressionRoot = (typeof expressionRoots)[number];

export interface Expression {
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
  /** What stands between the braces, without the spaces around it. */
  readonly source: string;
  readonly root: ExpressionRoot;
  /** The names after the root, up to the first filter: `["41", "result"]`. */
  readonly path: readonly string[];
}

/** An expression has no line break and at most so many characters. */
const maxCharacters = 500;

// `${{ … }}` is an expression of GitHub Actions, which prompts often speak of.
const braces = new RegExp(
  String.raw`(?<!\$)\{\{[ \t]*((?:${expressionRoots.join("|")})(?=[ \t.[|}])(?:"[^"\n]*"|'[^'\n]*'|(?!\}\})[^"'\n{]){0,${maxCharacters}})\}\}`,
  "g",
);
const step = /\.([A-Za-z0-9_-]+)|\[(?:"([^"]*)"|'([^']*)'|(\d+))\]/y;

/**
 * The expressions of a text, in their order.
 * @param until where in the text they end (UTF-16 code units); default: its end.
 */
export function findExpressions(text: string, until: number = text.length): Expression[] {
  const searched = until >= text.length ? text : text.slice(0, until);
  return [...searched.matchAll(braces)].map((match) => {
    const source = (match[1] ?? "").trim();
    return { start: match.index, end: match.index + match[0].length, source, ...readPath(source) };
  });
}

const reference = new RegExp(
  String.raw`(?<![\w.$-])(?:${expressionRoots.join("|")})(?:\.[A-Za-z0-9_-]+|\[(?:"[^"]*"|'[^']*'|\d+)\])+`,
  "g",
);
const quoted = /"[^"]*"|'[^']*'/g;

/**
 * Each value that an expression without braces names, as a condition does: `inputs.publish and
 * needs.test.status == "completed"`.
 */
export function referencesIn(source: string): Omit<Expression, "start" | "end">[] {
  // A name in brackets stays; any other text in quotes names nothing.
  const searched = source.replaceAll(quoted, (text, at: number) => (source[at - 1] === "[" ? text : '""'));
  return [...searched.matchAll(reference)].map(([found]) => ({ source: found, ...readPath(found) }));
}

/** The root of an expression and the names after it. */
function readPath(source: string): Pick<Expression, "root" | "path"> {
  const root = expressionRoots.find((each) => source.startsWith(each)) ?? "vars";
  const path: string[] = [];
  step.lastIndex = root.length;
  for (let match = step.exec(source); match !== null; match = step.exec(source)) {
    const name = match[1] ?? match[2] ?? match[3] ?? match[4];
    if (name !== undefined) path.push(name);
  }
  return { root, path };
}
