/**
 * `npm run texts`: checks the rules for texts (CONTRIBUTING.md, "Texts") that a machine can check:
 * the width of comments, words of our own dialect in comments, messages and pages, and the length
 * of test names. Also checks that tests wait for conditions. Prints each place. Exits 1 when there
 * is one. `npm run texts -- src/store` checks one folder only.
 */
import { globSync, readFileSync } from "node:fs";
import { parseSync, Visitor } from "oxc-parser";
import { findingsInComment, findingsInName, findingsInProse } from "./texts/rules.ts";
import type { Finding } from "./texts/rules.ts";
import { unexplainedWaits } from "./texts/waits.ts";

const [folder = ""] = process.argv.slice(2);
// Migrations never change. The page of the schema is made of their comments.
const sources = globSync(["{src,testing,scripts,bench,demo,test}/**/*.{ts,mjs}", "bin/*.cjs"], {
  exclude: ["src/store/sqlite/migrations/*"],
});
const pages = globSync(["*.md", "{docs,plugin,examples}/**/*.md"], { exclude: ["CHANGELOG.md", "docs/concepts/database-schema.md"] });

const findings = [...sources.flatMap(inSource), ...pages.flatMap(inPage)].filter(({ file }) => file.startsWith(folder));
for (const { file, line, sentence } of findings) console.log(`${file}:${line}: ${sentence}`);
if (findings.length > 0) {
  console.log(`\n${findings.length} places break the rules for texts in CONTRIBUTING.md.`);
  process.exitCode = 1;
}

function inSource(file: string): Finding[] {
  const source = readFileSync(file, "utf8");
  const { program, comments } = parseSync(file, source);
  const lineOf = lineFinder(source);
  const found: Finding[] = [];
  const add = (start: number, sentences: readonly string[]): void => {
    for (const sentence of sentences) found.push({ file, line: lineOf(start), sentence });
  };
  // Tests quote other programs: only the width of their comments and their names are checked.
  const isTest = file.startsWith("test/");
  for (const { start, end } of comments) {
    for (const { offset, sentence } of findingsInComment(source.slice(start, end), columnOf(source, start), !isTest))
      add(start + offset, [sentence]);
  }
  new Visitor({
    Literal: (node) => {
      // A string of one word is a name in the code, not a sentence.
      if (!isTest && typeof node.value === "string" && node.value.includes(" ")) add(node.start, findingsInProse(node.value));
    },
    TemplateElement: (node) => {
      // The SQL of a migration never changes.
      if (!isTest && !file.includes("/migrations/")) add(node.start, findingsInProse(node.value.cooked ?? node.value.raw));
    },
    CallExpression: (node) => {
      const [first] = node.arguments;
      if (node.callee.type !== "Identifier" || node.callee.name !== "test") return;
      if (first?.type === "Literal" && typeof first.value === "string") add(first.start, findingsInName(first.value));
    },
  }).visit(program);
  if (isTest || file.startsWith("testing/")) for (const { offset, sentence } of unexplainedWaits(file, source)) add(offset, [sentence]);
  return found;
}

function inPage(file: string): Finding[] {
  const text = readFileSync(file, "utf8").replaceAll(/^```.*?^```|`[^`\n]*`|\]\([^)\n]*\)/gms, (code) => code.replaceAll(/[^\n]/g, " "));
  return text.split("\n").flatMap((line, index) => findingsInProse(line).map((sentence) => ({ file, line: index + 1, sentence })));
}

function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf("\n", offset - 1) + 1);
}

function lineFinder(source: string): (offset: number) => number {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}
