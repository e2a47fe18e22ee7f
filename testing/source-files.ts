/**
 * Reads the source with a parser: what each file imports, and which texts it contains. Judges
 * nothing.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import type { Node, ObjectExpression } from "oxc-parser";

export interface Import {
  /** As written: `../store/tasks.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** `import type …`: it does not exist at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the repository's root, with slashes: `src/store/sqlite/tasks.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** String literals and the pieces of template literals. */
  readonly texts: readonly string[];
  /** Called or read names with a dot, such as `Date.now`. */
  readonly members: readonly string[];
  /**
   * Objects whose field is read by a name in quotes: `data` of `data["text"]`, `event.data` of
   * `event.data["text"]`.
   */
  readonly quoted: readonly string[];
  /** Names of what is constructed without arguments, such as `Date`. */
  readonly emptyNews: readonly string[];
  /** Object literals as key → the string literals in its value. */
  readonly tables: readonly ReadonlyMap<string, readonly string[]>[];
}

export const repositoryRoot = path.dirname(import.meta.dirname);

/**
 * Every TypeScript file below a folder of the repository (`src`), parsed. Throws on a file that
 * does not parse.
 */
export function readSourceFiles(folder: string): SourceFile[] {
  return readdirSync(path.join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/")))
    .toSorted()
    .map((file) => parseSource(file, readFileSync(path.join(repositoryRoot, file), "utf8")));
}

/** One file's facts from its text; `file` gives the name and the language. */
export function parseSource(file: string, source: string): SourceFile {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const texts: string[] = [];
  const members: string[] = [];
  const quoted: string[] = [];
  const emptyNews: string[] = [];
  const tables: Map<string, readonly string[]>[] = [];
  const note = (specifier: unknown, typeOnly: boolean): void => {
    if (typeof specifier === "string") imports.push({ specifier, typeOnly });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.source.value, node.importKind === "type"),
    ExportNamedDeclaration: (node) => note(node.source?.value, node.exportKind === "type"),
    ExportAllDeclaration: (node) => note(node.source.value, node.exportKind === "type"),
    ImportExpression: (node) => note(literalOf(node.source), false),
    TSImportType: (node) => note(node.source.value, true),
    CallExpression: (node) => {
      if (nameOf(node.callee)?.match(/^require(\.resolve)?$/)) note(literalOf(node.arguments[0]), false);
    },
    NewExpression: (node) => {
      const name = nameOf(node.callee);
      if (name !== null && node.arguments.length === 0) emptyNews.push(name);
    },
    MemberExpression: (node) => {
      const name = nameOf(node);
      if (name !== null) members.push(name);
      if (node.computed && literalOf(node.property) !== null) quoted.push(nameOf(node.object) ?? "");
    },
    Literal: (node) => {
      if (typeof node.value === "string") texts.push(node.value);
    },
    TemplateElement: (node) => {
      texts.push(node.value.cooked ?? node.value.raw);
    },
    ObjectExpression: (node) => {
      tables.push(tableOf(node));
    },
  }).visit(program);
  return { path: file, imports, texts, members, quoted, emptyNews, tables };
}

function nameOf(node: Node): string | null {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.property.type !== "Identifier" || node.computed) return null;
  const object = nameOf(node.object);
  return object === null ? null : `${object}.${node.property.name}`;
}

function literalOf(node: Node | undefined): string | null {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

function tableOf(node: ObjectExpression): Map<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  for (const property of node.properties) {
    if (property.type !== "Property") continue;
    const key = property.key.type === "Identifier" ? property.key.name : literalOf(property.key);
    if (key !== null) table.set(key, stringsIn(property.value));
  }
  return table;
}

/**
 * A string, or the strings of an array or an object of strings: as deep as a table of transitions
 * goes.
 */
function stringsIn(node: Node): string[] {
  if (node.type === "ArrayExpression") return node.elements.flatMap((element) => (element ? stringsIn(element) : []));
  if (node.type === "ObjectExpression") return [...tableOf(node).values()].flat();
  const literal = literalOf(node);
  return literal === null ? [] : [literal];
}
