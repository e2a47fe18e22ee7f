/**
 * Finds secrets in a text: known values, and texts of well-known shapes. Works in one pass and in
 * linear time, because an agent could craft a text to make it slow.
 */
import { unescaped } from "./json-escapes.ts";
import { LongestPrefix } from "./longest-prefix.ts";
import { shortestSecret } from "./secret-parts.ts";
import { formsOf } from "./secret-values.ts";

/** Stands in the place of a secret. */
export const redactionMark = "[redacted]";

/**
 * Where a secret of a well-known shape begins, and how it continues. A pattern takes a run of
 * characters, or gives up after a fixed number.
 */
const shapes: readonly { readonly start: string; readonly rest: RegExp }[] = [
  { start: "sk-ant-", rest: /sk-ant-([A-Za-z0-9_-]{8,})/dy },
  { start: "sk-proj-", rest: /sk-proj-([A-Za-z0-9_-]{20,})/dy },
  { start: "gh[pousr]_", rest: /gh[pousr]_([A-Za-z0-9]{20,})/dy },
  { start: "github_pat_", rest: /github_pat_([A-Za-z0-9_]{20,})/dy },
  { start: "glpat-", rest: /glpat-([A-Za-z0-9_-]{16,})/dy },
  { start: "npm_", rest: /npm_([A-Za-z0-9]{30,})/dy },
  { start: "xox[abeoprs]-", rest: /xox[abeoprs]-([A-Za-z0-9-]{10,})/dy },
  { start: "xapp-", rest: /xapp-([A-Za-z0-9-]{10,})/dy },
  { start: "AIza", rest: /AIza([A-Za-z0-9_-]{30,})/dy },
  { start: "A[KS]IA", rest: /A[KS]IA([0-9A-Z]{16})/dy },
  // The signing secret of a webhook (Standard Webhooks), and the token of a Telegram bot.
  { start: "whsec_", rest: /whsec_([A-Za-z0-9+/]{32,}={0,2})/dy },
  { start: "[0-9]{6,12}:AA", rest: /[0-9]{6,12}:AA([A-Za-z0-9_-]{30,})/dy },
  // Our own: API tokens, and the tokens of tasks.
  { start: "cwt?_", rest: /cwt?_([A-Za-z0-9_-]{20,})/dy },
  { start: "[Bb][Ee][Aa][Rr][Ee][Rr] ", rest: /bearer (?<only>[A-Za-z0-9._~+/-]{16,1000}=*)/diy },
  { start: "[Aa]uthorization: [Bb]asic ", rest: /authorization: basic (?<only>[A-Za-z0-9+/_-]{8,1000}=*)/diy },
  { start: "://", rest: /:\/\/[^\s\x00-\x1f/?#"'<>@:\\]{0,200}:(?<only>[^\s\x00-\x1f/?#"'<>@\\]{6,200})@/dy },
];
const jwtStart = "eyJ";
const jwtRun = /[A-Za-z0-9_-]*/y;
/** How many levels of JSON within JSON are decoded to look for secrets. */
const deepest = 8;

/** From `start` to `end`, in code units. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the given secrets, and texts of well-known shapes. */
export class SecretFinder {
  /** Forms of known secrets by how they begin: one may begin like another. */
  readonly #known: ReadonlyMap<string, LongestPrefix>;
  readonly #forms: ReadonlySet<string>;
  readonly #starts: RegExp;

  /** @param secrets the values to find, beside the well-known shapes. */
  constructor(secrets: Iterable<string>) {
    const forms = new Set([...secrets].flatMap(formsOf).filter((form) => form.length >= shortestSecret));
    this.#forms = forms;
    const groups = Map.groupBy(forms, (form) => form.slice(0, shortestSecret));
    this.#known = new Map([...groups].map(([head, group]) => [head, new LongestPrefix(group)]));
    const starts = [...[...this.#known.keys()].map(literally), ...shapes.map(({ start }) => start), jwtStart];
    this.#starts = new RegExp(starts.join("|"), "g");
  }

  /** Whether the text, or JSON of it, holds a secret. */
  finds(text: string): boolean {
    return this.#spansAtAllDepths(text).next().done !== true;
  }

  /** Whether the whole text is a known secret. */
  isSecret(text: string): boolean {
    return this.#forms.has(text);
  }

  /** The text without its secrets. */
  clean(text: string): string {
    const spans = [...this.#spansAtAllDepths(text)].toSorted((a, b) => a.start - b.start);
    let [clean, kept] = ["", 0];
    for (const { start, end } of spans) {
      // Secrets that overlap or touch get one mark.
      if (start > kept || kept === 0) clean += text.slice(kept, start) + redactionMark;
      kept = Math.max(kept, end);
    }
    return kept === 0 ? text : clean + text.slice(kept);
  }

  /** Finds secrets in the plain text, in decoded JSON strings, in JSON within JSON, and so on. */
  *#spansAtAllDepths(text: string): Generator<Span, void> {
    let current = text;
    let placeInText = (at: number): number => at;
    for (let depth = 0; ; depth += 1) {
      for (const { start, end } of this.#spans(current)) yield { start: placeInText(start), end: placeInText(end) };
      const next = depth < deepest ? unescaped(current) : null;
      if (next === null) return;
      const outer = placeInText;
      placeInText = (at) => outer(next.place(at));
      current = next.text;
    }
  }

  /** Finds secrets in the plain text. Joins those that overlap. */
  *#spans(text: string): Generator<Span, void> {
    let open: Span | null = null;
    /** No JSON web token begins before this place. */
    let noTokenBefore = 0;
    for (let from = 0; ;) {
      this.#starts.lastIndex = from;
      const at = this.#starts.exec(text)?.index;
      if (at === undefined) break;
      from = at + 1;
      let found = this.#knownAt(text, at);
      // Within a secret looks for known ones only: shapes would read its end again and again.
      if (found === null && (open === null || at >= open.end)) {
        found = shapeAt(text, at);
        if (found === null && at >= noTokenBefore && text.startsWith(jwtStart, at)) {
          const token = tokenAt(text, at);
          if (token.isToken) found = { start: at, end: token.end };
          else noTokenBefore = token.end;
        }
      }
      if (found === null) continue;
      if (open !== null && found.start <= open.end) open = { start: open.start, end: Math.max(open.end, found.end) };
      else {
        if (open !== null) yield open;
        open = found;
      }
    }
    if (open !== null) yield open;
  }

  #knownAt(text: string, at: number): Span | null {
    const form = this.#known.get(text.slice(at, at + shortestSecret))?.at(text, at) ?? null;
    return form === null ? null : { start: at, end: at + form.length };
  }
}

function shapeAt(text: string, at: number): Span | null {
  for (const { rest } of shapes) {
    rest.lastIndex = at;
    const match = rest.exec(text);
    if (match === null) continue;
    const only = match.indices?.groups?.["only"];
    return only === undefined ? { start: at, end: at + match[0].length } : { start: only[0], end: only[1] };
  }
  return null;
}

/**
 * Reads a JSON web token: three runs with points between. Where it is not one, no token begins
 * within the first run, which ends at `end`.
 */
function tokenAt(text: string, at: number): { readonly isToken: boolean; readonly end: number } {
  const head = runEnd(text, at);
  if (text[head] !== "." || head - at < 11) return { isToken: false, end: head };
  const body = runEnd(text, head + 1);
  if (text[body] !== "." || body - head < 9) return { isToken: false, end: head };
  const seal = runEnd(text, body + 1);
  return seal - body < 9 ? { isToken: false, end: head } : { isToken: true, end: seal };
}

function runEnd(text: string, at: number): number {
  jwtRun.lastIndex = at;
  jwtRun.test(text);
  return jwtRun.lastIndex;
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
