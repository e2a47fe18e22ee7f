/**
 * The documentation's pages as tests see them: their text, links, headings and the commands that
 * they name.
 */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { repositoryRoot } from "../../testing/source-files.ts";

export interface Page {
  /** From the repository's root. */
  readonly file: string;
  readonly text: string;
}

export function pages(): Page[] {
  const files = globSync(["*.md", "docs/**/*.md"], { cwd: repositoryRoot });
  return files.toSorted().map((file) => ({ file, text: readFileSync(path.join(repositoryRoot, file), "utf8") }));
}

/** Relative links outside of code. */
export function linksOf(text: string): string[] {
  const links = withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].map(([, link = ""]) => link).filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of a page's headings, as Markdown viewers make them. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```.*?^```/gms, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Blocks of a language, in order. */
export function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].filter(([, found]) => found === language).map(([, , block = ""]) => block);
}

/**
 * Every `claude-worker …` in shell blocks and inline code, cut where its words end; what is in
 * quotes is one word.
 */
export function commandLines(text: string): string[] {
  const blocks = ["sh", "bash", "text"].flatMap((language) => blocksOf(text, language));
  const inline = [...text.replaceAll(/^```.*?^```/gms, "").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  const lines = [...blocks.flatMap((block) => block.split("\n")), ...inline];
  const commands = lines.flatMap((line) => line.replaceAll(/"[^"]*"|'[^']*'/g, "TEXT").split(/\$\(|[|&;()#<>`·]/));
  return commands.flatMap((command) => /(?<![\w./~-])claude-worker .*/.exec(command.trim())?.slice() ?? []);
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, "").replaceAll(/`[^`\n]*`/g, "");
}
