/**
 * Finds waits for a time in tests. A test waits for a condition. Where only time can show
 * something, a comment says why.
 */
import { parseSync, Visitor } from "oxc-parser";
import type { Comment, ImportDeclarationSpecifier } from "oxc-parser";

const sentence = "wait for a condition (testing/wait.ts), or say in a comment above why only time can show it";

/** @returns where a timer is started without a comment beside it or right above it. */
export function unexplainedWaits(file: string, source: string): { offset: number; sentence: string }[] {
  const { program, comments } = parseSync(file, source);
  const timers = new Set(["setTimeout", "setInterval"]);
  const found: number[] = [];
  new Visitor({
    ImportDeclaration: ({ source: { value: from }, specifiers }) => {
      if (from !== "node:timers/promises") return;
      for (const each of specifiers) if (timers.has(importedName(each))) timers.add(each.local.name);
    },
    CallExpression: ({ start, callee }) => {
      if (callee.type === "Identifier" && timers.has(callee.name) && !isExplained(start, source, comments)) found.push(start);
    },
  }).visit(program);
  return found.map((offset) => ({ offset, sentence }));
}

function importedName(specifier: ImportDeclarationSpecifier): string {
  return specifier.type === "ImportSpecifier" && specifier.imported.type === "Identifier" ? specifier.imported.name : "";
}

/** Whether a comment stands on the same line, or alone on the line above. */
function isExplained(start: number, source: string, comments: readonly Comment[]): boolean {
  const line = source.lastIndexOf("\n", start - 1) + 1;
  return comments.some((comment) => {
    if (comment.start >= line) return !source.slice(start, comment.start).includes("\n");
    const before = source.slice(source.lastIndexOf("\n", comment.start - 1) + 1, comment.start);
    return before.trim() === "" && source.slice(comment.end, line) === "\n";
  });
}
