/** The generated parts of a page and the tables in them: pure text. */

/**
 * The page with the part's text between its two comments. @throws Error when the page does not have
 * both, once and in order.
 */
export function replacePart(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- generated:${name} by npm run docs; do not edit -->`, `<!-- /generated:${name} -->`];
  const [before, rest, ...moreOpen] = page.split(open);
  const [, after, ...moreClose] = (rest ?? "").split(close);
  if (before === undefined || after === undefined || moreOpen.length > 0 || moreClose.length > 0) {
    throw new Error(`A page needs the generated part "${name}" once: a line "${open}" and after it a line "${close}".`);
  }
  return `${before}${open}\n\n${text.trim()}\n\n${close}${after}`;
}

/** A Markdown table. Cells may hold Markdown; bars and line ends in them are made harmless. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(header), `|${header.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Text as inline code; bars in it are made harmless by the table. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll(/(?<!\\)\|/g, String.raw`\|`);
}
