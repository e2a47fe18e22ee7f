/** Reads a workflow file, YAML or JSON. Every problem names its line and column. */
import { LineCounter, isNode, isScalar, parseDocument, visit } from "yaml";
import type { Document, ParsedNode } from "yaml";
import { schemaProblem } from "../../contract/schema-problem.ts";
import type { SchemaIssue } from "../../contract/schema-problem.ts";
import { fieldsAt, foreignKeys, workflowFile } from "../../contract/workflow-file.ts";
import type { WorkflowFile } from "../../contract/workflow-file.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import type { InputProblem } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";

const mostProblems = 20;
/** Aliases may not make a small file large. */
const maxAliases = 100;

/** What to do about problems whose sentence does not say it, by the YAML library's codes. */
const hints: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: ': put a text with ": " in it into quotes',
  BAD_INDENT: ": look at the spaces at the begin of the line",
  TAB_AS_INDENT: ": use spaces",
  BAD_SCALAR_START: ": put the text into quotes",
  UNEXPECTED_TOKEN: ": look at quotes and brackets",
};

/** A file with what places of it are called in problems. */
export interface ReadFile {
  readonly path: string;
  readonly file: WorkflowFile;
  /** @throws WorkerError invalid_input: what is wrong at this place. */
  fail(place: readonly PropertyKey[], detail: string): never;
}

/** @param path how people call the file. @throws WorkerError invalid_input. */
export function readWorkflowFile(text: string, path: string): ReadFile {
  const lines = new LineCounter();
  // The library compares each key with all before it: minutes for a long list of names.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const wrong = document.errors.length > 0 ? document.errors.slice(0, mostProblems).map(syntaxProblem) : keyProblems(document);
  if (wrong.length > 0)
    throw failed(
      path,
      wrong.map(({ start, detail }) => ({ at: lines.linePos(start), place: [], detail })),
    );
  const at = (place: readonly PropertyKey[]) => lines.linePos(startOf(document, place));
  const parsed = workflowFile.safeParse(valueOf(document, path));
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, mostProblems).flatMap((issue) => {
      const { place, message, keys } = deepest(issue);
      if (keys === null) return [{ at: at(place), place, detail: `${place.length === 0 ? "the file " : ""}${message}${hintAt(place)}` }];
      return keys.slice(0, mostProblems).map((key) => ({ at: at([...place, key]), place, detail: unknownKey(key, fieldsAt(place)) }));
    });
    throw failed(path, problems.slice(0, mostProblems));
  }
  return {
    path,
    file: parsed.data,
    fail: (place, detail) => {
      throw failed(path, [{ at: at(place), place, detail }]);
    },
  };
}

/** @param start the place in the text. */
interface TextProblem {
  readonly start: number;
  readonly detail: string;
}

function syntaxProblem({ code, message, pos: [start] }: Document["errors"][number]): TextProblem {
  return { start, detail: `${understandable(message).replace(/\.$/, "")}${hints[code] ?? ""}` };
}

/** The words of the library and of Node that say nothing about the file. */
function understandable(message: string): string {
  if (message.startsWith("Maximum call stack")) return "Lists and maps are nested too deeply";
  if (message.startsWith("Source contains multiple documents")) return "The file has several documents (---), and one workflow is one";
  return message.startsWith("Excessive alias count") ? `Aliases (*name) make it much larger than it is` : message;
}

/** Names that stand twice in one map, or that a map cannot have. */
function keyProblems(document: Document.Parsed): TextProblem[] {
  const problems: TextProblem[] = [];
  try {
    visit(document, {
      Map: (_key, { items }) => {
        const seen = new Set<string>();
        for (const { key } of items) {
          if (problems.length === mostProblems) return visit.BREAK;
          if (!isScalar(key)) continue;
          const name = String(key.value);
          const start = (key as ParsedNode).range[0];
          if (seen.has(name)) problems.push({ start, detail: "Map keys must be unique: the same name stands here twice" });
          // Objects take it for something else, and the name would be lost.
          if (name === "__proto__") problems.push({ start, detail: '"__proto__" cannot be a name' });
          seen.add(name);
        }
        return undefined;
      },
    });
  } catch (error) {
    return [{ start: 0, detail: understandable(messageOf(error)) }];
  }
  return problems;
}

interface FileProblem {
  readonly at: { readonly line: number; readonly col: number };
  readonly place: readonly PropertyKey[];
  readonly detail: string;
}

function valueOf(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (error) {
    throw failed(path, [{ at: { line: 1, col: 1 }, place: [], detail: understandable(messageOf(error)) }]);
  }
}

interface Issue extends SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

/** Of a choice between shapes, the problem that lies deepest: that is the shape which was meant. */
function deepest(
  found: unknown,
  above: readonly PropertyKey[] = [],
): { place: PropertyKey[]; message: string; keys: readonly string[] | null } {
  const issue = found as Issue;
  const place = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors !== undefined) {
    const inner = issue.errors.flat().map((each) => deepest(each, place));
    const best = inner.toSorted((a, b) => Number(b.keys !== null) - Number(a.keys !== null) || b.place.length - a.place.length)[0];
    if (best !== undefined) return best;
  }
  return { place, message: schemaProblem(issue), keys: issue.code === "unrecognized_keys" ? (issue.keys ?? []) : null };
}

/** Where a place begins; where it is missing, the nearest above it. */
function startOf(document: Document.Parsed, place: readonly PropertyKey[]): number {
  for (let length = place.length; length > 0; length -= 1) {
    const path = place.slice(0, length).map((part) => (typeof part === "symbol" ? String(part) : part));
    const holder = length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = (holder as { items?: { key?: unknown; value?: unknown }[] } | null)?.items?.find((each) => {
      return typeof each === "object" && "key" in each && isNode(each.key) && String(each.key) === String(path.at(-1));
    });
    const node = pair?.key ?? document.getIn(path, true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}

/** A matrix of a list that is not in the file is what people try first. */
function hintAt(place: readonly PropertyKey[]): string {
  return place[2] === "matrix" && place.length === 4 ? "; a list of an input or of another task is for_each: inputs.NAME" : "";
}

function unknownKey(key: string, known: readonly string[]): string {
  const foreign = foreignKeys.get(key.replaceAll("_", "-"));
  if (foreign !== undefined) return `"${key}" is not known; here: ${foreign}`;
  const near = didYouMean(key, known);
  if (near !== null) return `"${key}" is not known; did you mean "${near}"?`;
  return `"${key}" is not known`;
}

function failed(path: string, problems: readonly FileProblem[]): WorkerError {
  const shown = problems.map(({ at: { line, col }, place, detail }): InputProblem => {
    const name = place.length === 0 ? "" : `${place.map(String).join(".")}: `;
    return { pointer: "/file", detail: `${path}:${line}:${col}: ${name}${detail}` };
  });
  const [first] = shown;
  const more = shown.length > 1 ? ` (and ${shown.length - 1} more)` : "";
  const sentence = `${first?.detail ?? `${path} cannot be read`}${more}`;
  return new WorkerError("invalid_input", /[.?!]$/.test(sentence) ? sentence : `${sentence}.`, shown);
}
